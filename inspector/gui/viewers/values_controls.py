"""What can be chosen in the Values viewer: axes, indices, notation, dtype and shape."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.notation import Notation
from inspector.core.analysis.sheets import Grid
from inspector.core.model import DType, Tensor
from inspector.gui.viewers.values_choosers import (
    PageChooser,
    ReadingChooser,
)
from inspector.gui.viewers.values_model import PAGE
from inspector.gui.widgets.choice_box import choice_box, labelled
from inspector.gui.widgets.flow import FlowLayout
from inspector.gui.widgets.index_box import IndexBox

NOTATIONS: tuple[Notation, ...] = get_args(Notation)
_MOST_AXES = 12  # boxes of indices; of more dimensions the field takes them


class ValuesControls(QWidget):
    """Says that something else is to be shown; what, is asked of it."""

    grid_changed = Signal()
    notation_changed = Signal()
    edges_changed = Signal()
    reading_changed = Signal()
    index_entered = Signal(str)
    page_requested = Signal(int, int)  # rows and columns by so many pages

    def __init__(self) -> None:
        super().__init__()
        self._grid: Grid | None = None
        self.rows, self.columns = choice_box("Rows"), choice_box("Columns")
        self.rows.activated.connect(lambda _: self._choose_axes(self.rows))
        self.columns.activated.connect(lambda _: self._choose_axes(self.columns))
        self.index = QLineEdit()
        self.index.setAccessibleName("Index to go to")
        self.index.returnPressed.connect(lambda: self.index_entered.emit(self.index.text()))
        self.notation = choice_box("Notation")
        self.notation.addItems([notation.capitalize() for notation in NOTATIONS])
        self.notation.currentIndexChanged.connect(lambda _: self.notation_changed.emit())
        self.extent = choice_box("How much is shown")
        self.extent.addItems(["All", "Edges"])
        self.extent.setToolTip("Edges: the first and the last three of each axis, as numpy prints")
        self.extent.currentIndexChanged.connect(lambda _: self.edges_changed.emit())
        self.more = QToolButton()
        self.more.setText("More ▾")
        self.more.setAccessibleName("More: copy, save, read as")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.boxes: dict[int, IndexBox] = {}
        self._indices = QWidget()
        self._index_flow = FlowLayout(self._indices, 6)
        self._axes = (labelled("&Rows", self.rows), labelled("Colu&mns", self.columns))
        self._go = labelled("G&o to", self.index)
        self.reading: ReadingChooser | None = None
        self._stored: Tensor | None = None
        self.pages: PageChooser | None = None
        self._lay_out()

    def notation_chosen(self) -> Notation:
        """Return how numbers are to be written."""
        return NOTATIONS[self.notation.currentIndex()]

    def wants_edges(self) -> bool:
        """Return whether only the ends of the axes are to be shown."""
        return self.extent.currentIndex() == 1

    def dtype_chosen(self) -> DType | None:
        """Return the dtype that the bytes are to be read as, None for their own."""
        return self.reading.dtype_chosen() if self.reading else None

    def shape_entered(self) -> str:
        """Return the shape that the bytes are to have, as it was typed."""
        return self.reading.shape.text() if self.reading else ""

    def show_reading(self, on: bool) -> ReadingChooser:
        """Show or hide the choice of another dtype and shape."""
        if self.reading is None:
            self.reading = ReadingChooser()
            self.reading.changed.connect(self.reading_changed)
            self._column.insertWidget(2, self.reading)
            if self._stored is not None:
                self.reading.show_stored(self._stored)
        self.reading.setVisible(on)
        return self.reading

    def grid(self) -> Grid:
        """Return which elements are to be shown."""
        assert self._grid is not None
        return self._grid

    def show_stored(self, tensor: Tensor) -> None:
        """Begin with the dtype and the shape that a tensor has in its file."""
        self._stored = tensor
        if self.reading is not None:
            self.reading.show_stored(tensor)
            self.reading.hide()

    def show_grid(self, grid: Grid) -> None:
        """Show which axes and indices are looked at."""
        shape = grid.tensor.shape
        fresh = self._grid is None or self._grid.tensor.shape != shape
        moved = fresh or (
            self._grid is not None
            and (grid.row_axis, grid.column_axis) != (self._grid.row_axis, self._grid.column_axis)
        )
        self._grid = grid
        if fresh:
            for box in (self.rows, self.columns):
                box.clear()
                for axis, length in enumerate(shape):
                    box.addItem(f"axis {axis} · {text.exact(length)}", axis)
            last = ", ".join(str(max(0, length - 1)) for length in shape)
            self.index.setPlaceholderText(last[:40])
        self.rows.setCurrentIndex(grid.row_axis or 0)
        self.columns.setCurrentIndex(grid.column_axis or 0)
        if moved:
            self._make_boxes()
        for axis, index in self.boxes.items():
            index.show_value(grid.at[axis], shape[axis])
        self._arrange()

    def show_pages(self, first: tuple[int, int], size: tuple[int, int]) -> None:
        """Say which part of so many rows and columns the table can scroll to."""
        if self.pages is None:
            if max(size) <= PAGE:
                return
            self.pages = PageChooser()
            self.pages.requested.connect(self.page_requested)
            self._column.addWidget(self.pages)
        self.pages.show_pages(first, size)

    def _arrange(self) -> None:
        assert self._grid is not None
        dims, edges = len(self._grid.tensor.shape), self.wants_edges()
        for pair in self._axes:
            pair.setVisible(dims > 1 and not edges)
        self._indices.setVisible(bool(self.boxes) and not edges)
        self._go.setVisible(dims > 0 and not edges)
        self.extent.setVisible(dims > 0)

    def _make_boxes(self) -> None:
        assert self._grid is not None
        while self._index_flow.count():
            item = self._index_flow.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        self.boxes = {}
        taken = (self._grid.row_axis, self._grid.column_axis)
        shape = self._grid.tensor.shape
        others = [n for n, length in enumerate(shape) if n not in taken and length > 1]
        for axis in others[:_MOST_AXES]:
            box = IndexBox(f"Index along axis {axis}")
            box.changed.connect(lambda value, axis=axis: self._choose_index(axis, value))
            self._index_flow.addWidget(labelled(f"axis {axis}", box))
            self.boxes[axis] = box

    def _choose_axes(self, box: QComboBox) -> None:
        """Take over a choice; the axis that had that place goes to the other one."""
        grid = self.grid()
        row, column = self.rows.currentData(), self.columns.currentData()
        if row == column:
            if box is self.rows:
                column = grid.row_axis
            else:
                row = grid.column_axis
        if (row, column) != (grid.row_axis, grid.column_axis):
            self.show_grid(grid._replace(row_axis=row, column_axis=column))
            self.grid_changed.emit()

    def _choose_index(self, axis: int, value: int) -> None:
        grid = self.grid()
        at = (*grid.at[:axis], value, *grid.at[axis + 1 :])
        self._grid = grid._replace(at=at)
        self.grid_changed.emit()

    def _lay_out(self) -> None:
        first = QWidget()
        flow = FlowLayout(first, 6)
        for widget in (*self._axes, self._go, self.extent, self.notation, self.more):
            flow.addWidget(widget)
        self.index.setFixedWidth(self.fontMetrics().horizontalAdvance("0" * 14) + 16)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 8)
        column.setSpacing(6)
        for widget in (first, self._indices):
            column.addWidget(widget)
        self._column = column
