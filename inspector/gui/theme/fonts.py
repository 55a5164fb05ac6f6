"""The two fonts of the window, at any size."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication


def monospace(scale: float = 1.0) -> QFont:
    """Return the system's fixed-width font at `scale` times the size of the window's font."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QGuiApplication.font().pointSizeF() * scale)
    return font


def scaled(scale: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the window's font at `scale` times its size."""
    font = QFont(QGuiApplication.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    font.setWeight(weight)
    return font


def tabular() -> QFont:
    """Return the window's font with digits of one width, so that columns of numbers line up."""
    font = QFont(QGuiApplication.font())
    font.setFeature(QFont.Tag.fromString("tnum"), 1)
    return font
