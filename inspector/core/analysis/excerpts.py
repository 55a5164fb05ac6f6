"""Excerpts: a rectangle of a sheet as text for a spreadsheet, or as Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from inspector.core import text
from inspector.core.analysis.notation import Notation
from inspector.core.analysis.sheet_texts import GAP, MISSING, Place, Request, read_texts, request
from inspector.core.analysis.sheets import Edges, Grid, Sheet
from inspector.core.arrays import load_window, values_of
from inspector.core.engine import Engine
from inspector.core.errors import FormatError
from inspector.core.model import DType
from inspector.core.progress import Progress, silent

Form = Literal["tsv", "lists", "tensor"]

MOST_CELLS: dict[Form, int] = {"tsv": 1_000_000, "lists": 100_000, "tensor": 100_000}
_AT_ONCE = 1 << 14  # cells of one task


class _Task(NamedTuple):
    wanted: Request
    form: Form


def excerpt(
    place: Place,
    sheet: Sheet,
    rows: range,
    columns: range,
    form: Form,
    notation: Notation,
    engine: Engine,
    progress: Progress = silent,
) -> str:
    """Return a rectangle as text; raises FormatError where it is too large or has gaps.

    TSV has the texts of the notation; Python has the exact values, so that torch makes the very
    same elements of them.
    """
    cells = len(rows) * len(columns)
    if cells > MOST_CELLS[form]:
        raise FormatError(
            f"The selection has {text.exact(cells)} cells; at most "
            f"{text.exact(MOST_CELLS[form])} are copied.",
            "Select fewer, or save them as .npy.",
        )
    if form != "tsv" and isinstance(sheet, Edges):
        raise FormatError(
            "The edges leave elements out, so that a list of them would mislead.",
            "Show all elements to copy a part as Python.",
        )
    tasks = _tasks(place, sheet, rows, columns, form, notation)
    found = dict(engine.run(_lines, tasks, cells, progress, "Reading values"))
    lines = [line for start in sorted(found) for line in found[start]]
    if form == "tsv":
        return "\n".join(lines)
    assert isinstance(sheet, Grid)
    return _python(lines, sheet, form)


def _tasks(
    place: Place, sheet: Sheet, rows: range, columns: range, form: Form, notation: Notation
) -> Iterator[tuple[int, _Task]]:
    height = max(1, _AT_ONCE // max(1, len(columns)))
    for first in range(rows.start, rows.stop, height):
        part = range(first, min(first + height, rows.stop))
        wanted = request(place, sheet, part, columns, notation)
        yield len(part) * len(columns), _Task(wanted, form)


def _lines(task: _Task) -> tuple[int, list[str]]:
    """Worker: return the number of the first row, and a text for each."""
    wanted, form = task
    if form == "tsv":
        cells = read_texts(wanted)
        words = [
            "…" if kind == GAP else "" if kind == MISSING else word
            for word, kind in zip(cells.texts, cells.kinds, strict=True)
        ]
        sep, ends = "\t", ("", "")
    else:
        words = _literals(wanted)
        sep, ends = ", ", ("[", "]")
    width = wanted.columns
    lines = [
        f"{ends[0]}{sep.join(words[start : start + width])}{ends[1]}"
        for start in range(0, len(words), width)
    ]
    return wanted.row, lines


def _literals(wanted: Request) -> list[str]:
    [(_, _, window)] = wanted.windows
    stored, there = load_window(window)
    if there is not None:
        raise FormatError(
            "Some of the selected elements are missing: the file ends before them.",
            "Select only elements that have values.",
        )
    values = values_of(stored, window.tensor)
    found = [_literal(value) for value in values.reshape(-1).tolist()]
    if values.ndim > stored.ndim:  # pairs
        return [f"[{found[n]}, {found[n + 1]}]" for n in range(0, len(found), 2)]
    return found


def _literal(value: complex | int) -> str:
    if isinstance(value, complex):
        return f"complex({_literal(value.real)}, {_literal(value.imag)})"
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return f"float('{value}')"
    return repr(value)


def _python(lines: list[str], grid: Grid, form: Form) -> str:
    if grid.row_axis is None:
        body = lines[0][1:-1]
    elif grid.column_axis is None:
        body = f"[{', '.join(line[1:-1] for line in lines)}]"
    else:
        body = "[" + ",\n ".join(lines) + "]"
    if form == "lists":
        return body
    indented = body.replace("\n", "\n" + " " * 13)
    return f"torch.tensor({indented}, dtype=torch.{loadable_dtype(grid.tensor.dtype)})"


def loadable_dtype(dtype: DType) -> str:
    """Return the dtype that `torch.tensor` can make of the values, its own where that can be."""
    if dtype.name == "float4_e2m1fn_x2":
        return "float32"
    if dtype.kind in ("quantized", "bits"):  # their stored integers
        signed = dtype.name.startswith("qint")
        return f"{'' if signed else 'u'}int{max(8, dtype.bits)}"
    return dtype.name
