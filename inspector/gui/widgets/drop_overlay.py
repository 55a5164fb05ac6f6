"""What the window shows while files hover over it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from inspector.gui.theme import Theme, pixmap, scaled

_PICTURE = 40
_PICTURES = ("drop", "compare")
_MARGIN, _GAP = 14, 10


class DropOverlay(QWidget):
    """Covers its parent with a frame and a sentence for each zone; lets every event through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._zones: Sequence[str] = ()
        self._pointed = 0
        self._covered = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_over(self, *zones: str) -> None:
        """Cover the parent as it is now, and say from left to right what a drop would do."""
        self._zones, self._pointed = zones, 0
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def zones(self) -> list[str]:
        """Return the sentences on screen."""
        return list(self._zones)

    def zone_at(self, place: QPointF) -> int:
        """Return the number of the zone at a place of the parent."""
        number = len(self._zones) or 1
        return min(max(int(place.x() * number / max(1, self.width())), 0), number - 1)

    def point_at(self, place: QPointF) -> None:
        """Point out the zone at a place of the parent."""
        zone = self.zone_at(place)
        if zone != self._pointed:
            self._pointed = zone
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colours.base)
        ground.setAlphaF(0.93)
        painter.fillRect(self.rect(), ground)
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        number = len(self._zones)
        width = (room.width() - _GAP * (number - 1)) / max(1, number)
        for zone, words in enumerate(self._zones):
            left = room.left() + zone * (width + _GAP)
            box = QRectF(left, room.top(), width, room.height())
            self._paint_zone(painter, box, zone, words)

    def _paint_zone(self, painter: QPainter, box: QRectF, zone: int, words: str) -> None:
        colours = self._theme.colours
        pointed = zone == self._pointed
        colour = colours.accent if pointed else colours.strong_line
        painter.setPen(QPen(QColor(colour), 2, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if pointed and len(self._zones) > 1:
            painter.setBrush(QColor(colours.selection))
        painter.drawRoundedRect(box, 12, 12)
        middle = box.center().toPoint()
        ink = colours.accent if pointed else colours.muted
        image = pixmap(_PICTURES[min(zone, 1)], ink, _PICTURE, self.devicePixelRatio())
        painter.drawPixmap(middle.x() - _PICTURE // 2, middle.y() - _PICTURE - 4, image)
        painter.setFont(scaled(1.25, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.text if pointed else colours.muted))
        area = QRectF(box.left() + 12, middle.y() + 8, box.width() - 24, box.height() / 2)
        flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter
        painter.drawText(area, flags | Qt.TextFlag.TextWordWrap, words)
