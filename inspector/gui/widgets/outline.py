"""A line around what has the keyboard, for widgets that have no edge of their own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

_ACROSS, _DOWN = 4, 2  # pixels between the text and the line


class Outline(QWidget):
    """Lies around a widget, in the room beside it, until it is taken away."""

    def __init__(self, around: QWidget) -> None:
        super().__init__(around.parentWidget() or around)
        self._around = around
        self.setProperty("outline", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        around.installEventFilter(self)
        self._follow()
        self.show()
        self.raise_()

    def take_away(self) -> None:
        """Go, at once for the eye."""
        self._around.removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        place = self._around.geometry() if self._around.parentWidget() else self._around.rect()
        self.setGeometry(place.adjusted(-_ACROSS, -_DOWN, _ACROSS, _DOWN))
