"""A comparison as JSON, version 1: the contract of `inspector diff --json`."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, TextIO

from inspector.core.analysis.comparison.comparing import Row
from inspector.core.analysis.comparison.matching import Matching, Side
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.rollup import Module
from inspector.core.analysis.comparison.values import ValueChange
from inspector.core.analysis.comparison.words import (
    matching_sentences,
    stripped_names,
    value_words,
)
from inspector.core.model import Node, json_path

_BATCH = 1000  # rows written at a time
_PLAIN = (str, int, float, bool, type(None))


def write_json(result: Result, stream: TextIO) -> None:
    """Write the document, a tensor on a line."""
    head = {
        "schema": 1,
        "a": result.a,
        "b": result.b,
        "summary": result.counts,
        "tolerance": result.tolerance._asdict(),
        "measured_over": MEASURED_OVER,
        "matching": _matching(result.matching),
    }
    stream.write(json.dumps(head)[:-1] + ', "tensors": [')
    between = "\n"
    for start in range(0, len(result.rows), _BATCH):
        rows = result.rows[start : start + _BATCH]
        stream.write(between + ",\n".join(json.dumps(_row(row)) for row in rows))
        between = ",\n"
    tail = {
        "values": [_value(change) for change in result.values],
        "modules": [_module(module) for module in result.modules],
        "rename_candidates": [
            {"a": _path(offer.a.pair.a), "b": _path(offer.b.pair.b), "evidence": offer.evidence}
            for offer in result.offers
        ],
    }
    stream.write("\n], " + json.dumps(tail)[1:] + "\n")


def measures_of(row: Row) -> dict[str, Any]:
    """Return the measures by name, those that are not finite as text; null where there are none."""
    found = row.measures
    if found is None:
        return dict.fromkeys(MEASURES)
    fraction = found.changed_fraction
    members = found._asdict() | {"changed_fraction": fraction}
    return {name: plain(members[name]) for name in MEASURES}


MEASURED_OVER = "finite"
"""What norms and distances are of, as documents say it; NaN and infinities are counted apart."""
MEASURES = (
    "max_abs", "rel_l2", "cosine", "changed_fraction", "mean_abs", "at", "changed", "elements",
    "nan_born", "nan_gone", "inf_born", "inf_gone", "flips", "left_out",
)  # fmt: skip


def plain(value: Any) -> Any:
    """Return a number as JSON can say it: "nan", "inf" and "-inf" where it is not finite."""
    return str(value) if type(value) is float and not isfinite(value) else value


def _row(row: Row) -> dict[str, Any]:
    a, b = row.pair.a, row.pair.b
    members: dict[str, Any] = {"a": _path(a), "b": _path(b)}
    members |= {"name": row.pair.name, "role": row.pair.role, "status": row.status}
    members |= measures_of(row)
    if a and b and a.tensor.shape != b.tensor.shape:
        members["shapes"] = [a.tensor.shape, b.tensor.shape]
    if a and b and a.tensor.dtype != b.tensor.dtype:
        members["dtypes"] = [a.tensor.dtype.name, b.tensor.dtype.name]
    note = row.note or row.pair.evidence
    return members | ({"note": note} if note else {})


def _path(side: Side | None) -> list[str | int] | None:
    return None if side is None else json_path(side.path)


def _value(change: ValueChange) -> dict[str, Any]:
    members: dict[str, Any] = {"path": json_path(change.path), "change": change.change}
    for name, node in (("a", change.a), ("b", change.b)):
        members[name], has_form = _json_value(node)
        if not has_form:
            members[f"{name}_text"] = value_words(node)
    return members


def _json_value(node: Node | None) -> tuple[Any, bool]:
    """Return the value, and whether it has a JSON form."""
    if node is None:
        return None, True
    if node.kind == "value" and isinstance(node.value, _PLAIN):
        return plain(node.value), True
    if node.kind in ("mapping", "sequence"):
        return ({} if node.kind == "mapping" else []), True
    return None, False


def _module(module: Module) -> dict[str, Any]:
    return {
        "name": module.name,
        "statuses": module.statuses,
        "tensors": module.tensors,
        "frozen": module.frozen,
        "rel_l2": plain(module.rel_l2),
        "changed_fraction": module.changed_fraction,
        "statistics": module.statistics,
        "statistics_changed": module.statistics - module.statistics_same,
    }


def _matching(matching: Matching) -> dict[str, Any]:
    return {
        "root_a": json_path(matching.root_a),
        "root_b": json_path(matching.root_b),
        "stripped_a": stripped_names(matching.stripped_a),
        "stripped_b": stripped_names(matching.stripped_b),
        "outside_a": matching.outside_a,
        "outside_b": matching.outside_b,
        "unnamed_optimizer_a": matching.unnamed[0],
        "unnamed_optimizer_b": matching.unnamed[1],
        "attributes_a": matching.attributes[0],
        "attributes_b": matching.attributes[1],
        "sentences": list(matching_sentences(matching)),
    }
