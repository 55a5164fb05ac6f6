"""The menus by which any column sorts and filters, also one that there is no room for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHeaderView, QMenu

from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.conditions import beginning_of

_WAYS = (
    ("&Ascending", Qt.SortOrder.AscendingOrder),
    ("&Descending", Qt.SortOrder.DescendingOrder),
)


def fill_sorting(menu: QMenu, header: QHeaderView) -> None:
    """Offer every column to sort by, the way to do it, and the order of the first checkpoint."""
    menu.clear()
    menu.setProperty("checks", True)
    by, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
    group = QActionGroup(menu)
    for number, column in ((-1, None), *enumerate(COLUMNS)):
        action = group.addAction(menu.addAction(column.title if column else "Order of &A"))
        action.setCheckable(True)
        action.setChecked(number == by)
        # A measure is asked for to see what it says most of.
        first = _WAYS[column is not None and column.numeric][1] if by < 0 else order
        action.triggered.connect(lambda _, n=number, o=first: header.setSortIndicator(n, o))
    menu.addSeparator()
    ways = QActionGroup(menu)
    for words, way in _WAYS:
        action = ways.addAction(menu.addAction(words))
        action.setCheckable(True)
        action.setChecked(by >= 0 and order == way)
        action.setEnabled(by >= 0)
        action.triggered.connect(lambda _, o=way: header.setSortIndicator(by, o))


def fill_filters(menu: QMenu, begin: Callable[[str], object]) -> None:
    """Offer every column to filter by; `begin` gets what to type first."""
    for number, column in enumerate(COLUMNS):
        action = menu.addAction(f"{column.title}…")
        action.triggered.connect(lambda _, n=number: begin(beginning_of(n)))
