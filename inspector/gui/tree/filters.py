"""Quick filters: which nodes are shown whatever they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from inspector.core import text
from inspector.core.model import Node
from inspector.gui.tree.marks import Marks

SIZES = (10_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
"""The bytes that a tensor can be asked to have at least."""


class Filters(NamedTuple):
    """What a node must be; every part that is set must hold."""

    dtypes: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    at_least: int = 0
    shared: bool = False
    found: bool = False

    @property
    def any(self) -> bool:
        """False if everything passes."""
        return self != NO_FILTERS

    def words(self) -> str:
        """Return the filters as a person would say them."""
        parts = [
            ", ".join(sorted(self.dtypes)),
            ", ".join(sorted(self.devices)),
            f"at least {text.size(self.at_least)}" if self.at_least else "",
            "sharing storage" if self.shared else "",
            "with findings" if self.found else "",
        ]
        return text.printable(" · ".join(part for part in parts if part))


NO_FILTERS = Filters()


def passing(filters: Filters, marks: Marks) -> Callable[[Node], bool]:
    """Return whether a node passes; all but findings are asked of tensors only."""

    def passes(node: Node) -> bool:
        if filters.found and id(node) not in marks.found:
            return False
        if filters.shared and id(node) not in marks.shared:
            return False
        if not (filters.dtypes or filters.devices or filters.at_least):
            return True
        if node.kind != "tensor":
            return False
        tensor = node.value
        return (
            (not filters.dtypes or tensor.dtype.name in filters.dtypes)
            and (not filters.devices or tensor.device in filters.devices)
            and tensor.nbytes >= filters.at_least
        )

    return passes
