"""Choices of the Values viewer that few need: bytes read otherwise, pages of very long axes."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QWidget,
)

from inspector.core import text
from inspector.core.model import DTYPES, DType, Tensor, dtype_named
from inspector.gui.viewers.values_model import PAGE
from inspector.gui.widgets.choice_box import choice_box, labelled
from inspector.gui.widgets.flow import FlowLayout
from inspector.gui.widgets.labels import PlainLabel


class ReadingChooser(QWidget):
    """Another dtype and another shape for the same bytes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.dtype = choice_box("Read as dtype")
        self.shape = QLineEdit()
        self.reset = QToolButton()
        self.dtype.currentIndexChanged.connect(lambda _: self._change())
        self.shape.setAccessibleName("Read as shape")
        self.shape.setToolTip("Lengths with commas between them; -1 stands for what is left")
        self.shape.editingFinished.connect(self._change)
        self.reset.setText("As stored")
        self.reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset.clicked.connect(self._as_stored)
        flow = FlowLayout(self, 6)
        flow.addWidget(labelled("Rea&d as", self.dtype))
        flow.addWidget(labelled("&Shape", self.shape))
        flow.addWidget(self.reset)

    def dtype_chosen(self) -> DType | None:
        """Return the chosen dtype, None for that of the file."""
        found = self.dtype.currentData()
        return dtype_named(found) if found else None

    def show_stored(self, tensor: Tensor) -> None:
        """Offer the dtypes that bytes may be read as; that of the file is chosen."""
        with QSignalBlocker(self.dtype):
            self.dtype.clear()
            self.dtype.addItem(f"{text.printable(tensor.dtype.name, 40)} (as stored)")
            for row in DTYPES:
                if row != tensor.dtype:
                    self.dtype.addItem(row.name, row.name)
        self.shape.clear()
        self.shape.setPlaceholderText(", ".join(map(str, tensor.shape)) or "scalar")
        self.reset.setEnabled(False)

    def _change(self) -> None:
        self.reset.setEnabled(self.dtype.currentIndex() > 0 or bool(self.shape.text().strip()))
        self.changed.emit()

    def _as_stored(self) -> None:
        self.shape.clear()
        with QSignalBlocker(self.dtype):
            self.dtype.setCurrentIndex(0)
        self._change()


class PageChooser(QWidget):
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
