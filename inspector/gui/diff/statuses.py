"""How each status of a pair looks and reads, and the filters that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from inspector.core import text
from inspector.core.analysis.comparison import STATUSES, Row, Status


class StatusLook(NamedTuple):
    """A status as a person sees it; no two have the same sign, so that colour is never needed."""

    words: str
    sign: str
    colour: str
    """The name of its colour in `Colours`."""
    meaning: str
    unchanged: bool = False
    """True if there is nothing to see."""


LOOKS: dict[Status, StatusLook] = {
    "same": StatusLook("same", "=", "faint", "Equal bit by bit.", True),
    "cast": StatusLook("same after cast", "≃", "info", "Rounding one gives exactly the other."),
    "changed": StatusLook("changed", "Δ", "tensor", "At least one element differs."),
    "noise": StatusLook("noise", "≈", "muted", "Changed by no more than the tolerance.", True),
    "added": StatusLook("added", "+", "added", "Only the second has it."),
    "removed": StatusLook("removed", "−", "removed", "Only the first has it."),
    "renamed": StatusLook("renamed", "→", "module", "Another name, the same content."),
    "shape": StatusLook("other shape", "▭", "warning", "Of another shape, so it is not compared."),
    "dtype": StatusLook("other dtype", "◇", "warning", "Of another dtype, and with other values."),
    "unread": StatusLook("not read", "?", "error", "The bytes of one cannot be had."),
}
UNCHANGED = frozenset(status for status, look in LOOKS.items() if look.unchanged)
CHANGES: frozenset[Status] = frozenset(STATUSES) - UNCHANGED


class Filter(NamedTuple):
    """Which rows are shown, by what became of them."""

    name: str
    words: str
    statuses: frozenset[Status] = frozenset(STATUSES)
    weights_only: bool = False
    """Leave out running statistics, what an optimizer keeps, and random states."""
    meaning: str = ""

    def passes(self, row: Row) -> bool:
        """Return whether a row is shown."""
        return row.status in self.statuses and not (self.weights_only and row.pair.role != "weight")


FILTERS = (
    Filter("all", "All", meaning="Show every tensor of either side"),
    Filter("changes", "Changes", CHANGES, meaning="Show only what differs"),
    Filter("unchanged", "Unchanged", UNCHANGED, meaning="Show only what did not change"),
    Filter(
        "frozen",
        "Frozen?",
        UNCHANGED,
        weights_only=True,
        meaning="Show weights that did not change: frozen, or not trained by mistake. "
        "Running statistics, the optimizer and random states are left out",
    ),
)
EVERYTHING = FILTERS[0]


def only(status: Status) -> Filter:
    """Return the filter that lets one status pass."""
    return Filter(status, LOOKS[status].words, frozenset((status,)))


def status_words(row: Row) -> str:
    """Return the status of a row, with what it is not sure of and what deserves alarm."""
    words = LOOKS[row.status].words
    if not row.sure:
        words = f"probably {words}"
    measures = row.measures
    if measures is not None and measures.beyond_finite:
        counts = (
            (measures.nan_born, "+", "NaN"),
            (measures.nan_gone, "−", "NaN"),
            (measures.inf_born, "+", "Inf"),
            (measures.inf_gone, "−", "Inf"),
        )
        said = [f"{sign}{text.exact(number)} {what}" for number, sign, what in counts if number]
        words = ", ".join((words, *said))
    return words


def differ_words(differing: Mapping[str, int], total: int) -> str:
    """Return how many of some rows differ; `differing` counts them by the words of their status."""
    number = sum(differing.values())
    if not number:
        return "all the same"
    if number < total:
        return f"{text.count(number)} of {text.count(total)} differ"
    return (
        f"all {next(iter(differing))}"
        if len(differing) == 1
        else f"all {text.count(number)} differ"
    )


def is_alarming(row: Row) -> bool:
    """Return whether values became NaN or infinite, or could not be read."""
    measures = row.measures
    return row.status == "unread" or bool(measures and (measures.nan_born or measures.inf_born))
