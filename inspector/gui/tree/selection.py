"""What selected rows amount to."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core import text
from inspector.core.model import NO_TENSORS, Node, Totals
from inspector.gui.tree.arrangement import Row
from inspector.gui.tree.columns import Rollup


def add_up(rows: Iterable[Row], rollup: Rollup) -> Totals:
    """Return the totals of `rows`; what stands inside another of them counts once."""
    chosen = list(rows)
    inside = {id(row) for row in chosen}
    tensors = elements = nbytes = 0
    for row in chosen:
        above = row.parent
        while above is not None and id(above) not in inside:
            above = above.parent
        if above is not None:
            continue
        part = totals_of(row.node, rollup)
        tensors += part.tensors
        elements += part.elements
        nbytes += part.nbytes
    return Totals(tensors, elements, nbytes)


def totals_of(node: Node, rollup: Rollup) -> Totals:
    """Return how much a node is, or holds."""
    if node.kind == "tensor":
        return Totals(1, node.value.elements, node.value.nbytes)
    return rollup.get(id(node), NO_TENSORS)


def describe_totals(totals: Totals) -> str:
    """Return `34 tensors · 124 M elements · 498 MB`."""
    if not totals.tensors:
        return "no tensors"
    return " · ".join(
        (
            text.plural(totals.tensors, "tensor"),
            f"{text.count(totals.elements)} elements",
            text.size(totals.nbytes),
        )
    )
