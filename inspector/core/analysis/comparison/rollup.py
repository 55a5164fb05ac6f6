"""What the rows amount to per module: for every prefix of the names, as a tree in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inspector.core.analysis.comparison.comparing import Row, Status

_MOST_DEPTH = 32
_ALIKE = ("same", "noise")


@dataclass(slots=True)
class Module:
    """All tensors whose names begin with one prefix."""

    name: str
    """Without the last dot; empty for everything."""
    depth: int
    statuses: dict[Status, int] = field(default_factory=dict)
    """How many tensors of each status, running statistics among them."""
    tensors: int = 0
    weights: int = 0
    """Tensors of the model but for running statistics."""
    weights_same: int = 0
    statistics: int = 0
    statistics_same: int = 0
    elements: int = 0
    """Of the tensors that were compared element by element."""
    changed: int = 0
    rel_l2: float | None = None
    """The largest relative change, but for running statistics."""
    nan_born: int = 0
    inf_born: int = 0
    unsure: int = 0
    """Tensors of which the bytes have not told yet."""

    @property
    def frozen(self) -> bool:
        """True if no weight changed; running statistics may have: they do so without training."""
        return 0 < self.weights == self.weights_same

    @property
    def changed_fraction(self) -> float:
        """The share of elements that differ."""
        return self.changed / self.elements if self.elements else 0.0


def rollup(rows: Iterable[Row]) -> list[Module]:
    """Return a module for every prefix, parents before their children; the first is everything."""
    found: dict[str, Module] = {"": Module("", 0)}
    for row in rows:
        if row.into is not None:
            continue
        steps = row.pair.name.split(".")[:-1][:_MOST_DEPTH]
        name = ""
        _add(found[""], row)
        for depth, step in enumerate(steps, 1):
            name = f"{name}.{step}" if depth > 1 else step
            module = found.get(name)
            if module is None:
                module = found[name] = Module(name, depth)
            _add(module, row)
    return _in_tree_order(found)


def _add(module: Module, row: Row) -> None:
    module.statuses[row.status] = module.statuses.get(row.status, 0) + 1
    module.tensors += 1
    measures = row.measures
    module.unsure += not row.sure
    if row.pair.role == "statistic":
        module.statistics += 1
        module.statistics_same += row.status in _ALIKE
    elif row.pair.role == "weight":
        module.weights += 1
        module.weights_same += row.status == "same"  # what moved a little is not frozen
    if row.pair.role in ("weight", "optimizer"):
        change = measures.rel_l2 if measures else None
        if change is not None and (module.rel_l2 is None or change > module.rel_l2):
            module.rel_l2 = change
    if measures is not None:
        module.elements += measures.elements
        module.changed += measures.changed
        module.nan_born += measures.nan_born
        module.inf_born += measures.inf_born


def _in_tree_order(found: dict[str, Module]) -> list[Module]:
    """Return children right behind their parents, also where another file's keys come between."""
    below: dict[str, list[Module]] = {name: [] for name in found}
    for module in found.values():
        if module.depth:
            below[module.name.rpartition(".")[0] if module.depth > 1 else ""].append(module)
    order, stack = [], [found[""]]
    while stack:
        module = stack.pop()
        order.append(module)
        if module.name or not module.depth:
            stack.extend(reversed(below[module.name]))
    return order
