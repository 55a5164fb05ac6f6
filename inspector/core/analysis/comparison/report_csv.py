"""A comparison as comma-separated values: a line per tensor, then one per value that differs."""

from __future__ import annotations

import csv
from typing import TextIO

from inspector.core.analysis.comparison.matching import Side
from inspector.core.analysis.comparison.report_json import MEASURES, measures_of
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.words import note_text, value_words
from inspector.core.model import Node
from inspector.core.summary import path_text

_FIELDS = ("kind", "name", "status", "a", "b", *MEASURES, "note")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(result: Result, stream: TextIO) -> None:
    """Write it; of values, `a` and `b` are the values themselves."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_FIELDS)
    for row in result.rows:
        measures = measures_of(row)
        if measures["at"] is not None:
            measures["at"] = " ".join(map(str, measures["at"]))
        name, note = inert(row.pair.name), inert(note_text(row))
        sides = (_path(row.pair.a), _path(row.pair.b))
        writer.writerow(["tensor", name, row.status, *sides, *measures.values(), note])
    for change in result.values:
        name, sides = inert(path_text(change.path)), (_value(change.a), _value(change.b))
        empty = [""] * (len(MEASURES) + 1)
        writer.writerow(["value", name, change.change, *sides, *empty])


def _path(side: Side | None) -> str:
    return "" if side is None else inert(path_text(side.path))


def _value(node: Node | None) -> str:
    return "" if node is None else inert(value_words(node), number=True)


def inert(untrusted: str, *, number: bool = False) -> str:
    """Return text that a spreadsheet does not take for a formula."""
    if not untrusted.startswith(_FORMULA):
        return untrusted
    if number:
        try:
            float(untrusted)
        except ValueError:
            return f"'{untrusted}"
        return untrusted
    return f"'{untrusted}"
