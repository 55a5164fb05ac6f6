"""The table of the panel: sorts by its header, and says which row was chosen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from inspector.gui import keys
from inspector.gui.theme import Theme, tabular
from inspector.gui.widgets.rows import dress_rows, sort_by_header

_AIR = 20  # pixels of padding in a cell


class Table(QTableView):
    """Rows of one height in a tabular font; double-click and Enter choose one."""

    chosen = Signal(int)  # the number of a row
    sort_requested = Signal(int, bool)  # column (-1: stored order), descending

    def __init__(self, theme: Theme, model: QAbstractTableModel, name: str) -> None:
        super().__init__()
        self.setObjectName("parts")
        self.setFont(tabular())
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setFrameShape(QTableView.Shape.NoFrame)
        corner = QWidget()
        corner.setProperty("ground", "base")
        self.setCornerWidget(corner)
        self._metrics = QFontMetrics(tabular())
        dress_rows(self, self._metrics.height() + 11)
        sort_by_header(self, self.sort_requested.emit)
        self.doubleClicked.connect(lambda index: self.chosen.emit(index.row()))
        theme.changed.connect(self.viewport().update)

    def set_widths(self, characters: Mapping[int, int]) -> dict[int, int]:
        """Give columns room for so many characters; return the pixels of each."""
        unit = self._metrics.horizontalAdvance("0")
        widths = {number: wanted * unit + _AIR for number, wanted in characters.items()}
        for number, width in widths.items():
            self.setColumnWidth(number, width)
        return widths

    def order(self) -> tuple[int, bool]:
        """Return the column that the header sorts by, -1 for none, and whether it descends."""
        header = self.horizontalHeader()
        descending = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        return header.sortIndicatorSection(), descending

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index: QModelIndex = self.currentIndex()
        if keys.asked(keys.TABLE, event) == "choose" and index.isValid():
            self.chosen.emit(index.row())
        else:
            super().keyPressEvent(event)
