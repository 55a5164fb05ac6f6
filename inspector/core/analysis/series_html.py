"""A series as one HTML page: facts and tensors as curves, and where NaN came in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from inspector.core import text
from inspector.core.analysis.comparison.report_charts import line_chart, spark
from inspector.core.analysis.comparison.report_page import END, head, rest, safe, table
from inspector.core.analysis.series import Point, Series
from inspector.core.analysis.series_words import (
    by_change,
    fact_text,
    health_sentence,
    measure_text,
    moved,
    snapshot_label,
    snapshot_name,
    title_text,
)

_MOST_FACTS = 24
_MOST_CURVES = 6  # on one chart, as many as there are colours
_MOST_ROWS = 5000
_COLUMNS = (
    "Key",
    "norm, first",
    "norm, last",
    "",
    "to the first",
    "most to the previous",
    "",
    "NaN",
    "Inf",
)


def write_html(series: Series, stream: TextIO) -> None:
    """Write the page; every text from a file is escaped."""
    for piece in _page(series):
        stream.write(piece)


def _page(series: Series) -> Iterator[str]:
    title = safe(title_text(series))
    ends = " <span>…</span> ".join(safe(snapshot_name(series, place)) for place in (0, -1))
    yield head(f"{title}: {ends.replace('<span>…</span>', '…')}", ends, title)
    alarm = ' class="alarm"' if series.first_with_nan is not None else ""
    yield f"<p{alarm}>{safe(health_sentence(series))}</p>\n"
    for sentence in series.skipped:
        yield f"<p>{safe(sentence)}</p>\n"
    yield from _snapshots(series)
    yield from _facts(series)
    yield from _furthest(series)
    yield from _tensors(series)
    yield END


def _snapshots(series: Series) -> Iterator[str]:
    names = series.fact_names[:_MOST_FACTS]
    titles = ("Snapshot", *map(safe, names), "tensors changed", "with NaN or Inf")
    rows = []
    for place, one in enumerate(series.snapshots):
        told = [safe(fact_text(one.facts.get(name))) for name in names]
        odd = len(series.not_finite(place))
        alarm = f'<span class="alarm">{text.exact(odd)}</span>' if odd else "0"
        rows.append((safe(one.uri), *told, text.exact(changed_at(series, place)), alarm))
    yield "<h2>Snapshots</h2>\n"
    yield from table(titles, ["k", *["n"] * (len(titles) - 1)], rows)


def changed_at(series: Series, place: int) -> int:
    """Return how many tensors differ from those of the snapshot before."""
    points = [points[place] for points in series.curves.values() if place < len(points)]
    return sum(bool(point and point.changed) for point in points)


def _facts(series: Series) -> Iterator[str]:
    labels = _labels(series)
    charts = []
    for name in series.fact_names[:_MOST_FACTS]:
        values = [one.facts.get(name) for one in series.snapshots]
        if name == series.order or len({*values} - {None}) < 2:
            continue  # the table says it
        chart = line_chart([(name, values)], labels, name, small=True)
        if chart:
            charts.append(f"<figure><figcaption>{safe(name)}</figcaption>{chart}</figure>\n")
    if charts:
        yield f'<h2>Facts</h2>\n<div class="small">{"".join(charts)}</div>\n'


def _furthest(series: Series) -> Iterator[str]:
    names = [name for name in by_change(series) if moved(series.curves[name])][:_MOST_CURVES]
    for words, field in (
        ("Relative change since the first snapshot", "to_first"),
        ("Relative change since the snapshot before", "to_previous"),
    ):
        lines = [(name, _values(series, name, field)) for name in names]
        chart = line_chart(lines, _labels(series), words, logarithmic=True)
        if chart:
            yield f'<h2>{words}</h2>\n<p class="soft">What moved furthest.</p>\n{chart}\n'


def _tensors(series: Series) -> Iterator[str]:
    names = by_change(series)
    if not names:
        return
    yield "<h2>Tensors</h2>\n"
    yield '<p class="soft">Small curves: the norm, and the change since the snapshot before.</p>\n'
    rows = (_cells(series, name) for name in names[:_MOST_ROWS])
    yield from table(_COLUMNS, "knncnncnn", rows)
    yield rest(len(names) - _MOST_ROWS, "tensor")


def _cells(series: Series, name: str) -> tuple[str, ...]:
    known = [point for point in series.curves[name] if point is not None]
    first, last = known[0], known[-1]
    norms, changes = _values(series, name, "norm"), _values(series, name, "to_previous")
    odd = [max(point.nan for point in known), max(point.inf for point in known)]
    return (
        safe(name),
        measure_text(first, first.norm),
        measure_text(last, last.norm),
        spark(norms),
        measure_text(last, last.to_first),
        measure_text(last, moved(series.curves[name])),
        spark(changes, logarithmic=True),
        *(f'<span class="alarm">{text.exact(one)}</span>' if one else "0" for one in odd),
    )


def _values(series: Series, name: str, field: str) -> list[float | None]:
    """Return one number of a tensor in every snapshot."""
    points: list[Point | None] = list(series.curves[name])
    points += [None] * (len(series.snapshots) - len(points))
    return [None if point is None else getattr(point, field) for point in points]


def _labels(series: Series) -> list[str]:
    return [snapshot_label(series, place) for place in range(len(series.snapshots))]
