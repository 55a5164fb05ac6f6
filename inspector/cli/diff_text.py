"""A comparison on a terminal: what differs, the largest changes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import click

from inspector.core import text
from inspector.core.analysis.comparison import Result, Row, ValueChange
from inspector.core.analysis.comparison.words import (
    cosine_text,
    device_sentences,
    distance_text,
    matching_sentences,
    module_sentences,
    note_text,
    share_text,
    summary_text,
    value_words,
)
from inspector.core.summary import path_text

_MOST = 40  # rows of a sort; --all prints the rest
_COLUMNS = ("Key", "Status", "max|Δ|", "rel. L2", "cosine", "changed", "Note")
_FEW = 4  # values that only one side has, below one key
_WIDEST_KEY = 80
_COLOURS = {
    "added": "green",
    "removed": "red",
    "shape": "magenta",
    "dtype": "magenta",
    "unread": "red",
    "changed": "yellow",
}


def print_result(result: Result, *, every: bool = False) -> None:
    """Print the summary, what was compared with what, and all that differs."""
    click.secho(f"{text.printable(result.a)} → {text.printable(result.b)}", bold=True)
    click.echo(summary_text(result))
    for sentence in (*matching_sentences(result.matching), *device_sentences(result)):
        click.echo(sentence)
    print_cut(list(module_sentences(result)), "frozen module", every)
    rows = list(result.rows) if every else result.differing
    if rows:
        click.echo()
        table = [_cells(row) for row in rows]
        styles = [_COLOURS.get(row.status) for row in rows]
        print_table(_COLUMNS, table, "ll" + "r" * 4 + "l", every=every, colours=styles)
    if result.offers:
        click.secho("\nMay have been renamed", bold=True)
        offers = [
            f"  {text.printable(offer.a.pair.name)} → {text.printable(offer.b.pair.name)}"
            f" ({offer.evidence})"
            for offer in result.offers
        ]
        print_cut(offers, "candidate", every)
    if result.values:
        click.secho("\nValues", bold=True)
        lines = [*map(_value_line, result.values)] if every else _value_lines(result.values)
        print_cut([f"  {line}" for line in lines], "value", every)


def _cells(row: Row) -> tuple[str, ...]:
    name, note = text.printable(row.pair.name), note_text(row)
    found = row.measures
    if found is None or row.status == "renamed":
        return name, row.status, "", "", "", "", note
    return (
        name,
        row.status,
        distance_text(found, found.max_abs),
        distance_text(found, found.rel_l2),
        cosine_text(found),
        share_text(found.changed_fraction),
        note,
    )


def _value_lines(changes: Sequence[ValueChange]) -> list[str]:
    """Return a line per value, and one for all that only one side has below one key."""
    lines = []
    for (key, change), some in groupby(changes, lambda one: (one.path[:1], one.change)):
        these = list(some)
        if change in ("added", "removed") and len(these) > _FEW:
            where = "second" if change == "added" else "first"
            name = text.printable(path_text(key), 120)
            lines.append(f"{name}: {text.plural(len(these), 'value')} only in the {where}")
        else:
            lines += map(_value_line, these)
    return lines


def _value_line(change: ValueChange) -> str:
    name = text.printable(path_text(change.path), 120)
    if change.a is None:
        return f"{name}: only in the second: {value_words(change.b)}"
    if change.b is None:
        return f"{name}: only in the first: {value_words(change.a)}"
    line = f"{name}: {value_words(change.a)} → {value_words(change.b)}"
    if change.change == "type":
        types = (text.printable(node.type, 40) for node in (change.a, change.b))
        line += f" ({' → '.join(types)})"
    return line


def print_cut(lines: Sequence[str], noun: str, every: bool) -> None:
    """Print lines, of many only the first ones unless `every` is asked for."""
    most = len(lines) if every else _MOST
    for line in lines[:most]:
        click.echo(line)
    if len(lines) > most:
        click.echo(f"  … and {text.plural(len(lines) - most, noun)} more (--all prints them)")


def print_table(
    titles: Sequence[str],
    table: Sequence[Sequence[str]],
    sides: str,
    *,
    every: bool = False,
    colours: Iterable[str | None] = (),
) -> None:
    """Print aligned columns; `sides` has an `l` or an `r` for each."""
    shown = table if every else table[:_MOST]
    columns = zip(titles, *shown, strict=True)
    widths = [min(_WIDEST_KEY, max(map(len, column))) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = zip(cells, widths, sides, strict=True)
        return "  ".join(
            f"{cell:<{width}}" if side == "l" else f"{cell:>{width}}"
            for cell, width, side in padded
        ).rstrip()

    click.secho(line(titles), dim=True)
    styles = [*colours]
    for number, cells in enumerate(shown):
        click.secho(line(cells), fg=styles[number] if styles else None)
    if len(shown) < len(table):
        more = text.plural(len(table) - len(shown), "row")
        click.echo(f"… and {more} more (--all prints them)")
