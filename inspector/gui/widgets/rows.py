"""What all our tables of rows have in common: how they are dressed, and sorted by their header."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView


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
