"""A series in words for people: the same on the command line, in the window and in reports."""

from __future__ import annotations

from math import isfinite
from pathlib import PurePath
from urllib.parse import urlsplit

from inspector.core import text
from inspector.core.analysis.comparison.matching import ROLES
from inspector.core.analysis.comparison.words import number_text
from inspector.core.analysis.series import Point, Series


def title_text(series: Series) -> str:
    """Return how many snapshots there are, and what their order is."""
    return f"{text.plural(len(series.snapshots), 'snapshot')}, ordered by {series.order}"


def snapshot_name(series: Series, place: int) -> str:
    """Return the name of a snapshot's file."""
    uri = series.snapshots[place].uri
    path = urlsplit(uri).path if "://" in uri else uri
    return text.printable(PurePath(path.replace("\\", "/")).name or uri, 200)


def snapshot_label(series: Series, place: int) -> str:
    """Return what tells a snapshot from the others: its epoch or step, else its name."""
    fact = series.snapshots[place].facts.get(series.order)
    return snapshot_name(series, place) if fact is None else f"{series.order} {fact_text(fact)}"


def health_sentence(series: Series) -> str:
    """Return where NaN came in, and the last snapshot before that."""
    first, last = series.first_with_nan, series.last_without_nan
    if first is None:
        return "All numbers that were read are finite."
    tensors = text.plural(len(series.not_finite(first)), "tensor")
    words = f"NaN or Inf from {snapshot_label(series, first)} on, in {tensors}."
    if last is None:
        return f"{words} No snapshot is without."
    name = snapshot_name(series, last)
    return f"{words} Last without: {snapshot_label(series, last)} ({name})."


def fact_text(value: float | None) -> str:
    """Return a fact, whole numbers in full; a dash for none."""
    if value is None:
        return "–"
    return text.exact(int(value)) if isfinite(value) and value == int(value) else number_text(value)


def measure_text(point: Point | None, value: float | None) -> str:
    """Return a norm or a change, or that the tensor has NaN or infinity: then there is none."""
    if point is None or not (point.nan or point.inf):
        return number_text(value if point is not None else None)
    return "NaN" if point.nan else "Inf"


def moved(points: list[Point | None]) -> float:
    """Return the largest change of a tensor from one snapshot to the next."""
    changes = [point.to_previous for point in points if point is not None]
    return max((change for change in changes if change), default=0.0)


def by_change(series: Series) -> list[str]:
    """Return the names of tensors: weights first, and of these what moved furthest."""
    return sorted(
        series.curves,
        key=lambda name: (ROLES.index(series.roles[name]), -moved(series.curves[name])),
    )
