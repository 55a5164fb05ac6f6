"""A calm page with one picture, a few words and the ways on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.theme import pixmap, scaled
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.scroll_down import ScrollDown

_WIDTH = 560  # a line of text much longer than this is hard to read


class MessagePage(ScrollDown):
    """Picture, title, paragraphs and buttons in the middle of whatever room there is."""

    def __init__(self, picture: str, title: str, *, size: int = 44, framed: bool = False) -> None:
        self.inside = QWidget()
        self.inside.setProperty("ground", "base")
        super().__init__(self.inside, title)
        self._name = picture
        self._size = size
        self._centred = framed
        self._picture = QLabel()
        self._title = PlainLabel(title, font=scaled(1.45, QFont.Weight.DemiBold), wrap=True)
        self._column = QVBoxLayout()
        self._column.setSpacing(10)
        self._column.addWidget(self._picture)
        self._column.addSpacing(4)
        self._column.addWidget(self._title)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch()

        middle = QFrame()
        middle.setLayout(self._column)
        if framed:
            middle.setObjectName("drop")
            self._column.setContentsMargins(40, 44, 40, 40)
            for label in (self._picture, self._title):
                label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._buttons.addStretch()
        middle.setMaximumWidth(_WIDTH)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(middle, 100)
        row.addStretch(1)
        page = QVBoxLayout(self.inside)
        page.setContentsMargins(24, 24, 24, 24)
        page.addStretch(4)
        page.addLayout(row)
        self._below = QHBoxLayout()
        self._below.addStretch(1)
        self._below.addStretch(1)
        page.addLayout(self._below)
        page.addStretch(5)

    def set_picture(self, colour: str) -> None:
        """Draw the picture in `colour`, which follows the theme."""
        image = pixmap(self._name, colour, self._size, self.devicePixelRatio())
        self._picture.setPixmap(image)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title.set_plain(title)

    def title(self) -> str:
        """Return the title on screen."""
        return self._title.plain()

    def add_text(self, text: str, *, muted: bool = False, selectable: bool = False) -> PlainLabel:
        """Put a paragraph below what is there."""
        label = PlainLabel(text, tone="muted" if muted else "", wrap=True, selectable=selectable)
        if self._centred:
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(label)
        return label

    def add_widget(self, widget: QWidget) -> None:
        """Put any widget below what is there."""
        self._column.addWidget(widget)

    def add_below(self, widget: QWidget) -> None:
        """Put a widget under the frame, as wide as that."""
        widget.setMaximumWidth(_WIDTH)
        self._below.insertWidget(1, widget, 100)

    def add_button(self, text: str, *, primary: bool = False) -> QPushButton:
        """Put a button into the row at the bottom, made by the first call."""
        if self._buttons.parent() is None:
            self._column.addSpacing(8)
            self._column.addLayout(self._buttons)
        button = QPushButton(text)
        button.setProperty("primary", primary)
        button.setAutoDefault(True)
        self._buttons.insertWidget(self._buttons.count() - 1, button)
        return button
