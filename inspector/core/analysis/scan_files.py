"""The rows of a scan as JSON, version 1 of `inspector stats`, and as CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as File
from typing import Any, TextIO

from inspector.core.analysis.health import ScanRow
from inspector.core.analysis.statistics import Statistics, measured
from inspector.core.errors import SourceError
from inspector.core.model import json_path
from inspector.core.progress import Progress, silent
from inspector.core.summary import path_text

_NONE: dict[str, Any] = dict.fromkeys((*Statistics._fields, "absmax"))
_FIELDS = ("path", "dtype", "shape", *Statistics._fields, "absmax", "findings", "error", "note")
_PULSE = 500  # rows between two progress calls


def json_row(row: ScanRow) -> dict[str, Any]:
    """Return what `inspector stats --json` says of a tensor; what does not exist is null."""
    members: dict[str, Any] = {
        "path": json_path(row.path),
        "dtype": row.tensor.dtype.name,
        "shape": row.tensor.shape,
    }
    found = row.statistics
    if found is None:
        return members | _NONE | {"elements": row.tensor.elements, "error": row.error, "note": ""}
    known = found._asdict() | {"absmax": found.absmax}
    note = measured(row.tensor).of_numbers
    return members | {name: _plain(value) for name, value in known.items()} | {"note": note}


def write_json(rows: Sequence[ScanRow], stream: TextIO, progress: Progress = silent) -> None:
    """Write the document of `inspector stats --json`, a row of a tensor on a line."""
    stream.write('{"schema": 1, "tensors": [')
    between = "\n"
    for row in _with_progress(rows, progress):
        stream.write(between + json.dumps(json_row(row)))
        between = ",\n"
    errors = [{"path": json_path(row.path), "message": row.error} for row in rows if row.error]
    findings = [
        finding._asdict() | {"path": json_path(finding.path)}
        for row in rows
        for finding in row.findings
    ]
    tail = {"findings": findings, "errors": errors}
    stream.write("\n], " + json.dumps(tail)[1:] + "\n")


def write_csv(rows: Sequence[ScanRow], stream: TextIO, progress: Progress = silent) -> None:
    """Write a line for the names and one per tensor; what does not exist is empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_FIELDS)
    for row in _with_progress(rows, progress):
        members = json_row(row) | {
            "path": path_text(row.path),
            "shape": "x".join(map(str, row.tensor.shape)),
            "findings": " ".join(finding.code for finding in row.findings),
            "error": row.error,
        }
        writer.writerow([_harmless(members[name]) for name in _FIELDS])


WRITERS: dict[str, Callable[[Sequence[ScanRow], TextIO, Progress], None]] = {
    ".csv": write_csv,
    ".json": write_json,
}
"""By the ending of the file's name."""


def write_file(rows: Sequence[ScanRow], path: str, *, progress: Progress = silent) -> int:
    """Write all rows or nothing; return how many. Raises SourceError if that cannot be done."""
    target = File(path)
    write = WRITERS.get(target.suffix.lower(), write_csv)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with unfinished.open("w", encoding="utf-8", newline="") as stream:
                write(rows, stream, progress)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be written: {error.strerror}.", "Choose another folder."
        ) from error
    return len(rows)


def _with_progress(rows: Sequence[ScanRow], progress: Progress) -> Iterator[ScanRow]:
    for number, row in enumerate(rows):
        if number % _PULSE == 0:
            progress(number / len(rows), "Writing")
        yield row


def _plain(value: Any) -> Any:
    if type(value) is float and not math.isfinite(value):
        return str(value)  # "nan", "inf", "-inf"
    return value


def _harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: names come from the file."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
