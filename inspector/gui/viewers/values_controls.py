"""What can be chosen in the Values viewer: axes, indices, notation, dtype and shape."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.notation import Notation
from inspector.core.analysis.sheets import Grid
from inspector.core.model import DTYPES, DType, Tensor
from inspector.gui.viewers.values_model import PAGE
from inspector.gui.widgets.flow import FlowLayout
from inspector.gui.widgets.index_box import IndexBox
from inspector.gui.widgets.labels import PlainLabel

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
        self.rows, self.columns = _box("Rows"), _box("Columns")
        self.rows.activated.connect(lambda _: self._choose_axes(self.rows))
        self.columns.activated.connect(lambda _: self._choose_axes(self.columns))
        self.index = QLineEdit()
        self.index.setAccessibleName("Index to go to")
        self.index.returnPressed.connect(lambda: self.index_entered.emit(self.index.text()))
        self.notation = _box("Notation")
        self.notation.addItems([notation.capitalize() for notation in NOTATIONS])
        self.notation.currentIndexChanged.connect(lambda _: self.notation_changed.emit())
        self.extent = _box("How much is shown")
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
        self._axes = (_labelled("&Rows", self.rows), _labelled("Colu&mns", self.columns))
        self._go = _labelled("G&o to", self.index)
        self.dtype = _box("Read as dtype")
        self.shape = QLineEdit()
        self.reset = QToolButton()
        self.reading = self._make_reading()
        self.pages = _Pages()
        self.pages.requested.connect(self.page_requested)
        self._lay_out()

    def notation_chosen(self) -> Notation:
        """Return how numbers are to be written."""
        return NOTATIONS[self.notation.currentIndex()]

    def wants_edges(self) -> bool:
        """Return whether only the ends of the axes are to be shown."""
        return self.extent.currentIndex() == 1

    def dtype_chosen(self) -> DType | None:
        """Return the dtype that the bytes are to be read as, None for their own."""
        found = self.dtype.currentData()
        return found if isinstance(found, DType) else None

    def grid(self) -> Grid:
        """Return which elements are to be shown."""
        assert self._grid is not None
        return self._grid

    def show_stored(self, tensor: Tensor) -> None:
        """Offer the dtypes that the bytes of a tensor may be read as; its own is chosen."""
        with QSignalBlocker(self.dtype):
            self.dtype.clear()
            self.dtype.addItem(f"{text.printable(tensor.dtype.name, 40)} (as stored)")
            for row in DTYPES:
                if row != tensor.dtype:
                    self.dtype.addItem(row.name, row)
        self.shape.clear()
        self.shape.setPlaceholderText(", ".join(map(str, tensor.shape)) or "scalar")
        self.reset.setEnabled(False)

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
            self._index_flow.addWidget(_labelled(f"axis {axis}", box))
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

    def _make_reading(self) -> QWidget:
        self.dtype.currentIndexChanged.connect(lambda _: self._read_again())
        self.shape.setAccessibleName("Read as shape")
        self.shape.setToolTip("Lengths with commas between them; -1 stands for what is left")
        self.shape.editingFinished.connect(self._read_again)
        self.reset.setText("As stored")
        self.reset.clicked.connect(self._as_stored)
        line = QWidget()
        flow = FlowLayout(line, 6)
        flow.addWidget(_labelled("Rea&d as", self.dtype))
        flow.addWidget(_labelled("&Shape", self.shape))
        flow.addWidget(self.reset)
        line.hide()
        return line

    def _read_again(self) -> None:
        self.reset.setEnabled(self.dtype.currentIndex() > 0 or bool(self.shape.text().strip()))
        self.reading_changed.emit()

    def _as_stored(self) -> None:
        self.shape.clear()
        with QSignalBlocker(self.dtype):
            self.dtype.setCurrentIndex(0)
        self._read_again()

    def _lay_out(self) -> None:
        first = QWidget()
        flow = FlowLayout(first, 6)
        for widget in (*self._axes, self._go, self.extent, self.notation, self.more):
            flow.addWidget(widget)
        self.index.setFixedWidth(self.fontMetrics().horizontalAdvance("0" * 14) + 16)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 8)
        column.setSpacing(6)
        for widget in (first, self._indices, self.reading, self.pages):
            column.addWidget(widget)


class _Pages(QWidget):
    """Which rows and columns the table can scroll to, where that is not all of them."""

    requested = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.words: list[PlainLabel] = []
        self.buttons: list[QToolButton] = []
        self._parts: list[QWidget] = []
        row = FlowLayout(self, 6)
        for what, step in (("rows", (1, 0)), ("columns", (0, 1))):
            part = QWidget()
            line = QHBoxLayout(part)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(2)
            words = PlainLabel(tone="muted")
            for sign, arrow, name in (
                (-1, Qt.ArrowType.LeftArrow, "Previous"),
                (1, Qt.ArrowType.RightArrow, "Next"),
            ):
                button = QToolButton()
                button.setArrowType(arrow)
                button.setAccessibleName(f"{name} {what}")
                button.setToolTip(f"{name} {text.exact(PAGE)} {what}")
                button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                by = step[0] * sign, step[1] * sign
                button.clicked.connect(lambda _=False, by=by: self.requested.emit(*by))
                self.buttons.append(button)
            line.addWidget(self.buttons[-2])
            line.addWidget(words)
            line.addWidget(self.buttons[-1])
            self.words.append(words)
            self._parts.append(part)
            row.addWidget(part)

    def show_pages(self, first: tuple[int, int], size: tuple[int, int]) -> None:
        """Say which part of so many rows and columns is there."""
        for number, (begin, length) in enumerate(zip(first, size, strict=True)):
            last = min(begin + PAGE, length) - 1
            what = "columns" if number else "rows"
            self.words[number].set_plain(
                f"{what} {text.exact(begin)}–{text.exact(last)} of {text.exact(length)}"
            )
            self._parts[number].setVisible(length > PAGE)
            self.buttons[2 * number].setEnabled(begin > 0)
            self.buttons[2 * number + 1].setEnabled(last < length - 1)
        self.setVisible(max(size) > PAGE)


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return box


def _labelled(words: str, box: QWidget) -> QWidget:
    pair = QWidget()
    label = QLabel(words)
    label.setBuddy(box)
    label.setProperty("tone", "muted")
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(label)
    row.addWidget(box)
    return pair
