"""A series of checkpoints on a terminal: a line per snapshot, then the tensors that moved most."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path as FilePath
from typing import Any

import click

from inspector.cli.computing import engine_of, progress_bar
from inspector.cli.diff_text import print_table
from inspector.core import text
from inspector.core.analysis.comparison.matching import ROLES
from inspector.core.analysis.comparison.report_json import plain
from inspector.core.analysis.comparison.words import number_text
from inspector.core.analysis.series import Point, Series, series_of

_MOST_FACTS = 8
_FIELDS = ("tensor", "place", "file", *Point._fields)


def print_series(
    files: tuple[str, ...], form: str | None, html: str | None, *, every: bool = False
) -> int:
    """Print what changed along a series; 1 if anything did."""
    if html is not None:
        raise click.UsageError("--html is for two files")
    with engine_of(sum(map(_size, files))) as engine, progress_bar() as progress:
        series = series_of(files, engine, progress)
    if form == "json":
        _write_json(series)
    elif form == "csv":
        _write_csv(series)
    else:
        _print(series, every)
    points = [point for points in series.curves.values() for point in points]
    return int(any(point is not None and point.changed for point in points))


def _size(file: str) -> int:
    path = FilePath(file)
    try:
        inside = path.iterdir() if path.is_dir() else [path]
        return sum(one.stat().st_size for one in inside)
    except OSError:
        return 0  # why it cannot be had is said when it is opened


def _moved(points: list[Point | None]) -> float:
    changes = [point.to_previous for point in points if point is not None]
    return max((change for change in changes if change), default=0.0)


def _print(series: Series, every: bool) -> None:
    number = text.plural(len(series.snapshots), "checkpoint")
    click.secho(f"{number}, ordered by {series.order}", bold=True)
    facts = series.fact_names[:_MOST_FACTS]
    rows = []
    for place, snapshot in enumerate(series.snapshots):
        told = [number_text(snapshot.facts.get(name)) for name in facts]
        points = [points[place] for points in series.curves.values() if place < len(points)]
        changed = sum(bool(point and point.changed) for point in points)
        odd = len(series.not_finite(place))
        cells = (text.exact(changed) if place else "", text.exact(odd) if odd else "")
        rows.append((text.printable(snapshot.uri), *told, *cells))
    names = [text.printable(name, 24) for name in facts]
    columns = ("File", *names, "tensors changed", "with NaN/Inf")
    print_table(columns, rows, "l" + "r" * (len(columns) - 1), every=True)
    for sentence in verdict_sentences(series):
        click.echo(sentence)
    moved = sorted(
        series.curves.items(),
        key=lambda item: (ROLES.index(series.roles[item[0]]), -_moved(item[1])),
    )
    table = [
        (
            text.printable(name),
            *(number_text(point.to_previous if point else None) for point in points[1:]),
            *["—"] * (len(series.snapshots) - len(points)),
        )
        for name, points in moved
        if _moved(points)
    ]
    if table:
        click.echo()
        steps = [str(place) for place in range(2, len(series.snapshots) + 1)]
        titles = ("Change since the one before (rel. L2)", *steps)
        print_table(titles, table, "l" + "r" * len(steps), every=every)


def verdict_sentences(series: Series) -> list[str]:
    """Return where NaN came in, and which files were left out."""
    said = list(series.skipped)
    first, last = series.first_with_nan, series.last_without_nan
    if first is not None:
        uri = text.printable(series.snapshots[first].uri)
        odd = series.not_finite(first)
        more = f" and {text.plural(len(odd) - 1, 'tensor')} more" if len(odd) > 1 else ""
        said.append(f"NaN or infinity first in {uri}: {text.printable(odd[0])}{more}")
        good = "none" if last is None else text.printable(series.snapshots[last].uri)
        said.append(f"Last checkpoint without: {good}")
    return said


def _write_json(series: Series) -> None:
    document: dict[str, Any] = {
        "schema": 1,
        "order": series.order,
        "snapshots": [
            {"uri": one.uri, "facts": {name: plain(value) for name, value in one.facts.items()}}
            for one in series.snapshots
        ],
        "last_without_nan": series.last_without_nan,
        "first_with_nan": series.first_with_nan,
        "skipped": series.skipped,
        "curves": {
            name: [point and {key: plain(value) for key, value in point._asdict().items()}
                   for point in points]
            for name, points in series.curves.items()
        },
    }  # fmt: skip
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


def _write_csv(series: Series) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_FIELDS)
    for name, points in series.curves.items():
        for place, point in enumerate(points):
            if point is not None:
                writer.writerow([name, place, series.snapshots[place].uri, *point])
