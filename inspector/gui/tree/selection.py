"""What selected rows amount to."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core import text
from inspector.core.model import Totals
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
        if row.node.kind == "tensor":
            part = Totals(1, row.node.value.elements, row.node.value.nbytes)
        else:
            part = rollup.get(id(row.node), Totals())
        tensors += part.tensors
        elements += part.elements
        nbytes += part.nbytes
    return Totals(tensors, elements, nbytes)


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
