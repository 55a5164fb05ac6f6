"""The keyboard for what has just been made, as soon as somebody sees it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class FirstFocus(QObject):
    """Gives the keyboard to a part of a page: now, or when the page is shown for the first time.

    Qt would take it away from what is on screen for a widget that is not.
    """

    def __init__(self, page: QWidget, part: QWidget) -> None:
        super().__init__()
        self._part: QWidget | None = part
        part.destroyed.connect(self._forget)
        if page.isVisible():
            part.setFocus()
        else:
            page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            watched.removeEventFilter(self)
            if self._part:
                self._part.setFocus()
        return False

    def _forget(self) -> None:
        self._part = None
