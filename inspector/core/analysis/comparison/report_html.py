"""A comparison as one HTML page: styles and pictures inside, nothing fetched, nothing run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from inspector.core import text
from inspector.core.analysis.comparison.comparing import Row
from inspector.core.analysis.comparison.report_charts import change_over_depth, status_bar
from inspector.core.analysis.comparison.report_page import END, head, rest, safe, table
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.rollup import Module
from inspector.core.analysis.comparison.values import ValueChange
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

_MOST_FROZEN = 20  # modules that are listed
_MOST_ROWS = 5000
_MOST_MODULES = 500
_ROW_COLUMNS = ("Key", "Status", "max |Δ|", "relative L2", "cosine", "changed", "Note")
_MODULE_COLUMNS = ("Module", "Tensors", "not the same", "largest relative L2", "changed", "")
_VALUE_COLUMNS = ("Value", "First", "Second")


def write_html(result: Result, stream: TextIO) -> None:
    """Write the page; every text from a file is escaped."""
    for piece in _page(result):
        stream.write(piece)


def _page(result: Result) -> Iterator[str]:
    a, b = safe(result.a), safe(result.b)
    yield head(f"{a} → {b}", f"{a} <span>→</span> {b}", safe(summary_text(result)))
    yield status_bar(result)
    for sentence in (
        *matching_sentences(result.matching),
        *device_sentences(result),
        *_frozen(result),
    ):
        yield f"<p>{safe(sentence)}</p>\n"
    if result.tolerance.rtol or result.tolerance.atol:
        yield (
            f"<p>Noise: max|Δ| ≤ {result.tolerance.atol:g} + "
            f"{result.tolerance.rtol:g} × max|a| of the tensor.</p>\n"
        )
    chart = change_over_depth(result.rows)
    if chart:
        yield "<h2>Relative change, in the order of the first file</h2>\n"
        yield '<p class="soft">Running statistics, optimizer and random states are blue.</p>\n'
        yield f"{chart}\n"
    yield from _tensors(result)
    yield from _modules(result.modules)
    yield from _values(result.values)
    yield END


def _tensors(result: Result) -> Iterator[str]:
    rows = result.differing
    if rows:
        yield "<h2>Tensors that differ</h2>\n"
        yield from table(_ROW_COLUMNS, "kcnnnnw", map(_row_cells, rows[:_MOST_ROWS]))
        yield rest(len(rows) - _MOST_ROWS, "tensor")
    alike = [row for row in result.rows if row.status in ("same", "noise")]
    if alike:
        yield f"<details><summary>{text.plural(len(alike), 'tensor')} the same</summary>\n"
        yield from table(_ROW_COLUMNS, "kcnnnnw", map(_row_cells, alike[:_MOST_ROWS]))
        yield rest(len(alike) - _MOST_ROWS, "tensor") + "</details>\n"
    if result.offers:
        yield "<h2>May have been renamed</h2>\n"
        cells = (
            (safe(offer.a.pair.name), safe(offer.b.pair.name), safe(offer.evidence))
            for offer in result.offers[:_MOST_ROWS]
        )
        yield from table(("First", "Second", "Evidence"), "kkw", cells)


def _row_cells(row: Row) -> tuple[str, ...]:
    tag = f'<span class="tag {row.status}">{row.status}</span>'
    found = row.measures
    numbers = ("", "", "", "")
    if found is not None and row.status != "renamed":
        numbers = (
            distance_text(found, found.max_abs),
            distance_text(found, found.rel_l2),
            cosine_text(found),
            safe(share_text(found.changed_fraction)),
        )
    return (safe(row.pair.name), tag, *numbers, safe(note_text(row)))


def _modules(modules: Sequence[Module]) -> Iterator[str]:
    inner = [module for module in modules if module.depth]
    if not inner:
        return
    yield "<h2>Modules</h2>\n"
    cells = (
        (
            "&emsp;" * (module.depth - 1) + safe(module.name.rpartition(".")[2] or module.name),
            text.exact(module.tensors),
            text.exact(
                module.tensors - module.statuses.get("same", 0) - module.statuses.get("noise", 0)
            ),
            distance_text(module, module.rel_l2),
            safe(share_text(module.changed_fraction)),
            "frozen" if module.frozen else "",
        )
        for module in inner[:_MOST_MODULES]
    )
    yield from table(_MODULE_COLUMNS, "knnnnw", cells)
    yield rest(len(inner) - _MOST_MODULES, "module")


def _values(values: Sequence[ValueChange]) -> Iterator[str]:
    if not values:
        return
    yield "<h2>Other values that differ</h2>\n"
    cells = (
        (safe(path_text(one.path)), safe(value_words(one.a)), safe(value_words(one.b)))
        for one in values[:_MOST_ROWS]
    )
    yield from table(_VALUE_COLUMNS, "kww", cells)
    yield rest(len(values) - _MOST_ROWS, "value")


def _frozen(result: Result) -> list[str]:
    """Return which modules are frozen, as many as one reads."""
    every = list(module_sentences(result))
    more = len(every) - _MOST_FROZEN
    return [*every[:_MOST_FROZEN], f"… and {more} more"] if more > 0 else every
