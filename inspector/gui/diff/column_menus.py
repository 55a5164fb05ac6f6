"""The menus by which any column sorts and filters, also one that there is no room for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHeaderView, QMenu

from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.conditions import beginning_of
from inspector.gui.widgets.rows import fill_orders


def fill_sorting(menu: QMenu, header: QHeaderView) -> None:
    """Offer every column to sort by, or the order of the first checkpoint."""
    # A measure is asked for to see what it says most of.
    fill_orders(menu, header, "Order of &A", lambda number: COLUMNS[number].numeric)


def fill_filters(menu: QMenu, begin: Callable[[str], object]) -> None:
    """Offer every column to filter by; `begin` gets what to type first."""
    for number, column in enumerate(COLUMNS):
        action = menu.addAction(f"{column.title}…")
        action.triggered.connect(lambda _, n=number: begin(beginning_of(n)))
