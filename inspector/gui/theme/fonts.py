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


def tabular(plain: QFont | None = None) -> QFont:
    """Return a font, or the window's, with digits of one width: columns of numbers line up."""
    font = QFont(QGuiApplication.font() if plain is None else plain)
    font.setFeature(QFont.Tag.fromString("tnum"), 1)
    return font
