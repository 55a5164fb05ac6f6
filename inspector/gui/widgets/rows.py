"""What all our tables of rows have in common: how they are dressed, and sorted by their header."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QMenu, QTableView

from inspector.gui.widgets.headings import heading_of

_WAYS = (
    ("&Ascending", Qt.SortOrder.AscendingOrder),
    ("&Descending", Qt.SortOrder.DescendingOrder),
)


def dress_rows(view: QTableView, height: int) -> None:
    """Make whole rows of one height, without grid, editing and headers of lines."""
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setCornerButtonEnabled(False)
    lines = view.verticalHeader()
    lines.hide()
    lines.setMinimumSectionSize(1)
    lines.setDefaultSectionSize(height)
    lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.horizontalHeader().setHighlightSections(False)


def sort_by_header(view: QTableView, sort: Callable[[int, bool], object]) -> None:
    """Call `sort` with the column that was clicked, -1 for the stored order, and if it descends."""
    header = view.horizontalHeader()
    header.setSectionsClickable(True)
    header.setSectionsMovable(True)
    header.setFirstSectionMovable(False)
    header.setSortIndicatorShown(True)
    header.setSortIndicatorClearable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    header.sortIndicatorChanged.connect(
        lambda column, order: sort(column, order == Qt.SortOrder.DescendingOrder)
    )


def ask_for_order(usual: QTableView) -> None:
    """Do by a menu what a click on a header does: of the table that has the keyboard, if it can."""
    focused = QApplication.focusWidget()
    sorts = isinstance(focused, QTableView) and focused.horizontalHeader().isSortIndicatorShown()
    view = focused if sorts and isinstance(focused, QTableView) else usual
    menu = QMenu(view)
    menu.setAccessibleName("Sort by")
    menu.aboutToHide.connect(menu.deleteLater)
    fill_orders(menu, view.horizontalHeader())
    menu.popup(view.horizontalHeader().mapToGlobal(QPoint(8, view.horizontalHeader().height())))


def fill_orders(
    menu: QMenu,
    header: QHeaderView,
    stored: str = "As stored",
    descends: Callable[[int], bool] = lambda _: False,
) -> None:
    """Offer every column to sort by, the way to do it, and the order that is there unsorted.

    `stored` names that one; `descends` says of a column which way comes first.
    """
    menu.clear()
    menu.setProperty("checks", True)
    by, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
    model = header.model()
    columns = QActionGroup(menu)
    for number in (-1, *range(model.columnCount())):
        title = heading_of(header, number).replace("&", "&&")
        action = columns.addAction(menu.addAction(title if number >= 0 else stored))
        action.setCheckable(True)
        action.setChecked(number == by)
        way = order if by >= 0 else _WAYS[number >= 0 and descends(number)][1]
        action.triggered.connect(lambda _, n=number, w=way: header.setSortIndicator(n, w))
        if number == by:
            menu.setActiveAction(action)
    menu.addSeparator()
    ways = QActionGroup(menu)
    for words, way in _WAYS:
        action = ways.addAction(menu.addAction(words))
        action.setCheckable(True)
        action.setChecked(by >= 0 and order == way)
        action.setEnabled(by >= 0)
        action.triggered.connect(lambda _, w=way: header.setSortIndicator(by, w))
