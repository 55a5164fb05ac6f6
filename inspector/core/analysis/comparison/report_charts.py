"""Pictures of reports as SVG inside a page: colours come from its style sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import inf, isfinite, log10

from inspector.core import text
from inspector.core.analysis.comparison.comparing import Row
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.words import MEANINGS, distance_text, number_text

_WIDTH, _HEIGHT = 960, 240
_LEFT, _BOTTOM, _TOP = 58, 26, 10
_RIGHT = 6
_SMALL_WIDTH, _SMALL_HEIGHT = 340, 150
_SPARK_WIDTH, _SPARK_HEIGHT = 96, 20
_COLOURS = 6  # of curves, in the style sheet
_MOST_BARS = 450  # two pixels each
_DECADES = 12  # below the largest change


def status_bar(result: Result) -> str:
    """Return a bar with a part for every status, as wide as it has tensors, and its legend."""
    total = len(result.rows)
    if not total:
        return ""
    parts, legend, at = [], [], 0.0
    for status, number in result.counts.items():
        if not number:
            continue
        width = 100 * number / total
        title = f"{text.exact(number)} {status}: {MEANINGS[status]}"
        parts.append(
            f'<rect class="{status}" x="{at:.4f}%" width="{width:.4f}%" height="22">'
            f"<title>{escape(title)}</title></rect>"
        )
        legend.append(
            '<li><svg width="12" height="12"><rect width="12" height="12" rx="2" '
            f'class="{status}"/></svg> <b>{text.exact(number)}</b> {status} '
            f"<small>{MEANINGS[status]}</small></li>"
        )
        at += width
    return (
        f'<svg class="bar" width="100%" height="22" role="img" aria-label="Tensors by status">'
        f'{"".join(parts)}</svg><ul class="legend">{"".join(legend)}</ul>'
    )


def change_over_depth(rows: Sequence[Row]) -> str:
    """Return the relative change of every tensor in the order of the first file, as columns.

    Logarithmic; of very many tensors each column is the largest change among neighbours.
    """
    found = [(row, row.measures) for row in rows if row.measures is not None]
    found = [(row, one) for row, one in found if one.rel_l2 is not None or one.beyond_finite]
    known = [row for row, _ in found]
    changes = [inf if one.beyond_finite else one.rel_l2 or 0.0 for _, one in found]
    finite = [change for change in changes if change > 0 and isfinite(change)]
    if not finite:
        return ""
    high = _ceiling(max(finite))
    low = max(min(_floor(min(finite)), high - 2), high - _DECADES)
    step = -(-len(known) // _MOST_BARS)
    groups = [range(start, min(start + step, len(known))) for start in range(0, len(known), step)]
    width = (_WIDTH - _LEFT) / len(groups)
    bars = []
    for number, group in enumerate(groups):
        top = max(group, key=lambda place: changes[place])
        change, row = changes[top], known[top]
        if not change:
            continue
        share = (log10(change) - low) / (high - low) if isfinite(change) else 1.0
        height = max(2.0, min(1.0, share) * (_HEIGHT - _BOTTOM - _TOP))
        said = distance_text(found[top][1], found[top][1].rel_l2)
        title = f"{text.printable(row.pair.name)}: {said}"
        sort = row.status if row.pair.role == "weight" else row.pair.role
        bars.append(
            f'<rect class="{sort}" x="{_LEFT + number * width:.2f}" '
            f'width="{max(1, width - 1):.2f}" '
            f'y="{_HEIGHT - _BOTTOM - height:.2f}" height="{height:.2f}">'
            f"<title>{escape(title)}</title></rect>"
        )
    first, last = (escape(text.printable(known[place].pair.name, 50)) for place in (0, -1))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img" '
        f'aria-label="Relative change of each tensor">{_scale(low, high)}{"".join(bars)}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{first}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 6}" text-anchor="end">{last}</text></svg>'
    )


def line_chart(
    lines: Sequence[tuple[str, Sequence[float | None]]],
    labels: Sequence[str],
    name: str,
    *,
    logarithmic: bool = False,
    small: bool = False,
) -> str:
    """Return curves over the same places and, of several, a legend; None makes a gap.

    Empty if there is no number to draw: what is not finite, or on a logarithmic scale not positive.
    """
    drawn = [[_drawable(value, logarithmic) for value in values] for _, values in lines]
    known = [value for values in drawn for value in values if value is not None]
    if not known:
        return ""
    width, height = (_SMALL_WIDTH, _SMALL_HEIGHT) if small else (_WIDTH, _HEIGHT)
    low, high = _ends(min(known), max(known), logarithmic)
    across = (width - _LEFT - _RIGHT) / max(1, len(labels) - 1)

    def at(place: int, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low)
        return _LEFT + place * across, height - _BOTTOM - share * (height - _BOTTOM - _TOP)

    parts = [_lines_across(low, high, width, height, logarithmic)]
    for number, (words, values) in enumerate(lines):
        spots = []
        for place, value in enumerate(drawn[number]):
            if value is not None:
                x, y = at(place, value)
                said = f"{words}, {labels[place]}: {number_text(values[place])}"
                title = escape(text.printable(said))
                spots.append(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{title}</title></circle>'
                )
        pieces = "".join(
            f'<polyline points="{points}"/>'
            for points in _pieces(drawn[number], at)
            if " " in points
        )
        parts.append(f'<g class="l{number % _COLOURS}">{pieces}{"".join(spots)}</g>')
    for place in sorted({0, len(labels) - 1}):
        side = "start" if place == 0 else "end"
        label = escape(text.printable(labels[place], 40))
        x = _LEFT if place == 0 else width - _RIGHT
        parts.append(f'<text x="{x}" y="{height - 6}" text-anchor="{side}">{label}</text>')
    legend = "".join(
        f'<li><svg class="l{number % _COLOURS}" width="18" height="10">'
        f'<polyline points="1,5 17,5"/></svg> {escape(text.printable(words, 120))}</li>'
        for number, (words, _) in enumerate(lines)
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="100%" role="img" '
        f'aria-label="{escape(text.printable(name, 200))}">{"".join(parts)}</svg>'
        + (f'<ul class="legend">{legend}</ul>' if len(lines) > 1 else "")
    )


def spark(values: Sequence[float | None], *, logarithmic: bool = False) -> str:
    """Return a curve as high as a line of text; empty if there are no two numbers to connect."""
    drawn = [_drawable(value, logarithmic) for value in values]
    known = [value for value in drawn if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    across = (_SPARK_WIDTH - 4) / max(1, len(drawn) - 1)

    def at(place: int, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else 0.5
        return 2 + place * across, _SPARK_HEIGHT - 3 - share * (_SPARK_HEIGHT - 6)

    pieces = "".join(f'<polyline points="{one}"/>' for one in _pieces(drawn, at) if " " in one)
    return (
        f'<svg class="l0" width="{_SPARK_WIDTH}" height="{_SPARK_HEIGHT}" aria-hidden="true">'
        f"{pieces}</svg>"
    )


def _drawable(value: float | None, logarithmic: bool) -> float | None:
    if value is None or not isfinite(value) or (logarithmic and value <= 0):
        return None
    return log10(value) if logarithmic else value


def _pieces(
    values: Sequence[float | None], at: Callable[[int, float], tuple[float, float]]
) -> Iterator[str]:
    """Yield the points of every stretch without a gap."""
    piece: list[str] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            x, y = at(place, value)
            piece.append(f"{x:.1f},{y:.1f}")
        elif piece:
            yield " ".join(piece)
            piece = []


def _ends(low: float, high: float, logarithmic: bool) -> tuple[float, float]:
    """Return what the scale goes from and to."""
    if logarithmic:
        low, high = low // 1, -(-high // 1)
        return low, max(high, low + 1)
    if low == high:
        return low - abs(low or 1) / 2, high + abs(high or 1) / 2
    return low, high


def _lines_across(low: float, high: float, width: int, height: int, logarithmic: bool) -> str:
    """Return the lines of a scale with their numbers."""
    step = -(-(high - low) // 5) if logarithmic else (high - low) / 2
    lines = []
    for number in range(round((high - low) / step) + 1 if not logarithmic else 6):
        value = low + number * step
        if value > high + step / 1000:
            break
        share = (value - low) / (high - low)
        y = height - _BOTTOM - share * (height - _BOTTOM - _TOP)
        said = f"{value:.3g}"
        if logarithmic:
            said = f'10<tspan dy="-5" font-size="9">{value:.0f}</tspan>'
        lines.append(
            f'<line x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{said}</text>'
        )
    return "".join(lines)


def _scale(low: int, high: int) -> str:
    lines = []
    step = -(-(high - low) // 6)
    for power in range(low, high + 1, step):
        share = (power - low) / (high - low)
        y = _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)
        lines.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">10'
            f'<tspan dy="-5" font-size="9">{power}</tspan></text>'
        )
    return "".join(lines)


def _floor(value: float) -> int:
    return int(log10(value) // 1)


def _ceiling(value: float) -> int:
    return int(-(-log10(value) // 1)) if log10(value) != _floor(value) else _floor(value) + 1
