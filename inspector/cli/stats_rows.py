"""The table of `inspector stats`; its JSON and CSV are those that the window saves."""

from __future__ import annotations

from itertools import islice

import click

from inspector.core import text
from inspector.core.analysis.health import ScanRow
from inspector.core.analysis.statistics import measured
from inspector.core.summary import path_text

_NUMBERS = ("min", "max", "mean", "std", "l2")
_COLUMNS = ("Key", "Dtype", "Elements", "Min", "Max", "Mean", "Std", "L2", "Zero", "NaN", "Inf")
_BATCH = 1000  # rows written at a time
_MOST_NOTES = 8
_MOST_KEYS = 4  # that share a note


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


def _styled(line: str, row: ScanRow) -> str:
    found = row.statistics
    if found is None:
        return click.style(line, fg="yellow")
    return click.style(line, fg="red") if found.finite < found.elements else line


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
