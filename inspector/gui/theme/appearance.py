"""Dresses the application in its colours."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from inspector.gui.theme.colours import DARK, LIGHT, palette_of
from inspector.gui.theme.icons import pixmap
from inspector.gui.theme.style_sheet import style_sheet

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")


class Theme(QObject):
    """Dresses the application, and dresses it again when the system or the person changes mind."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: Choice = "system") -> None:
        super().__init__()
        self._application = application
        self._choice = choice
        self.colours = LIGHT
        application.setStyle("Fusion")
        application.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus)
        font = application.font()
        if 0 < font.pointSizeF() < 10:  # what Qt takes where no desktop says better is tiny
            font.setPointSizeF(10)
            application.setFont(font)
        application.styleHints().colorSchemeChanged.connect(self._dress)
        self.choose(choice)

    @property
    def choice(self) -> Choice:
        """What the person asked for."""
        return self._choice

    @property
    def is_dark(self) -> bool:
        """True while light text stands on a dark ground."""
        return self.colours is DARK

    def choose(self, choice: Choice) -> None:
        """Follow the system, or stay light or dark whatever it says."""
        self._choice = choice
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        hints = self._application.styleHints()
        # The window's frame and the native dialogs follow this; our own colours follow below,
        # because some platforms take no notice of it.
        hints.setColorScheme(schemes.get(choice, Qt.ColorScheme.Unknown))
        self._dress()

    def _dress(self) -> None:
        dark = self._choice == "dark" or (
            self._choice == "system"
            and self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self.colours = DARK if dark else LIGHT
        self._application.setPalette(palette_of(self.colours))
        # Qt takes four times as long to put one sheet in the place of another.
        self._application.setStyleSheet("")
        self._application.setStyleSheet(style_sheet(self.colours))
        self.changed.emit()

    def icon(self, name: str, colour: str = "") -> QIcon:
        """Return resources/icons/`name`.svg in `colour`, sharp at every size the window uses."""
        icon = QIcon()
        ratio = self._application.devicePixelRatio()
        for size in (16, 20, 24, 32):
            icon.addPixmap(pixmap(name, colour or self.colours.muted, size, ratio))
            faint = pixmap(name, self.colours.faint, size, ratio)
            icon.addPixmap(faint, QIcon.Mode.Disabled)
        return icon
