"""The table of the Values viewer: numbers in line at their decimal points, and its keys."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from inspector.core.analysis.sheet_texts import GAP, INFINITE, MISSING, NAN, ZERO
from inspector.gui import keys
from inspector.gui.theme import Theme, tabular
from inspector.gui.viewers.values_model import WAITING, ValuesModel, split

_AIR = 11  # pixels at both sides of a number
_MOST_WIDE = 360
_TONES = {
    ZERO: "muted",
    INFINITE: "warning",
    NAN: "error",
    MISSING: "faint",
    GAP: "faint",
    WAITING: "faint",
}


class ValuesTable(QTableView):
    """Tells which part is on screen, and what its keys ask for."""

    looked = Signal()  # another part is on screen
    copy_requested = Signal()
    page_requested = Signal(int)  # -1 or 1: the page before or behind

    def __init__(self, theme: Theme, model: ValuesModel) -> None:
        super().__init__()
        self._cells = model
        self._delegate = _NumberDelegate(theme, model)
        self.setObjectName("values")
        self.setAccessibleName("Values")
        self.setFont(tabular())
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        # Headers that look at the selection ask of every column whether all of its rows are in it.
        self._header_selection = QItemSelectionModel(model)
        metrics = QFontMetrics(tabular())
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSelectionModel(self._header_selection)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setHighlightSections(False)
            header.setFont(tabular())
        self.verticalHeader().setDefaultSectionSize(metrics.height() + 9)
        self.horizontalHeader().setMinimumSectionSize(24)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.verticalScrollBar().valueChanged.connect(lambda _: self.looked.emit())
        self.horizontalScrollBar().valueChanged.connect(lambda _: self.looked.emit())
        theme.changed.connect(self.viewport().update)

    def visible_cells(self) -> tuple[range, range]:
        """Return the rows and columns of the page that are on screen."""
        area = self.viewport().rect()
        rows, columns = self._cells.rowCount(), self._cells.columnCount()
        top, left = self.rowAt(0), self.columnAt(0)
        if top < 0 or left < 0:
            return range(0), range(0)
        bottom, right = self.rowAt(area.height() - 1), self.columnAt(area.width() - 1)
        return (
            range(top, bottom + 1 if bottom >= 0 else rows),
            range(left, right + 1 if right >= 0 else columns),
        )

    def fit_columns(self) -> None:
        """Make all columns as wide as the longest number seen so far."""
        metrics = QFontMetrics(tabular())
        last = max(0, self._cells.columnCount() - 1)
        label = str(self._cells.headerData(last, Qt.Orientation.Horizontal) or "")
        number = metrics.horizontalAdvance(shown(self._cells.head))
        number += metrics.horizontalAdvance(shown(self._cells.tail))
        wide = max(number, metrics.horizontalAdvance(label), metrics.horizontalAdvance("0" * 4))
        width = min(wide + 2 * _AIR, _MOST_WIDE)
        header = self.horizontalHeader()
        if header.defaultSectionSize() != width:
            header.setDefaultSectionSize(width)
            self.looked.emit()

    def chosen_cells(self) -> tuple[range, range]:
        """Return the rows and columns of the page that are selected: one rectangle."""
        chosen = self.selectionModel().selection()
        if chosen.isEmpty():
            return range(0), range(0)
        ranges = [chosen.at(number) for number in range(chosen.count())]
        return (
            range(min(r.top() for r in ranges), max(r.bottom() for r in ranges) + 1),
            range(min(r.left() for r in ranges), max(r.right() for r in ranges) + 1),
        )

    def event(self, event: QEvent) -> bool:
        return keys.claims(keys.VALUES, event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, last = self.currentIndex().row(), self._cells.rowCount() - 1
        asks = keys.asked(keys.VALUES, event)
        if asks == "copy":
            self.copy_requested.emit()
        elif asks == "next" and row == last:
            self.page_requested.emit(1)
        elif asks == "previous" and row == 0:
            self.page_requested.emit(-1)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked.emit()


class _NumberDelegate(QStyledItemDelegate):
    """Draws numbers with their decimal points below each other."""

    def __init__(self, theme: Theme, model: ValuesModel) -> None:
        super().__init__()
        self._theme = theme
        self._cells = model

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        view = option.widget
        assert isinstance(view, QTableView)
        row, column = index.row(), index.column()
        kind, word = self._cells.kind(row, column), self._cells.text(row, column)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        current = view.currentIndex() == index
        area = option.rect
        if chosen:
            painter.fillRect(area, option.palette.color(QPalette.ColorRole.Highlight))
        if current and view.hasFocus():
            painter.setPen(QColor(self._theme.colours.accent))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.setFont(option.font)
        painter.setPen(QColor(getattr(self._theme.colours, _TONES.get(kind, "text"))))
        metrics: QFontMetrics = option.fontMetrics
        room = area.adjusted(_AIR, 0, -_AIR, 0)
        if kind <= ZERO:
            tail = shown(split(word)[1])
            longest = shown(self._cells.tail)
            room.setRight(
                room.right() - metrics.horizontalAdvance(longest) + metrics.horizontalAdvance(tail)
            )
        text = metrics.elidedText(shown(word), Qt.TextElideMode.ElideRight, area.width() - _AIR)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, flags | Qt.TextFlag.TextDontClip | Qt.TextFlag.TextSingleLine, text)


def shown(word: str) -> str:
    """Return a number with a minus sign that is as wide as a digit."""
    return word.replace("-", "−")
