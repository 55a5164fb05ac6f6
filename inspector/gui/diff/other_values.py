"""What differs besides tensors: epochs, losses, learning rates, configurations, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import ValueChange
from inspector.core.model import Node, natural
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import number_text
from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import PlainLabel, plain_tool_tip
from inspector.gui.widgets.table import Table

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_TITLES = ("Value", "A", "B", "Δ")
_LONGEST = 400


class ValuesPage(PairViewer):
    """Every value of its own that is not the same in both."""

    title = "Values"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.model = ValuesModel(context.theme)
        self.table = Table(context.theme, self.model, "Values that differ")
        self.nothing = PlainLabel(
            "Nothing else differs: epochs, options and other values are the same in both.",
            tone="muted",
            wrap=True,
        )
        self.nothing.setContentsMargins(16, 12, 16, 12)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        page = QWidget()
        page.setProperty("ground", "base")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.nothing)
        self._pages.addWidget(page)
        self._page = page
        self.table.set_widths({1: 14, 2: 14, 3: 10})
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.sort_requested.connect(self.model.sort_by)

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.row is None

    def look(self, pair: PairSubject) -> None:
        self.state = "shown"
        changes = pair.sides.values
        if self.model.stored is not changes:
            self.model.show_changes(changes)
        self.table.setVisible(bool(changes))
        self.nothing.setVisible(not changes)
        self._pages.setCurrentWidget(self._page)


class ValuesModel(QAbstractTableModel):
    """Values by their path, with both sides and, of numbers, the difference."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.stored: Sequence[ValueChange] = ()
        self._shown: Sequence[ValueChange] = ()

    def show_changes(self, changes: Sequence[ValueChange]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self.stored = self._shown = changes
        self.endResetModel()

    def sort_by(self, column: int, descending: bool) -> None:
        """Show the rows in another order."""
        self.beginResetModel()
        self._shown = self.stored
        if column >= 0:
            self._shown = sorted(
                self.stored, key=lambda change: _order(change, column), reverse=descending
            )
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        change = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(change, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(_text(change, index.column(), short=False))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_TITLES[index.column()]}: {_text(change, index.column())}"
        if role == Qt.ItemDataRole.ForegroundRole:
            missing = _text(change, index.column()) == "–"
            return QColor(self._theme.colours.faint) if missing else None
        return _side(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None


def value_text(node: Node | None, *, short: bool = False) -> str:
    """Return a value on one line, a number with few digits if `short`; a dash for none."""
    if node is None:
        return "–"
    if short and type(node.value) is float:
        return f"{node.value:.6g}".replace("-", "−")
    shown = node.value if isinstance(node.value, str) else repr(node.value)
    if node.value is None and node.kind != "value":
        shown = node.type or node.kind
    return text.printable(shown, _LONGEST)


def apart(change: ValueChange) -> float | None:
    """Return by how much a number grew; None where that means nothing."""
    one, other = (side.value if side else None for side in (change.a, change.b))
    if type(one) in (int, float) and type(other) in (int, float):
        try:
            return float(other - one)  # type: ignore[operator]
        except OverflowError:
            return None
    return None


def _text(change: ValueChange, column: int, *, short: bool = True) -> str:
    if column == 0:
        return text.printable(".".join(map(str, change.path)), _LONGEST)
    if column in (1, 2):
        return value_text(change.a if column == 1 else change.b, short=short)
    by = apart(change)
    return "" if by is None else f"{'+' if by > 0 else ''}{number_text(by)}"


def _order(change: ValueChange, column: int) -> Any:
    if column == 3:
        by = apart(change)
        return (by is None, abs(by) if by is not None and by == by else 0.0)
    return natural(_text(change, column))


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
