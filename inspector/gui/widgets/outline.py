"""A line around what has the keyboard, for widgets that have no edge of their own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

_ACROSS, _DOWN = 4, 2  # pixels between the text and the line


class Outline(QWidget):
    """Lies around a widget, in the room beside it, until it is taken away."""

    def __init__(self, around: QWidget) -> None:
        chain = _chain(around)
        super().__init__(chain[-1])
        self._around, self._ground, self._moving = around, chain[-1], chain[:-1]
        self.setProperty("outline", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for moving in self._moving:
            moving.installEventFilter(self)
        self._follow()
        self.show()
        self.raise_()

    def take_away(self) -> None:
        """Go, at once for the eye."""
        for moving in self._moving:
            moving.removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        corner = self._around.mapTo(self._ground, QPoint())
        place = QRect(corner, self._around.size())
        self.setGeometry(place.adjusted(-_ACROSS, -_DOWN, _ACROSS, _DOWN))


def _chain(around: QWidget) -> list[QWidget]:
    """Return a widget and what it is in, up to what is scrolled as a whole, or the window."""
    chain, above = [around], around.parentWidget()
    while above is not None:
        chain.append(above)
        over = above.parentWidget()
        if above.isWindow() or (over is not None and isinstance(over.parent(), QScrollArea)):
            break
        above = over
    return chain
