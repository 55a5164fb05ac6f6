"""What all our tables of rows have in common: how they are dressed, and sorted by their header."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractItemModel, QPoint, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QMenu, QTableView

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
    menu.setProperty("checks", True)
    menu.aboutToHide.connect(menu.deleteLater)
    _fill_orders(menu, view.horizontalHeader())
    menu.popup(view.horizontalHeader().mapToGlobal(QPoint(8, view.horizontalHeader().height())))


def _fill_orders(menu: QMenu, header: QHeaderView) -> None:
    by, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
    model = header.model()
    columns = QActionGroup(menu)
    for number in (-1, *range(model.columnCount())):
        words = _title(model, number, header.orientation()) if number >= 0 else "As stored"
        action = columns.addAction(menu.addAction(words.replace("&", "&&")))
        action.setCheckable(True)
        action.setChecked(number == by)
        action.triggered.connect(lambda _, n=number: header.setSortIndicator(n, order))
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


def _title(model: QAbstractItemModel, section: int, orientation: Qt.Orientation) -> str:
    """Return the whole heading: on screen it can be a sign where there is no room."""
    whole = model.headerData(section, orientation, Qt.ItemDataRole.AccessibleTextRole)
    return str(whole or model.headerData(section, orientation))
