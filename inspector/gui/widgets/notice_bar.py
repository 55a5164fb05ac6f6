"""A line above a page that says what has happened, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from inspector.gui.theme import Theme, pixmap
from inspector.gui.widgets.labels import PlainLabel

Choice = tuple[str, Callable[[], object]]


class NoticeBar(QWidget):
    """Hidden until there is something to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._severity = "info"
        self._picture = QLabel()
        self._words = PlainLabel(wrap=True)
        self._buttons: list[QPushButton] = []
        self._close = QToolButton()
        self._close.setToolTip("Dismiss")
        self._close.setAccessibleName("Dismiss")
        self._close.setIconSize(QSize(14, 14))
        self._close.clicked.connect(self.hide)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 5, 8, 5)
        self._row.setSpacing(8)
        self._row.addWidget(self._picture)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._close)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.hide()
        theme.changed.connect(self._dress)
        self._dress()

    def say(self, severity: str, words: str, *choices: Choice) -> None:
        """Show a sentence, and a button for each choice."""
        self._severity = severity
        self._words.set_plain(words)
        self.setAccessibleName(words)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(*choice) for choice in choices]
        for number, button in enumerate(self._buttons):
            self._row.insertWidget(2 + number, button)
        self.setProperty("notice", severity)
        self.style().unpolish(self)
        self.style().polish(self)
        self._dress()
        self.show()

    def words(self) -> str:
        """Return what is said; empty while nothing is."""
        return "" if self.isHidden() else self._words.plain()

    def buttons(self) -> list[QPushButton]:
        """Return the buttons, from left to right."""
        return list(self._buttons)

    def _button(self, name: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("quiet", True)
        button.clicked.connect(lambda: slot())
        return button

    def _dress(self) -> None:
        colour = getattr(self._theme.colours, self._severity)
        self._picture.setPixmap(pixmap(self._severity, colour, 16, self.devicePixelRatio()))
        self._close.setIcon(self._theme.icon("close"))
