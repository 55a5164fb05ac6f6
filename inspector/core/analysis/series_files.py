"""A series as JSON, version 1, and as comma-separated values: a line per tensor and snapshot."""

from __future__ import annotations

import csv
import json
from typing import Any, TextIO

from inspector.core.analysis.comparison.report_csv import inert
from inspector.core.analysis.comparison.report_json import MEASURED_OVER, plain
from inspector.core.analysis.series import Point, Series

_FIELDS = ("tensor", "place", "file", *Point._fields)


def write_json(series: Series, stream: TextIO) -> None:
    """Write the document of `inspector diff --json` of three files or more."""
    document: dict[str, Any] = {
        "schema": 1,
        "order": series.order,
        "measured_over": MEASURED_OVER,
        "snapshots": [
            {"uri": one.uri, "facts": {name: plain(value) for name, value in one.facts.items()}}
            for one in series.snapshots
        ],
        "last_without_nan": series.last_without_nan,
        "first_with_nan": series.first_with_nan,
        "skipped": series.skipped,
        "curves": {
            name: [None if point is None else _members(point) for point in points]
            for name, points in series.curves.items()
        },
    }
    stream.write(json.dumps(document, indent=1) + "\n")


def write_csv(series: Series, stream: TextIO) -> None:
    """Write it; tensors that a snapshot does not have are left out of its lines."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_FIELDS)
    for name, points in series.curves.items():
        for place, point in enumerate(points):
            if point is not None:
                uri = inert(series.snapshots[place].uri)
                writer.writerow([inert(name), place, uri, *point])


def _members(point: Point) -> dict[str, Any]:
    return {key: plain(value) for key, value in point._asdict().items()}
