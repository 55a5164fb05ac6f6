"""Weights of quite another size than those of the same name in the other layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import exp, inf, log, sqrt
from statistics import median
from typing import Any

from inspector.core.analysis.health.base import Health, ScanRow, Whole
from inspector.core.analysis.health.roles import Roles
from inspector.core.model import Finding
from inspector.core.summary import path_text
from inspector.core.text import exact, printable

_FEWEST = 6  # siblings
_DIMENSIONS = 2  # biases and running statistics go their own ways
_FAR = 8.0  # robust standard deviations
_FACTOR = log(5.0)  # no less than this factor from the median, however equal the others are
_SPREAD = 1.4826  # of the median absolute deviation, to compare with a standard deviation
_STEP = re.compile(r"(?<![^.])\d+(?![^.])")  # a number between dots


def _siblings(whole: Whole) -> Iterator[Finding]:
    for (name, *_), rows in _families(whole).items():
        if len(rows) < _FEWEST:
            continue
        sizes = [log(size) for _, size in rows]
        middle = median(sizes)
        spread = max(_SPREAD * median([abs(size - middle) for size in sizes]), 1e-9)
        for (row, size), logarithm in zip(rows, sizes, strict=True):
            off = logarithm - middle
            if abs(off) > max(_FAR * spread, _FACTOR):
                usual = exp(middle)
                message = (
                    f"Its root mean square is {size:.3g}; that of its {exact(len(rows) - 1)} "
                    f"siblings {printable(name, 100)} is about {usual:.3g}."
                )
                yield Finding("unlike-siblings", "info", message, row.path)


def _families(whole: Whole) -> dict[Any, list[tuple[ScanRow, float]]]:
    """Return root mean squares by name with `*` for numbers; of weights of the same shape."""
    roles = Roles(whole.checkpoint)
    families: dict[Any, list[tuple[ScanRow, float]]] = {}
    for row in whole.report.between(whole.rows):
        found, tensor = row.statistics, row.tensor
        if (
            found is None
            or not found.l2
            or found.l2 == inf
            or not found.finite
            or tensor.dtype.kind != "float"
        ):
            continue
        if sum(size > 1 for size in tensor.shape) < _DIMENSIONS:
            continue
        name = family_of(row.path)
        if "*" in name and roles.trained(row.path):
            key = (name, tensor.shape, tensor.dtype.name)
            families.setdefault(key, []).append((row, found.l2 / sqrt(found.finite)))
    return families


def family_of(path: tuple[Any, ...]) -> str:
    """Return a path with a star for every number that stands for a layer."""
    steps = ["*" if type(step) is int else _STEP.sub("*", str(step)) for step in path]
    return path_text(tuple(steps))


SIBLINGS = Health(
    "unlike-siblings",
    "Far larger or smaller than the weights of the same name in other layers: copied from "
    "elsewhere, scaled twice, or about to diverge. First and last layers may differ by design.",
    across=_siblings,
)
