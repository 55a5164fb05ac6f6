"""An area for what may be higher than its room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class ScrollDown(QScrollArea):
    """Its contents are as wide as it is: one scrolls down, never aside."""

    def __init__(self, inside: QWidget | None = None, name: str = "") -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        if inside is not None:
            self.setWidget(inside)
