"""All that a comparison found, at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from inspector.core.analysis.comparison.comparing import STATUSES, Comparison, Row, Status
from inspector.core.analysis.comparison.matching import ROLES, USUAL, Choices, Matching, match
from inspector.core.analysis.comparison.rollup import Module, rollup
from inspector.core.analysis.comparison.tolerance import EXACT, Tolerance
from inspector.core.analysis.comparison.values import ValueChange, compare_values
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.progress import Progress, part, silent

_ALIKE: tuple[Status, ...] = ("same", "noise")
_GRAVITY: tuple[Status, ...] = (
    "unread", "changed", "dtype", "shape", "removed", "added", "renamed", "cast", *_ALIKE,
)  # fmt: skip


class Offer(NamedTuple):
    """Two names that may be one tensor's, and why."""

    a: Row
    b: Row
    evidence: str


@dataclass(frozen=True)
class Result:
    """Rows in order, each number once; what has become a part of another row is left out."""

    a: str
    """Where the first checkpoint is."""
    b: str
    matching: Matching
    rows: tuple[Row, ...]
    values: tuple[ValueChange, ...]
    modules: tuple[Module, ...]
    offers: tuple[Offer, ...]
    """Renames that are not certain."""
    tolerance: Tolerance = EXACT

    @property
    def counts(self) -> dict[Status, int]:
        """How many rows there are of every status."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in STATUSES}

    @property
    def differing(self) -> list[Row]:
        """Rows that are neither the same nor noise: weights first, large changes first."""
        rows = [row for row in self.rows if row.status not in _ALIKE]
        return sorted(rows, key=_rank)


def _rank(row: Row) -> tuple[int, int, float]:
    size = 0.0
    if row.measures is not None:
        size = inf if row.measures.beyond_finite else row.measures.rel_l2 or 0.0
    return ROLES.index(row.pair.role), _GRAVITY.index(row.status), -size


def result_of(
    a: Checkpoint,
    b: Checkpoint,
    engine: Engine,
    choices: Choices = USUAL,
    tolerance: Tolerance = EXACT,
    progress: Progress = silent,
    *,
    tensors: bool = True,
) -> Result:
    """Compare two checkpoints; without `tensors`, only their values."""
    matching = match(a, b, choices, part(progress, 0.0, 0.02))
    values = tuple(compare_values(a, b, matching, part(progress, 0.02, 0.05)))
    if not tensors:
        return Result(a.source.uri, b.source.uri, matching, (), values, (), (), tolerance)
    comparison = Comparison(a, b, matching, engine, tolerance)
    last = {row.number: row for row in comparison.rows(part(progress, 0.05, 1.0))}
    rows = tuple(last[number] for number in sorted(last) if last[number].into is None)
    offers = tuple(
        Offer(last[found.a], last[found.b], found.evidence)
        for found in comparison.candidates
        if not found.certain
    )
    return Result(
        a.source.uri,
        b.source.uri,
        matching,
        rows,
        values,
        tuple(rollup(rows)),
        offers,
        tolerance,
    )
