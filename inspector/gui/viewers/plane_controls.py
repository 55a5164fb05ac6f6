"""Which plane of a tensor is looked at: axes for rows and columns, an index for each other one."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.planes import (
    KERNELS,
    Grid,
    Plane,
    has_kernels,
    kernels_of,
    line_of,
    page_of,
    plane_of,
    usual_axes,
)
from inspector.core.model import Tensor
from inspector.gui.widgets.choice_box import choice_box, labelled
from inspector.gui.widgets.flow import FlowLayout
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.scroll_down import ScrollDown

_MOST = (1 << 31) - 1  # that a slider of Qt can count
_MOST_HEIGHT = 130  # pixels of sliders, beyond which they scroll


class PlaneControls(QWidget):
    """Boxes and sliders that fit a tensor; what a single choice leaves is not offered."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tensor: Tensor | None = None
        self._axes = (0, 1)
        self.rows, self.columns = choice_box("Rows"), choice_box("Columns")
        self.rows.activated.connect(lambda _: self._choose_axes(self.rows))
        self.columns.activated.connect(lambda _: self._choose_axes(self.columns))
        self.kernels = QCheckBox("&Grid of kernels")
        self.kernels.toggled.connect(self._change_kernels)
        self.boxes = QWidget()
        self.flow = FlowLayout(self.boxes)
        self._pickers = (labelled("&Rows", self.rows), labelled("Colu&mns", self.columns))
        for widget in (*self._pickers, self.kernels):
            self.flow.addWidget(widget)
        self.sliders: list[IndexSlider] = []
        self._page = QWidget()
        self._page.setProperty("ground", "base")
        self._lines = QVBoxLayout(self._page)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        self._scroll = ScrollDown(self._page, "Places along the other axes")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.boxes)
        column.addWidget(self._scroll)

    def show_tensor(self, tensor: Tensor) -> None:
        """Offer what suits another tensor, and begin with what most people want to see."""
        self._tensor = tensor
        axes = usual_axes(tensor)
        flat = axes is None
        self._axes = axes or (0, 0)
        for box in (self.rows, self.columns):
            box.clear()
            for axis, size in enumerate(tensor.shape):
                if size > 1:
                    box.addItem(f"axis {axis} · {text.exact(size)}", axis)
        with QSignalBlocker(self.kernels):
            self.kernels.setChecked(has_kernels(tensor))
        self.kernels.setVisible(has_kernels(tensor))
        self.rows.setEnabled(not flat)
        self._arrange()

    def grid(self) -> Grid | None:
        """Return the chosen kernels; None where two axes are looked at."""
        if self._tensor is None or not self.kernels.isChecked():
            return None
        at = self._at()
        first, second = (page_of(self._tensor.shape[axis], at[axis]) for axis in (0, 1))
        return kernels_of(self._tensor, first, second, at)

    def plane(self) -> Plane:
        """Return what is chosen."""
        assert self._tensor is not None
        grid = self.grid()
        if grid is not None:
            return grid.plane
        if usual_axes(self._tensor) is None:
            return line_of(self._tensor)
        return plane_of(self._tensor, self._axes, self._at())

    def _at(self) -> list[int]:
        assert self._tensor is not None
        at = [0] * len(self._tensor.shape)
        for slider in self.sliders:
            at[slider.axis] = slider.value()
        return at

    def _choose_axes(self, box: QComboBox) -> None:
        """Take over a choice; the axis that had that place goes to the other one."""
        was = self._axes
        rows, columns = self.rows.currentData(), self.columns.currentData()
        if rows == columns:
            rows, columns = (rows, was[0]) if box is self.rows else (was[1], columns)
        self._axes = rows, columns
        if self._axes != was:
            self._arrange()
            self.changed.emit()

    def _change_kernels(self) -> None:
        self._arrange()
        self.changed.emit()

    def _arrange(self) -> None:
        """Offer sliders for what the chosen rows and columns leave open."""
        assert self._tensor is not None
        shape = self._tensor.shape
        grid = self.kernels.isChecked()
        flat = usual_axes(self._tensor) is None
        for picker in self._pickers:
            picker.setVisible(not (grid or flat))
        self.boxes.setVisible(not self._is_bare())
        for box, axis in zip((self.rows, self.columns), self._axes, strict=True):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(axis))
        values = {slider.axis: slider.value() for slider in self.sliders}
        for slider in self.sliders:
            self._lines.removeWidget(slider)
            slider.hide()  # not in a later turn: the next ones stand in its place
            slider.deleteLater()
        self.sliders = []
        if grid:
            taken = {len(shape) - 2, len(shape) - 1}
        else:
            taken = set(range(len(shape)) if flat else self._axes)
        for axis in range(len(shape)):
            step = KERNELS if grid and axis < 2 else 1
            if axis not in taken and shape[axis] > step:
                slider = IndexSlider(axis, shape[axis], step, values.get(axis, 0))
                slider.changed.connect(self.changed)
                self._lines.addWidget(slider)
                slider.show()  # not in the next turn: the height below is of what is shown
                self.sliders.append(slider)
        line_up(self.sliders)
        height = self._page.sizeHint().height() if self.sliders else 0
        self._scroll.setFixedHeight(min(height, _MOST_HEIGHT))
        self._scroll.setVisible(bool(self.sliders))

    def _is_bare(self) -> bool:
        """Return whether the line of boxes has nothing to offer."""
        items = (self.flow.itemAt(number) for number in range(self.flow.count()))
        widgets = [item.widget() for item in items if item is not None]
        return all(widget is None or widget.isHidden() for widget in widgets)


class IndexSlider(QWidget):
    """The index of one axis, by slider or in figures; by whole pages where `step` is larger."""

    changed = Signal()

    def __init__(self, axis: int, size: int, step: int, value: int) -> None:
        super().__init__()
        self.axis = axis
        self._size, self._step = size, step
        last = min((size - 1) // step, _MOST // step)
        name = f"Axis {axis}"
        self.name = PlainLabel(name, tone="muted")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, last)
        self.slider.setPageStep(max(1, last // 10))
        self.slider.setAccessibleName(f"{name}, slider")
        self.number = QSpinBox()
        self.number.setRange(0, last * step)
        self.number.setSingleStep(step)
        self.number.setKeyboardTracking(False)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setAccessibleName(f"{name}, index")
        self.words = PlainLabel(tone="muted")
        longest = self._said(last * step)
        self.words.setMinimumWidth(self.words.fontMetrics().horizontalAdvance(longest))
        self.slider.setValue(value // step)
        self._show()
        self.slider.valueChanged.connect(self._slide)
        self.number.valueChanged.connect(lambda number: self.slider.setValue(number // step))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        row.addWidget(self.words)

    def value(self) -> int:
        """Return the index, the first one of a page."""
        return self.slider.value() * self._step

    def _slide(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(self.value())
        self.words.set_plain(self._said(self.value()))

    def _said(self, value: int) -> str:
        last = min(value + self._step, self._size) - 1
        upto = f"–{text.exact(last)} " if self._step > 1 else ""
        return f"{upto}of {text.exact(self._size)}"


def line_up(sliders: list[IndexSlider]) -> None:
    """Give all sliders the same length, so that they begin and end below each other."""
    for part in ("number", "words", "name"):
        parts = [getattr(slider, part) for slider in sliders]
        widths = (max(one.sizeHint().width(), one.minimumWidth()) for one in parts)
        widest = max(widths, default=0)
        for one in parts:
            one.setFixedWidth(widest)
