"""The two sets of colours, and what Qt calls them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True)
class Colours:
    """Every colour on screen, as `#rrggbb`; a row of text keeps a contrast of 4.5 on its ground."""

    window: str
    base: str
    hover: str
    selection: str
    line: str
    strong_line: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    tensor: str
    container: str
    module: str
    info: str
    warning: str
    error: str
    info_ground: str
    warning_ground: str
    error_ground: str
    match: str
    added: str
    removed: str


LIGHT = Colours(
    window="#f3f4f7",
    base="#ffffff",
    hover="#f2f5f9",
    selection="#dbe7fa",
    line="#e1e4ea",
    strong_line="#c6ccd6",
    text="#1c222d",
    muted="#5d6778",
    faint="#98a1b0",
    accent="#2563c4",
    on_accent="#ffffff",
    tensor="#2f6fd0",
    container="#6b7789",
    module="#7c5cb5",
    info="#3d5f8c",
    warning="#8f4d06",
    error="#b3261e",
    info_ground="#e6edf7",
    warning_ground="#fcf0d9",
    error_ground="#fbe4e2",
    match="#ffe39a",
    added="#1b7340",
    removed="#a83271",
)
DARK = Colours(
    window="#1d2026",
    base="#16191e",
    hover="#1f242b",
    selection="#263d61",
    line="#2c313a",
    strong_line="#454c58",
    text="#e2e5ea",
    muted="#9aa4b3",
    faint="#677080",
    accent="#7fb0fb",
    on_accent="#10151d",
    tensor="#6ea6f7",
    container="#8793a6",
    module="#b197e0",
    info="#a3c1ea",
    warning="#ecb45c",
    error="#f58b83",
    info_ground="#243246",
    warning_ground="#3b2f19",
    error_ground="#43231f",
    match="#665118",
    added="#74cf98",
    removed="#f08fc4",
)


def palette_of(colours: Colours) -> QPalette:
    """Return the colours under the names that Qt's own widgets ask for."""
    role = QPalette.ColorRole
    palette = QPalette()
    rows = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.hover,
        role.Text: colours.text,
        role.PlaceholderText: colours.faint,
        role.Button: colours.base,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.Highlight: colours.selection,
        role.HighlightedText: colours.text,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.ToolTipBase: colours.base,
        role.ToolTipText: colours.text,
        role.Light: colours.base,
        role.Midlight: colours.hover,
        role.Mid: colours.line,
        role.Dark: colours.strong_line,
        role.Shadow: colours.strong_line,
        role.Accent: colours.accent,
    }
    for name, colour in rows.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.faint))
    return palette
