"""A switch between a few ways to look: buttons side by side, one of which is down."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget


class Segments(QWidget):
    """Goes from one to the next with the arrow keys."""

    changed = Signal(int)

    def __init__(self, names: Sequence[str], accessible: str) -> None:
        super().__init__()
        self.setAccessibleName(accessible)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        for number, name in enumerate(names):
            button = QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("segment", True)
            self._group.addButton(button, number)
            row.addWidget(button)
        self._group.idToggled.connect(lambda number, on: self.changed.emit(number) if on else None)

    def current(self) -> int:
        """Return the number of the button that is down."""
        return self._group.checkedId()

    def choose(self, number: int) -> None:
        """Press a button."""
        self._group.button(number).setChecked(True)

    def button(self, number: int) -> QToolButton:
        """Return a button."""
        button = self._group.button(number)
        assert isinstance(button, QToolButton)
        return button
