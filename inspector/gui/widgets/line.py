"""A thin line between two parts of a page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def line() -> QWidget:
    """Return a horizontal line in the theme's colour."""
    made = QWidget()
    made.setFixedHeight(1)
    made.setProperty("ground", "line")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return made
