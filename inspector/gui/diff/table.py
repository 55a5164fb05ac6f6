"""The tables of a comparison: keyboard, mouse, columns, and the next difference."""

from __future__ import annotations

from collections.abc import Callable, Container

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSettings,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from inspector.gui import keys
from inspector.gui.diff.column_widths import ColumnWidths
from inspector.gui.diff.delegate import LinesDelegate
from inspector.gui.diff.lines import LinesModel
from inspector.gui.diff.model import DiffModel
from inspector.gui.theme import Theme
from inspector.gui.tree.delegate import CHEVRON, chevron_left, row_height
from inspector.gui.widgets.rows import dress_rows, sort_by_header

_Flag = QItemSelectionModel.SelectionFlag
_LEAST_KEY = 200  # pixels of keys, below which columns that the panel repeats are left out
_AIR = 22
_ICON_AND_AIR = 36
_LOOKED_AT, _LONGEST_KEY = 200, 400  # lines, and characters of a key, that say how much keys need


class LinesTable(QTableView):
    """Branches open and close; one line is current."""

    sort_requested = Signal(int, bool)  # column (-1: the order of the first), descending
    menu_requested = Signal(QPoint)  # on the screen
    escaped = Signal()

    def __init__(
        self, theme: Theme, settings: QSettings, model: LinesModel, name: str, least_key: int
    ) -> None:
        super().__init__()
        self._delegate = LinesDelegate(theme)
        self._rows = model
        self._longest = 0
        self.header_menu: Callable[[QMenu], object] = self.fill_columns
        """Fills what a right-click on the header shows."""
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(name)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        dress_rows(self, row_height(QFontMetrics(self.font())))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(36)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        sort_by_header(self, self._sort)
        self.setModel(model)
        # With the rows' own selection model each paint of the header would ask for every row.
        header.setSelectionModel(QItemSelectionModel(model, header))
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._is_fitting = False
        self._widths = ColumnWidths(model.columns, least_key, settings, name)
        header.sectionResized.connect(self._keep_width)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._offer_columns)
        model.modelReset.connect(self._measure_keys)
        theme.changed.connect(self.viewport().update)

    # What is shown.

    def mark(self, words: str) -> None:
        """Point words out in the keys."""
        self._delegate.marked = words.casefold()
        self.viewport().update()

    def select(self, line: int) -> None:
        """Make a line current and bring it into sight."""
        index = self._rows.index(line, 0)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect | _Flag.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def clear_current(self) -> None:
        """Select nothing."""
        self.clearSelection()
        self.selectionModel().clearCurrentIndex()

    # What the person does.

    def _sort(self, column: int, descending: bool) -> None:
        self._fit()
        self.sort_requested.emit(column, descending)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks, last = keys.asked(keys.COMPARISON, event), self._rows.rowCount() - 1
        steps = {
            "step_in": self._step_in,
            "step_out": self._step_out,
            "toggle": self._toggle,
        }
        if asks in steps and self.currentIndex().isValid():
            steps[asks](self.currentIndex().row())
        elif asks == "leave":
            self.escaped.emit()
        elif asks in ("first", "last") and last >= 0:
            self.select(0 if asks == "first" else last)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt would make the first row current, and the panel would leave the whole comparison.
        QWidget.focusInEvent(self, event)
        self.viewport().update()

    def _step_in(self, line: int) -> None:
        if not self._rows.is_branch(line):
            return
        if not self._rows.is_open(line):
            self._rows.open(line)
        elif line + 1 < self._rows.rowCount():
            self.select(line + 1)

    def _step_out(self, line: int) -> None:
        if self._rows.is_branch(line) and self._rows.is_open(line):
            self._rows.close(line)
        elif (above := self._rows.parent_of(line)) >= 0:
            self.select(above)

    def _toggle(self, line: int) -> None:
        if self._rows.is_branch(line):
            (self._rows.close if self._rows.is_open(line) else self._rows.open)(line)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self._chevron_at(event.position().toPoint())
        if line >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._toggle(line)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        line = self.rowAt(event.position().toPoint().y())
        if line >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._toggle(line)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.currentIndex().isValid():
            self.menu_requested.emit(event.globalPos())

    def _chevron_at(self, point: QPoint) -> int:
        index = self.indexAt(point)
        if not index.isValid() or index.column():
            return -1
        entry = self._rows.entry(index.row())
        cell = self.visualRect(index)
        left = cell.left() + chevron_left(entry.depth, cell.width()) - 2
        hit = entry.number < 0 and left <= point.x() < left + CHEVRON + 2
        return index.row() if hit else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(event.position().toPoint().y()))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, line: int) -> None:
        if line != self._delegate.hovered:
            self._delegate.hovered = line
            self.viewport().update()

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
            self.select(line)
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
