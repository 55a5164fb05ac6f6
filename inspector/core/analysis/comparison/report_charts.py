"""Pictures of a comparison as SVG inside a page: colours come from its style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite, log10

from inspector.core import text
from inspector.core.analysis.comparison.comparing import Row
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.words import MEANINGS, number_text

_WIDTH, _HEIGHT = 960, 240
_LEFT, _BOTTOM, _TOP = 58, 26, 10
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
    known = [row for row in rows if row.measures is not None and row.measures.rel_l2 is not None]
    changes = [row.measures.rel_l2 or 0.0 for row in known if row.measures is not None]
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
        title = f"{text.printable(row.pair.name)}: {number_text(change)}"
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
