"""What the window shows while files hover over it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from inspector.gui.theme import Theme, pixmap, scaled

_PICTURE = 40


class DropOverlay(QWidget):
    """Covers its parent with a frame and a sentence; lets every event through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = ""
        self._covered = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_over(self, text: str) -> None:
        """Cover the parent as it is now, and say what a drop would do."""
        self._text = text
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colours.base)
        ground.setAlphaF(0.93)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(QColor(colours.accent), 2, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 12, 12)
        middle = self.rect().center()
        image = pixmap("drop", colours.accent, _PICTURE, self.devicePixelRatio())
        painter.drawPixmap(middle.x() - _PICTURE // 2, middle.y() - _PICTURE - 4, image)
        painter.setFont(scaled(1.25, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.text))
        text = self.rect().adjusted(24, self.height() // 2 + 8, -24, 0)
        flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter
        painter.drawText(text, flags | Qt.TextFlag.TextWordWrap, self._text)
