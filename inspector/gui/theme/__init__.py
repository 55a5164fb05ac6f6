"""Colours, fonts and icons: one restrained design, light and dark, the same on every system."""

from inspector.gui.theme.appearance import CHOICES, Choice, Theme
from inspector.gui.theme.colours import DARK, LIGHT, Colours
from inspector.gui.theme.fonts import monospace, scaled, tabular
from inspector.gui.theme.icons import application_icon, pixmap
from inspector.gui.theme.kinds import KIND_ICONS

__all__ = [
    "CHOICES",
    "DARK",
    "KIND_ICONS",
    "LIGHT",
    "Choice",
    "Colours",
    "Theme",
    "application_icon",
    "monospace",
    "pixmap",
    "scaled",
    "tabular",
]
