"""A line to search with, that says when the person has stopped typing."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from inspector.gui import keys

_PAUSE_MS = 120


class SearchBox(QLineEdit):
    """Emits `searched` shortly after typing, `left` when the person goes on to the results."""

    searched = Signal(str)
    left = Signal()

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName("Search keys")
        self.setClearButtonEnabled(True)
        self.setAcceptDrops(False)  # a file that is dropped here is meant for the window
        self._action = self.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.searched.emit(self.text()))
        self.textChanged.connect(lambda _: self._pause.start())

    def set_quietly(self, text: str) -> None:
        """Show a text that has been searched already."""
        self.blockSignals(True)
        self.setText(text)
        self.blockSignals(False)

    def set_icons(self, search: QIcon, clear: QIcon) -> None:
        """Show `search` at the start of the line, and `clear` for the button that empties it."""
        self._action.setIcon(search)
        for action in self.findChildren(QAction, "_q_qlineeditclearaction"):
            action.setIcon(clear)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = keys.asked(keys.SEARCH, event)
        if asks == "empty" and self.text():
            self.clear()
        elif asks:
            self.left.emit()
        else:
            super().keyPressEvent(event)
