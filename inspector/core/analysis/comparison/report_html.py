"""A comparison as one HTML page: styles and pictures inside, nothing fetched, nothing run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TextIO

from inspector.core import text
from inspector.core.analysis.comparison.comparing import Row
from inspector.core.analysis.comparison.report_charts import change_over_depth, status_bar
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.rollup import Module
from inspector.core.analysis.comparison.values import ValueChange
from inspector.core.analysis.comparison.words import (
    matching_sentences,
    module_sentences,
    note_text,
    number_text,
    share_text,
    summary_text,
    value_words,
)
from inspector.core.summary import path_text

_MOST_FROZEN = 20  # modules that are listed
_MOST_ROWS = 5000
_MOST_MODULES = 500
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c2128; --soft: #667; --line: #dde1e6;
  --raised: #f5f7f9; --same: #b9c2cc; --changed: #d97706; --grave: #c62839; --new: #2a8a4a;
  --other: #7c4dbd; --cool: #3577c8; }
@media (prefers-color-scheme: dark) { :root { --back: #16191d; --text: #e3e7eb; --soft: #98a2ad;
  --line: #31373e; --raised: #1f2429; --same: #59636e; --changed: #f0a03c; --grave: #f0707c;
  --new: #56c27a; --other: #b794f0; --cool: #74aef0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 28px 24px 60px; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 20px; line-height: 1.35; margin: 0 0 4px; overflow-wrap: anywhere; }
h1 span { color: var(--soft); font-weight: 400; }
h2 { font-size: 16px; margin: 34px 0 10px; }
p { margin: 4px 0; } .soft, small { color: var(--soft); }
.bar { border-radius: 5px; margin-top: 16px; display: block; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 22px;
  margin: 10px 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px;
  font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; background: var(--raised); }
th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; } td.k { font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: 12.5px; white-space: normal; overflow-wrap: anywhere; min-width: 220px; }
td.w { white-space: normal; overflow-wrap: anywhere; }
.tag { border-radius: 4px; padding: 1px 7px; font-size: 12px; border: 1px solid; }
.same, .noise { fill: var(--same); color: var(--soft); }
.changed { fill: var(--changed); color: var(--changed); }
.cast, .statistic, .optimizer { fill: var(--cool); color: var(--cool); }
.added, .renamed { fill: var(--new); color: var(--new); }
.removed, .unread { fill: var(--grave); color: var(--grave); }
.shape, .dtype { fill: var(--other); color: var(--other); }
svg text { fill: var(--soft); font: 11px ui-sans-serif, system-ui, sans-serif; }
svg line { stroke: var(--line); }
details summary { cursor: pointer; color: var(--soft); margin: 8px 0; }
"""
_ROW_COLUMNS = ("Key", "Status", "max |Δ|", "relative L2", "cosine", "changed", "Note")
_MODULE_COLUMNS = ("Module", "Tensors", "not the same", "largest relative L2", "changed", "")
_VALUE_COLUMNS = ("Value", "First", "Second")


def write_html(result: Result, stream: TextIO) -> None:
    """Write the page; every text from a file is escaped."""
    for piece in _page(result):
        stream.write(piece)


def _page(result: Result) -> Iterator[str]:
    title = f"{_safe(result.a)} → {_safe(result.b)}"
    yield (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{_safe(result.a)} <span>→</span> {_safe(result.b)}</h1>\n"
        f'<p class="soft">{_safe(summary_text(result))}</p>\n'
    )
    yield status_bar(result)
    for sentence in (*matching_sentences(result.matching), *_frozen(result)):
        yield f"<p>{_safe(sentence)}</p>\n"
    if result.tolerance.rtol or result.tolerance.atol:
        yield (
            f"<p>Noise: max|Δ| ≤ {result.tolerance.atol:g} + "
            f"{result.tolerance.rtol:g} × max|a| of the tensor.</p>\n"
        )
    chart = change_over_depth(result.rows)
    if chart:
        yield "<h2>Relative change, in the order of the first file</h2>\n"
        yield '<p class="soft">Running statistics and optimizer state are blue.</p>\n'
        yield f"{chart}\n"
    yield from _tensors(result)
    yield from _modules(result.modules)
    yield from _values(result.values)
    yield "</body></html>\n"


