"""A box for an index of any size: Qt's own boxes end at two thousand million."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox

from inspector.core import text

_AIR = 44  # pixels of arrows and padding


class IndexBox(QAbstractSpinBox):
    """Goes from 0 to the last index; a number beyond it becomes the last one."""

    changed = Signal(object)  # int

    def __init__(self, name: str) -> None:
        super().__init__()
        self._value = 0
        self._size = 1
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.editingFinished.connect(self._take)

    def value(self) -> int:
        """Return the index."""
        return self._value

    def show_value(self, value: int, size: int) -> None:
        """Show an index of an axis of that length, without telling anybody."""
        self._value, self._size = value, size
        last = text.exact(size - 1)
        self.lineEdit().setText(text.exact(value))
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(last) + _AIR)
        self.setToolTip(f"0 to {last}")

    def stepBy(self, steps: int) -> None:
        self._take()
        self._go_to(self._value + steps)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag(0)
        if self._value > 0:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        if self._value < self._size - 1:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        return flags

    def validate(self, words: str, position: int) -> tuple[QValidator.State, str, int]:
        is_number = not words or _digits(words).isdecimal()
        state = QValidator.State.Acceptable if is_number else QValidator.State.Invalid
        return state, words, position

    def _take(self) -> None:
        words = _digits(self.lineEdit().text())
        self._go_to(int(words) if words.isdecimal() else self._value)

    def _go_to(self, value: int) -> None:
        value = max(0, min(value, self._size - 1))
        self.lineEdit().setText(text.exact(value))
        if value != self._value:
            self._value = value
            self.changed.emit(value)


def _digits(words: str) -> str:
    return "".join(words.replace(",", "").replace("_", "").split())
