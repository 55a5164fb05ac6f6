"""The table of `inspector stats`; its JSON and CSV are those that the window saves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import click

from inspector.core import text
from inspector.core.analysis.health import ScanRow
from inspector.core.analysis.statistics import Statistics, measured
from inspector.core.model import Array, Path
from inspector.core.summary import path_text

_GAP = 2  # characters between columns
_LEAST_KEY = 24  # characters; a longer key is shortened before another column is left out
_BATCH = 1000  # rows written at a time
_MOST_NOTES = 8
_MOST_KEYS = 4  # that share a note


class _Column(NamedTuple):
    """A heading, and what stands below it; None stands for a dash."""

    title: str
    read: Callable[[Statistics], str | None]
    sacrifice: int
    """The order in which columns are left out where there is no room; 0 stays."""


def _number(name: str) -> Callable[[Statistics], str | None]:
    def read(found: Statistics) -> str | None:
        value = getattr(found, name)
        return f"{value:.5g}" if type(value) is float else None if value is None else str(value)

    return read


def _count(read: Callable[[Statistics], int]) -> Callable[[Statistics], str]:
    return lambda found: text.exact(read(found)) if read(found) else ""


_COLUMNS = (
    _Column("Elements", lambda found: text.exact(found.elements), 0),
    _Column("Finite", lambda found: text.exact(found.finite), 1),
    _Column("Min", _number("min"), 0),
    _Column("Max", _number("max"), 0),
    _Column("Mean", _number("mean"), 0),
    _Column("Std", _number("std"), 5),
    _Column("L2", _number("l2"), 4),
    _Column("Max |x|", _number("absmax"), 2),
    _Column("Zero", _count(lambda found: found.zero), 3),
    _Column("NaN", _count(lambda found: found.nan), 0),
    _Column("Inf", _count(lambda found: found.posinf + found.neginf), 0),
)
_Align = Callable[[str, int], str]


def write_table(rows: list[ScanRow], width: int | None, styled: bool) -> None:
    """Print aligned columns, as many as a line of `width` holds; what is not finite stands out.

    All of them if the width is None. What is left out is said below the table.
    """
    if not rows:
        click.echo("No tensor matches.")
        return
    keys = ["Key", *(text.printable(path_text(row.path)) for row in rows)]
    left = [keys, ["Dtype", *(text.printable(row.tensor.dtype.name, 40) for row in rows)]]
    right = [[column.title, *_cells(column, rows)] for column in _COLUMNS]
    left_out = _fit(left, right, width)
    columns = [*_aligned(left, str.ljust), *_aligned(right, str.rjust)]
    click.secho(next(_lines(columns, 0, 1)), dim=True)
    for start in range(0, len(rows), _BATCH):
        lines = _lines(columns, 1 + start, 1 + start + _BATCH)
        if styled:
            lines = map(_styled, lines, rows[start : start + _BATCH])
        click.echo("\n".join(lines))
    if left_out:
        said = ", ".join(left_out)
        click.secho(f"No room for {said}: make the window wider, or use --csv or --json.", dim=True)


def _fit(left: list[list[str]], right: list[list[str]], width: int | None) -> list[str]:
    """Take out columns until the others fit, and shorten keys; return the titles in their order."""
    if width is None:
        return []
    order = [(column.sacrifice, cells) for column, cells in zip(_COLUMNS, right, strict=True)]
    order = sorted((row for row in order if row[0]), key=lambda row: row[0])
    titles = ["Dtype", *(column.title for column in _COLUMNS)]
    gone = []

    def others() -> int:
        return sum(max(map(len, cells)) + _GAP for cells in (*left[1:], *right))

    longest = max(map(len, left[0]))
    while order and others() + min(longest, _LEAST_KEY) > width:
        cells = order.pop(0)[1]
        gone.append(cells[0])
        right[:] = [some for some in right if some is not cells]
    if others() + min(longest, _LEAST_KEY) > width:
        gone.append(left.pop()[0])
    room = max(_LEAST_KEY, width - others())
    left[0][:] = [_shortened(key, room) for key in left[0]]
    return sorted(gone, key=titles.index)


def _shortened(key: str, room: int) -> str:
    """Return a key with its middle left out: its end tells most, its begin what it belongs to."""
    if len(key) <= room:
        return key
    begin = room // 3
    return f"{key[:begin]}…{key[begin + 1 - room :]}"


def write_notes(rows: list[ScanRow]) -> None:
    """Print what the numbers are of where they are not simply those of the tensor."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        note = measured(row.tensor).of_numbers if row.statistics is not None else ""
        if note:
            keys.setdefault(note, []).append(text.printable(path_text(row.path), 120))
    for number, (note, some) in enumerate(keys.items()):
        if number == 0:
            click.echo()
        elif number == _MOST_NOTES:
            left = sum(map(len, islice(keys.values(), number, None)))
            click.echo(f"… and {text.plural(left, 'tensor')} of other parts; --json has them.")
            break
        more = f" and {text.exact(len(some) - _MOST_KEYS)} more" if len(some) > _MOST_KEYS else ""
        click.echo(f"{', '.join(some[:_MOST_KEYS])}{more}: {note}")


def write_left_out(arrays: list[tuple[Path, Array]]) -> None:
    """Print which numpy arrays have no statistics, and why."""
    for path, array in arrays[:_MOST_NOTES]:
        key, dtype = text.printable(path_text(path), 120), text.printable(array.dtype, 120)
        click.echo(f"{key or 'The array'} ({dtype}) has no statistics. {array.reason}")
    if len(arrays) > _MOST_NOTES:
        more = text.plural(len(arrays) - _MOST_NOTES, "more array")
        click.echo(f"… and {more} without statistics.")


def _styled(line: str, row: ScanRow) -> str:
    found = row.statistics
    if found is None:
        return click.style(line, fg="yellow")
    return click.style(line, fg="red") if found.finite < found.elements else line


def _cells(column: _Column, rows: list[ScanRow]) -> Iterator[str]:
    read = column.read
    for row in rows:
        if row.statistics is None:
            yield text.exact(row.tensor.elements) if column is _COLUMNS[0] else "—"
        else:
            shown = read(row.statistics)
            yield "—" if shown is None else shown


def _aligned(columns: list[list[str]], align: _Align) -> Iterator[tuple[list[str], _Align, int]]:
    for cells in columns:
        yield cells, align, max(map(len, cells))


def _lines(columns: list[tuple[list[str], _Align, int]], start: int, stop: int) -> Iterator[str]:
    parts = ([align(cell, width) for cell in cells[start:stop]] for cells, align, width in columns)
    return map(str.rstrip, map((" " * _GAP).join, zip(*parts, strict=True)))