def _tensors(result: Result) -> Iterator[str]:
    rows = result.differing
    if rows:
        yield "<h2>Tensors that differ</h2>\n"
        yield from _table(_ROW_COLUMNS, "kcnnnnw", map(_row_cells, rows[:_MOST_ROWS]))
        yield _rest(len(rows) - _MOST_ROWS, "tensor")
    alike = [row for row in result.rows if row.status in ("same", "noise")]
    if alike:
        yield f"<details><summary>{text.plural(len(alike), 'tensor')} the same</summary>\n"
        yield from _table(_ROW_COLUMNS, "kcnnnnw", map(_row_cells, alike[:_MOST_ROWS]))
        yield _rest(len(alike) - _MOST_ROWS, "tensor") + "</details>\n"
    if result.offers:
        yield "<h2>May have been renamed</h2>\n"
        cells = (
            (_safe(offer.a.pair.name), _safe(offer.b.pair.name), _safe(offer.evidence))
            for offer in result.offers[:_MOST_ROWS]
        )
        yield from _table(("First", "Second", "Evidence"), "kkw", cells)


def _row_cells(row: Row) -> tuple[str, ...]:
    tag = f'<span class="tag {row.status}">{row.status}</span>'
    found = row.measures
    numbers = ("", "", "", "")
    if found is not None and row.status != "renamed":
        numbers = (
            number_text(found.max_abs),
            number_text(found.rel_l2),
            "—" if found.cosine is None else f"{found.cosine:.6f}",
            _safe(share_text(found.changed_fraction)),
        )
    return (_safe(row.pair.name), tag, *numbers, _safe(note_text(row)))


def _modules(modules: Sequence[Module]) -> Iterator[str]:
    inner = [module for module in modules if module.depth]
    if not inner:
        return
    yield "<h2>Modules</h2>\n"
    cells = (
        (
            "&emsp;" * (module.depth - 1) + _safe(module.name.rpartition(".")[2] or module.name),
            text.exact(module.tensors),
            text.exact(
                module.tensors - module.statuses.get("same", 0) - module.statuses.get("noise", 0)
            ),
            number_text(module.rel_l2),
            _safe(share_text(module.changed_fraction)),
            "frozen" if module.frozen else "",
        )
        for module in inner[:_MOST_MODULES]
    )
    yield from _table(_MODULE_COLUMNS, "knnnnw", cells)
    yield _rest(len(inner) - _MOST_MODULES, "module")


def _values(values: Sequence[ValueChange]) -> Iterator[str]:
    if not values:
        return
    yield "<h2>Other values that differ</h2>\n"
    cells = (
        (_safe(path_text(one.path)), _safe(value_words(one.a)), _safe(value_words(one.b)))
        for one in values[:_MOST_ROWS]
    )
    yield from _table(_VALUE_COLUMNS, "kww", cells)
    yield _rest(len(values) - _MOST_ROWS, "value")


def _table(titles: Sequence[str], sorts: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table of cells that are escaped already; `sorts` has a class for each column."""
    head = "".join(
        f'<th class="{sort}">{title}</th>' for title, sort in zip(titles, sorts, strict=True)
    )
    yield f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n'
    for row in rows:
        cells = zip(row, sorts, strict=True)
        yield "<tr>" + "".join(f'<td class="{sort}">{cell}</td>' for cell, sort in cells)
        yield "</tr>\n"
    yield "</tbody></table></div>\n"


def _rest(number: int, noun: str) -> str:
    return f'<p class="soft">and {text.plural(number, noun)} more</p>\n' if number > 0 else ""


def _safe(untrusted: str) -> str:
    return escape(text.printable(untrusted))


def _frozen(result: Result) -> list[str]:
    """Return which modules are frozen, as many as one reads."""
    every = list(module_sentences(result))
    more = len(every) - _MOST_FROZEN
    return [*every[:_MOST_FROZEN], f"… and {more} more"] if more > 0 else every
