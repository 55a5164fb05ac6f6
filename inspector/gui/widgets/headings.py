"""The headings of a table by keyboard: widths, places, order of rows, and their menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QWidget

from inspector.gui import keys
from inspector.gui.widgets.labels import PASSING

_STEP = 12  # pixels of a width, by a key
_NEXT = {"previous": -1, "next": 1}
_WIDER = {"narrower": -_STEP, "wider": _STEP}
_MOVE = {"move_left": -1, "move_right": 1}


def enter_headings(page: QWidget) -> None:
    """Go to the headings of the table that has the keyboard, else of the first one on a page."""
    focus = QApplication.focusWidget()
    tables = [one for one in page.findChildren(QTableView) if _has_headings(one)]
    if isinstance(focus, QTableView) and _has_headings(focus):
        tables.insert(0, focus)
    if tables:
        HeadingCursor(tables[0]).setFocus(Qt.FocusReason.ShortcutFocusReason)


class HeadingCursor(QWidget):
    """Lies over a heading as long as it has the keyboard; keys do there what the mouse does."""

    def __init__(self, table: QTableView) -> None:
        self._table, self._header = table, table.horizontalHeader()
        super().__init__(self._header.viewport())
        self._column = max(0, self._table.currentIndex().column())  # as the model counts
        if self._header.isSectionHidden(self._column):
            self._go(0)
        self.setProperty("outline", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._header.sectionResized.connect(self._follow)
        self._header.sectionMoved.connect(self._follow)
        self._header.geometriesChanged.connect(self._follow)
        self._header.sortIndicatorChanged.connect(self._follow)
        self._follow()
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = keys.asked(keys.HEADINGS, event)
        header, column = self._header, self._column
        place = header.visualIndex(column)
        if asks in _NEXT:
            self._go(place + _NEXT[asks], _NEXT[asks])
        elif asks in ("first", "last"):
            last = header.count() - 1
            self._go(*((0, 1) if asks == "first" else (last, -1)))
        elif asks in _WIDER:
            if header.sectionResizeMode(column) == QHeaderView.ResizeMode.Interactive:
                least = max(header.minimumSectionSize(), 1)
                header.resizeSection(column, max(least, header.sectionSize(column) + _WIDER[asks]))
        elif asks in _MOVE:
            self._move(_MOVE[asks])
        elif asks == "sort":
            self._sort()
        elif asks == "menu":
            below = QPoint(self.x(), header.height())
            header.customContextMenuRequested.emit(below)
        elif asks == "leave":
            self._table.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if keys.claims(keys.HEADINGS, event):
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            there = QHelpEvent(event.type(), self.geometry().center(), event.globalPos())
            return QApplication.sendEvent(self._header.viewport(), there)
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in PASSING:
            self.hide()
            self.deleteLater()

    def _go(self, place: int, way: int = 1) -> None:
        """Go to the column at a place, or to the next one on the way there that is on screen."""
        header = self._header
        while 0 <= place < header.count():
            column = header.logicalIndex(place)
            if not header.isSectionHidden(column):
                self._column = column
                row = max(0, self._table.rowAt(0))
                self._table.scrollTo(self._table.model().index(row, column))
                self._follow()
                return
            place += way

    def _move(self, way: int) -> None:
        """Change places with the next column on screen; the first column stays where it is."""
        header = self._header
        here = header.visualIndex(self._column)
        there = here + way
        while 0 < there < header.count() and header.isSectionHidden(header.logicalIndex(there)):
            there += way
        least = 0 if header.isFirstSectionMovable() else 1
        if header.sectionsMovable() and here >= least and least <= there < header.count():
            header.moveSection(here, there)

    def _sort(self) -> None:
        """Go through the orders as clicks do: up, down, none where there is a way back."""
        header, column = self._header, self._column
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if not header.isSortIndicatorShown():
            return
        if header.sortIndicatorSection() != column:
            header.setSortIndicator(column, up)
        elif header.sortIndicatorOrder() == up:
            header.setSortIndicator(column, down)
        else:
            header.setSortIndicator(-1 if header.isSortIndicatorClearable() else column, up)

    def _follow(self) -> None:
        header = self._header
        left, wide = header.sectionViewportPosition(self._column), header.sectionSize(self._column)
        self.setGeometry(QRect(left, 0, wide, header.height()))
        self.raise_()
        self.setAccessibleName(f"Column {heading_of(header, self._column)}")
        said = [f"{wide} pixels wide"]
        if header.sortIndicatorSection() == self._column:
            up = header.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            said.append("ascending" if up else "descending")
        self.setAccessibleDescription(", ".join(said))


def heading_of(header: QHeaderView, column: int) -> str:
    """Return the whole heading: on screen it can be a sign where there is no room."""
    model, way = header.model(), header.orientation()
    whole = model.headerData(column, way, Qt.ItemDataRole.AccessibleTextRole)
    return str(whole or model.headerData(column, way) or "")


def _has_headings(table: QTableView) -> bool:
    header = table.horizontalHeader()
    return table.isVisible() and not header.isHidden() and table.model() is not None
