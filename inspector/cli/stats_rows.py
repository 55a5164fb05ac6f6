"""The rows of `inspector stats`: as a table, as JSON of the contract, as comma-separated values."""

from __future__ import annotations

import csv
import json
from math import isfinite
from typing import Any, TextIO

import click

from inspector.core import text
from inspector.core.analysis.health import ScanRow
from inspector.core.analysis.statistics import Statistics
from inspector.core.model import json_path
from inspector.core.summary import path_text

_NUMBERS = ("min", "max", "mean", "std", "l2")
_COLUMNS = ("Key", "Dtype", "Elements", "Min", "Max", "Mean", "Std", "L2", "Zero", "NaN", "Inf")
_NAMES = (*Statistics._fields, "absmax")
_NONE: dict[str, Any] = dict.fromkeys(_NAMES)
_FIELDS = ("path", "dtype", "shape", *Statistics._fields, "absmax", "error")
_BATCH = 1000  # rows written at a time


def write_json(rows: list[ScanRow], stream: TextIO) -> None:
    """Write the document, a row of a tensor on a line."""
    stream.write('{"schema": 1, "tensors": [')
    between = "\n"
    for start in range(0, len(rows), _BATCH):
        lines = [_json_row(row) for row in rows[start : start + _BATCH]]
        stream.write(between + ",\n".join(lines))
        between = ",\n"
    errors = [{"path": json_path(row.path), "message": row.error} for row in rows if row.error]
    findings = [
        finding._asdict() | {"path": json_path(finding.path)}
        for row in rows
        for finding in row.findings
    ]
    tail = {"findings": findings, "errors": errors}
    stream.write("\n], " + json.dumps(tail)[1:] + "\n")


def write_csv(rows: list[ScanRow], stream: TextIO) -> None:
    """Write a line for the names and one per tensor; what does not exist is empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_FIELDS)
    for row in rows:
        members = _members(row) | {
            "path": path_text(row.path),
            "shape": "x".join(map(str, row.tensor.shape)),
            "error": row.error,
        }
        writer.writerow([members[name] for name in _FIELDS])


def write_table(rows: list[ScanRow], styled: bool) -> None:
    """Print aligned columns; what is not finite stands out."""
    if not rows:
        click.echo("No tensor matches.")
        return
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *cells, strict=True)]
    click.secho(_line(_COLUMNS, widths), dim=True)
    for start in range(0, len(rows), _BATCH):
        lines = [
            _styled(_line(some, widths), row) if styled else _line(some, widths)
            for row, some in zip(rows[start : start + _BATCH], cells[start:], strict=False)
        ]
        click.echo("\n".join(lines))


def _styled(line: str, row: ScanRow) -> str:
    found = row.statistics
    if found is None:
        return click.style(line, fg="yellow")
    return click.style(line, fg="red") if found.finite < found.elements else line


def _json_row(row: ScanRow) -> str:
    """Return a row's object: by hand, for `json.dumps` takes as long as the statistics."""
    found, shape = row.statistics, ", ".join(map(str, row.tensor.shape))
    path = ", ".join([json.dumps(key) for key in json_path(row.path)])
    head = f'{{"path": [{path}], "dtype": {json.dumps(row.tensor.dtype.name)}, "shape": [{shape}]'
    if found is None:
        nothing = _NONE | {"elements": row.tensor.elements, "error": row.error}
        return f"{head}, {json.dumps(nothing)[1:]}"
    values = (*found, found.absmax)
    numbers = ", ".join(
        [f'"{name}": {_json_number(value)}' for name, value in zip(_NAMES, values, strict=True)]
    )
    return f"{head}, {numbers}}}"


def _json_number(value: float | None) -> str:
    if value is None:
        return "null"
    if type(value) is float and not isfinite(value):
        return f'"{value}"'  # beyond float64: "inf", "-inf"
    return repr(value)


def _members(row: ScanRow) -> dict[str, Any]:
    found = row.statistics
    members: dict[str, Any] = {
        "path": json_path(row.path),
        "dtype": row.tensor.dtype.name,
        "shape": row.tensor.shape,
    }
    if found is None:
        return members | _NONE | {"elements": row.tensor.elements, "error": row.error}
    members |= found._asdict()
    members["absmax"] = found.absmax
    return members


def _cells(row: ScanRow) -> tuple[str, ...]:
    key = text.printable(path_text(row.path))
    dtype = text.printable(row.tensor.dtype.name, 40)
    found = row.statistics
    if found is None:
        return key, dtype, text.exact(row.tensor.elements), *["—"] * 5, "", "", ""
    return (
        key,
        dtype,
        text.exact(found.elements),
        *(_number(getattr(found, name)) for name in _NUMBERS),
        *(_count(number) for number in (found.zero, found.nan, found.posinf + found.neginf)),
    )


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.5g}" if type(value) is float else str(value)


def _count(number: int) -> str:
    return text.exact(number) if number else ""


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = [f"{cell:<{width}}" for cell, width in zip(cells[:2], widths, strict=False)]
    right = [f"{cell:>{width}}" for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
