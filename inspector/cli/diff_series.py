"""A series of checkpoints on a terminal: a line per snapshot, then the tensors that moved most."""

from __future__ import annotations

import sys
from pathlib import Path as FilePath

import click

from inspector.cli.computing import engine_of, progress_bar
from inspector.cli.diff_text import print_table
from inspector.cli.report_file import write_report
from inspector.core import text
from inspector.core.analysis.comparison.words import number_text
from inspector.core.analysis.series import Series, series_of
from inspector.core.analysis.series_files import write_csv, write_json
from inspector.core.analysis.series_html import changed_at, write_html
from inspector.core.analysis.series_words import by_change, measure_text, moved

_MOST_FACTS = 8


def print_series(
    files: tuple[str, ...], form: str | None, html: str | None, *, every: bool = False
) -> int:
    """Print what changed along a series; 1 if anything did."""
    with engine_of(sum(map(_size, files))) as engine, progress_bar() as progress:
        series = series_of(files, engine, progress)
    if html is not None:
        sources = [one.uri for one in series.snapshots]
        write_report(FilePath(html), sources, lambda stream: write_html(series, stream))
    if form == "json":
        write_json(series, sys.stdout)
    elif form == "csv":
        write_csv(series, sys.stdout)
    else:
        _print(series, every)
    return int(any(changed_at(series, place) for place in range(len(series.snapshots))))


def _size(file: str) -> int:
    path = FilePath(file)
    try:
        inside = path.iterdir() if path.is_dir() else [path]
        return sum(one.stat().st_size for one in inside)
    except OSError:
        return 0  # why it cannot be had is said when it is opened


def _print(series: Series, every: bool) -> None:
    number = text.plural(len(series.snapshots), "checkpoint")
    click.secho(f"{number}, ordered by {series.order}", bold=True)
    facts = series.fact_names[:_MOST_FACTS]
    rows = []
    for place, snapshot in enumerate(series.snapshots):
        told = [number_text(snapshot.facts.get(name)) for name in facts]
        odd = len(series.not_finite(place))
        changed = text.exact(changed_at(series, place)) if place else ""
        rows.append((text.printable(snapshot.uri), *told, changed, text.exact(odd) if odd else ""))
    names = [text.printable(name, 24) for name in facts]
    columns = ("File", *names, "tensors changed", "with NaN/Inf")
    print_table(columns, rows, "l" + "r" * (len(columns) - 1), every=True)
    for sentence in verdict_sentences(series):
        click.echo(sentence)
    _print_tensors(series, every)


def _print_tensors(series: Series, every: bool) -> None:
    """Print what moved: its norm at both ends, how far it came, and each step on the way."""
    table = []
    any_odd = series.first_with_nan is not None
    for name in by_change(series):
        points = series.curves[name]
        known = [point for point in points if point is not None]
        odd = max(point.nan + point.inf for point in known)
        if not every and not moved(points) and not odd:
            continue
        steps = [measure_text(point, point.to_previous if point else None) for point in points[1:]]
        steps += ["—"] * (len(series.snapshots) - len(points))
        ends = tuple(measure_text(known[place], known[place].norm) for place in (0, -1))
        far = measure_text(known[-1], known[-1].to_first)
        odd_cell = [text.exact(odd) if odd else ""] if any_odd else []
        table.append((text.printable(name), *ends, far, *steps, *odd_cell))
    if table:
        numbers = [f"→ {place}" for place in range(2, len(series.snapshots) + 1)]
        titles = (
            "Key",
            "norm",
            "last norm",
            "to first",
            *numbers,
            *(["NaN/Inf"] if any_odd else []),
        )
        click.secho("\nRelative change (L2) to the first, and from each to the next", bold=True)
        print_table(titles, table, "l" + "r" * (len(titles) - 1), every=every)


def verdict_sentences(series: Series) -> list[str]:
    """Return where NaN came in, and which files were left out."""
    said = [text.printable(sentence) for sentence in series.skipped]
    first, last = series.first_with_nan, series.last_without_nan
    if first is not None:
        uri = text.printable(series.snapshots[first].uri)
        odd = series.not_finite(first)
        more = f" and {text.plural(len(odd) - 1, 'tensor')} more" if len(odd) > 1 else ""
        said.append(f"NaN or infinity first in {uri}: {text.printable(odd[0])}{more}")
        good = "none" if last is None else text.printable(series.snapshots[last].uri)
        said.append(f"Last checkpoint without: {good}")
    return said
