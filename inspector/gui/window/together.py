"""Two files that come in one go, as from a file manager: compared if they share anything."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from inspector.core.analysis.comparison import PairRequest
from inspector.gui.context import AppContext
from inspector.gui.diff.opening import Sides
from inspector.gui.window.comparison_tab import ComparisonTab

_SHARD = re.compile(r"^(.*)\b\d+(-of-\d+.*)$")


class Together(QObject):
    """Opens a comparison out of sight; nobody is shown one that has nothing to compare."""

    ready = Signal(object)
    """A ComparisonTab with both files open, for whoever takes it to show and to stop."""
    refused = Signal(str, str)
    """Two addresses that have nothing in common, or that cannot be opened."""

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._waiting: list[ComparisonTab] = []

    def begin(self, a: str, b: str) -> None:
        """Open two checkpoints and look whether they can be compared."""
        tab = ComparisonTab(self._context, PairRequest(a, b))
        self._waiting.append(tab)
        tab.opened.connect(lambda: self._judge(tab))
        tab.failed.connect(lambda: self._refuse(tab))

    def stop(self) -> None:
        """Give up what has not been shown yet."""
        while self._waiting:
            self.give_up(self._waiting.pop())

    def give_up(self, tab: ComparisonTab) -> None:
        """Drop one that nobody is to see."""
        tab.stop()
        tab.deleteLater()

    def _judge(self, tab: ComparisonTab) -> None:
        if tab not in self._waiting:
            return  # opened again, by whoever looks at it
        if tab.view is None or not have_something_in_common(tab.view.sides):
            self._refuse(tab)
            return
        self._waiting.remove(tab)
        self.ready.emit(tab)

    def _refuse(self, tab: ComparisonTab) -> None:
        if tab in self._waiting:
            self._waiting.remove(tab)
            self.give_up(tab)
            self.refused.emit(tab.a, tab.b)


def are_parts_of_one(a: str, b: str) -> bool:
    """Return whether names say so: shards of one set, or a set and its index."""
    one, other = Path(a), Path(b)
    if one.parent != other.parent:
        return False
    if any(path.name.endswith(".index.json") for path in (one, other)):
        return True
    ones, others = _SHARD.match(one.name), _SHARD.match(other.name)
    return bool(ones and others and ones.groups() == others.groups())


def have_something_in_common(sides: Sides) -> bool:
    """Return whether a tensor is in both, or, where neither has any, a value."""
    pairs = sides.matching.pairs
    if pairs:
        return any(pair.a is not None and pair.b is not None for pair in pairs)
    return any(value.a is not None and value.b is not None for value in sides.every_value)
