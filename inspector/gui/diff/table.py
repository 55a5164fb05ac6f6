"""The tables of a comparison: keyboard, mouse, columns, and the next difference."""

from __future__ import annotations

from collections.abc import Callable, Container

from PySide6.QtCore import (
    QModelIndex,
    QPoint,
    QSettings,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu

from inspector.gui import keys
from inspector.gui.diff.column_widths import ColumnWidths
from inspector.gui.diff.delegate import LinesDelegate
from inspector.gui.diff.lines import LinesModel
from inspector.gui.diff.model import DiffModel
from inspector.gui.theme import Theme
from inspector.gui.tree.branches import CHEVRON, BranchTable, chevron_left
from inspector.gui.widgets.rows import sort_by_header

_LEAST_KEY = 200  # pixels of keys, below which columns that the panel repeats are left out
_AIR = 22
_ICON_AND_AIR = 36
_LOOKED_AT, _LONGEST_KEY = 200, 400  # lines, and characters of a key, that say how much keys need


class LinesTable(BranchTable):
    """Branches open and close; one line is current."""

    sort_requested = Signal(int, bool)  # column (-1: the order of the first), descending
    menu_requested = Signal(QPoint)  # on the screen

    def __init__(
        self, theme: Theme, settings: QSettings, model: LinesModel, name: str, least_key: int
    ) -> None:
        super().__init__(theme, LinesDelegate(theme), name, keys.COMPARISON)
        self._rows = model
        self._longest = 0
        self.header_menu: Callable[[QMenu], object] = self.fill_columns
        """Fills what a right-click on the header shows."""
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(36)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        sort_by_header(self, self._sort)
        self.show_branches(model)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._is_fitting = False
        self._widths = ColumnWidths(model.columns, least_key, settings, name)
        header.sectionResized.connect(self._keep_width)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._offer_columns)
        model.modelReset.connect(self._measure_keys)

    # What the person does.

    def _sort(self, column: int, descending: bool) -> None:
        self._fit()
        self.sort_requested.emit(column, descending)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        line = self.rowAt(event.position().toPoint().y())
        if line >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.toggle(line)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.currentIndex().isValid():
            self.menu_requested.emit(event.globalPos())

    # Columns.

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def fill_columns(self, menu: QMenu) -> None:
        """Offer every column but the keys, and the way back."""
        menu.clear()
        menu.setProperty("checks", True)
        for number, column in enumerate(self._rows.columns):
            if number:
                action = menu.addAction(column.title.replace("&", "&&"))
                action.setCheckable(True)
                action.setChecked(number not in self._widths.hidden)
                action.toggled.connect(lambda on, n=number: self._choose_column(n, shown=on))
        menu.addSeparator()
        menu.addAction("&Usual columns").triggered.connect(lambda _: self._choose_usual())

    def _choose_column(self, number: int, *, shown: bool) -> None:
        self._widths.choose(number, shown=shown)
        self._fit()

    def _choose_usual(self) -> None:
        self._widths.reset()
        self._fit()

    def _offer_columns(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAccessibleName(f"Columns: {self.accessibleName()}")
        menu.aboutToHide.connect(menu.deleteLater)
        self.header_menu(menu)
        menu.popup(self.horizontalHeader().mapToGlobal(place))

    def _measure_keys(self) -> None:
        """Find out how wide the keys are that one sees first, and make room."""
        metrics = self.fontMetrics()
        beside = chevron_left(0, 0) + CHEVRON + _ICON_AND_AIR
        self._longest = 0
        for line in range(min(self._rows.rowCount(), _LOOKED_AT)):
            entry = self._rows.entry(line)
            indent = chevron_left(entry.depth, _LONGEST_KEY) + beside
            width = indent + metrics.horizontalAdvance(entry.step[:_LONGEST_KEY])
            self._longest = max(self._longest, width)
        self._fit()

    def _fit(self) -> None:
        """Share the room out; the column that sorts stays."""
        by = self.horizontalHeader().sortIndicatorSection()
        widths = self._widths.shared_out(self.viewport().width(), self._longest, by)
        columns = self._rows.columns
        metrics = self.horizontalHeader().fontMetrics()
        self._rows.shorten(
            frozenset(
                number
                for number, width in widths.items()
                if columns[number].short
                and width < metrics.horizontalAdvance(columns[number].title) + _AIR
            )
        )
        self._is_fitting = True
        for number, width in widths.items():
            self.setColumnHidden(number, not width)
            if width:
                self.setColumnWidth(number, width)
        self._is_fitting = False

    def _keep_width(self, column: int, _: int, width: int) -> None:
        if column and width and not self._is_fitting:
            self._widths.resize(column, width)


class DiffTable(LinesTable):
    """The tensors of both sides."""

    current_changed = Signal(int)  # the number of the row, -1 for a module or none

    def __init__(self, theme: Theme, settings: QSettings, model: DiffModel) -> None:
        super().__init__(theme, settings, model, "Differences", _LEAST_KEY)
        self._model = model
        self.selectionModel().currentChanged.connect(self._tell_current)

    def current_number(self) -> int:
        """Return the number of the current row; -1 for a module or none."""
        index = self.currentIndex()
        return self._model.entry(index.row()).number if index.isValid() else -1

    def show_again(self, numbers: Container[int]) -> None:
        """Paint anew if more is known of a row on screen."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        lines = range(max(first, 0), last + 1 if last >= 0 else self._model.rowCount())
        if any(self._model.entry(line).number in numbers for line in lines):
            self.viewport().update()

    def go_to(self, number: int) -> bool:
        """Select a row, opening what it is in; False if it is filtered out."""
        line = self._model.line_of(number)
        if line >= 0:
            self.go_to_line(line)
        return line >= 0

    def go_to_difference(self, by: int) -> bool:
        """Go to the next or the previous row that differs; False if there is none that way."""
        index = self.currentIndex()
        number = self._model.step(index.row() if index.isValid() else -1, by)
        return number >= 0 and self.go_to(number)

    def _tell_current(self, current: QModelIndex) -> None:
        self.current_changed.emit(
            self._model.entry(current.row()).number if current.isValid() else -1
        )
