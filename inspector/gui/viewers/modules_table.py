"""The rows of the Modules viewer for Qt, and the bar that shows a share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem

from inspector.core import text
from inspector.core.model import natural
from inspector.gui.theme import Theme
from inspector.gui.viewers.breakdown import Part
from inspector.gui.widgets.labels import plain_tool_tip
from inspector.gui.widgets.table import Table

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_LONGEST = 300
_LEAST_NAME = 130  # pixels of names, below which columns are left out
_LEFT_OUT_FIRST = (1, 2, 3)


@dataclass(frozen=True)
class PartColumn:
    """A heading, what stands below it, and what it is sorted by."""

    title: str
    text: Callable[[Part, int], str]
    order: Callable[[Part], Any]
    width: int
    """Wanted width in characters; 0 takes the rest."""
    numeric: bool = True


PART_COLUMNS = (
    PartColumn(
        "Module",
        lambda part, _: text.printable(part.name, _LONGEST) or "''",
        lambda part: natural(part.name),
        0,
        numeric=False,
    ),
    PartColumn("Layer", lambda part, _: part.layer, lambda part: part.layer, 22, numeric=False),
    PartColumn("Tensors", lambda part, _: text.exact(part.tensors), lambda part: part.tensors, 7),
    PartColumn(
        "Elements", lambda part, _: text.count(part.elements), lambda part: part.elements, 10
    ),
    PartColumn("Size", lambda part, _: text.size(part.nbytes), lambda part: part.nbytes, 8),
    PartColumn("Share", lambda part, whole: share_text(part, whole), lambda part: part.nbytes, 13),
)
SHARE = len(PART_COLUMNS) - 1


def share_text(part: Part, whole: int) -> str:
    """Return which part of the bytes this is."""
    percent = 100 * part.nbytes / whole if whole else 0.0
    return f"{percent:.1f} %" if percent >= 0.05 or not part.nbytes else "< 0.1 %"


class PartModel(QAbstractTableModel):
    """Parts in the order that was asked for last."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []
        self._stored: tuple[Part, ...] = ()
        self.whole = 0

    def show_parts(self, parts: tuple[Part, ...], column: int, descending: bool) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._stored = parts
        self.whole = sum(part.nbytes for part in parts)
        self._arrange(column, descending)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 goes back to the stored order."""
        self.beginResetModel()
        self._arrange(column, order == Qt.SortOrder.DescendingOrder)
        self.endResetModel()

    def part_at(self, number: int) -> Part:
        """Return the part in a line."""
        return self._parts[number]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._parts)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(PART_COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, part = PART_COLUMNS[index.column()], self._parts[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(part, self.whole)
        if role == Qt.ItemDataRole.ToolTipRole:
            words = [part.name, f"{part.layer} (inferred)" if part.layer else ""]
            return plain_tool_tip("\n".join(text.printable(word) for word in words if word))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {column.text(part, self.whole)}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return PART_COLUMNS[section].title
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _arrange(self, column: int, descending: bool) -> None:
        self._parts = list(self._stored)
        if column >= 0:
            self._parts.sort(key=PART_COLUMNS[column].order, reverse=descending)


class PartTable(Table):
    """Parts; where there is no room, columns that matter less are left out."""

    def __init__(self, theme: Theme, model: PartModel) -> None:
        super().__init__(theme, model, "Modules")
        self._parts = model
        self._share = ShareDelegate(theme, model)
        self.setItemDelegateForColumn(SHARE, self._share)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        widths = {number: column.width for number, column in enumerate(PART_COLUMNS)}
        self._widths = self.set_widths({n: width for n, width in widths.items() if width})
        self.horizontalHeader().sortIndicatorChanged.connect(model.sort)

    def show_parts(self, parts: tuple[Part, ...]) -> None:
        """Replace the rows, keeping the order that the header shows."""
        self._parts.show_parts(parts, *self.order())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.viewport().width() - _LEAST_NAME - sum(self._widths.values())
        for number in _LEFT_OUT_FIRST:
            self.setColumnHidden(number, room < 0)
            room += self._widths[number] if room < 0 else 0


class ShareDelegate(QStyledItemDelegate):
    """A bar as long as the share, with the number behind it."""

    def __init__(self, theme: Theme, model: PartModel) -> None:
        super().__init__()
        self._theme = theme
        self._model = model

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        part, whole = self._model.part_at(index.row()), self._model.whole
        if not whole:
            return
        area = QRectF(option.rect).adjusted(10, 0, -10, -3)
        bar = QRectF(area.left(), area.bottom() - 3, area.width() * part.nbytes / whole, 3)
        ground = QRectF(area.left(), area.bottom() - 3, area.width(), 3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for rect, colour in ((ground, "line"), (bar, "accent")):
            painter.setBrush(QColor(getattr(self._theme.colours, colour)))
            painter.drawRoundedRect(rect, 1.5, 1.5)
        painter.restore()


def _alignment(column: int) -> Qt.AlignmentFlag:
    is_numeric = PART_COLUMNS[column].numeric
    side = Qt.AlignmentFlag.AlignRight if is_numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
