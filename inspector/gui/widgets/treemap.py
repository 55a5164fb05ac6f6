"""A treemap: every part as a tile as large as its share, parts of one group side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from inspector.core import text
from inspector.gui import keys
from inspector.gui.theme import Theme, scaled
from inspector.gui.widgets.labels import plain_tool_tip
from inspector.gui.widgets.squares import Box, Part, Tile, arranged

_HUES = (214, 28, 152, 268, 340, 186, 48, 100)
_PADDING = 5.0
_LEAST_NAME = 8  # characters
_AROUND = 2.0
_WAYS = {
    "left": (-1, 0),
    "right": (1, 0),
    "up": (0, -1),
    "down": (0, 1),
}


class Treemap(QWidget):
    """Tiles by mouse and keyboard; what is too small to see is merged and says so."""

    chosen = Signal(object)  # the target of a part
    moved = Signal()  # another tile is current

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._parts: tuple[Part, ...] = ()
        self._whole = 0
        self.tiles: list[Tile] = []
        self._heads: list[tuple[str, Box]] = []
        self.current = -1
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Treemap of bytes")
        theme.changed.connect(self.update)

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Replace what is shown; groups stand in the order of their size."""
        self._parts = tuple(part for part in parts if part.nbytes > 0)
        self._whole = sum(part.nbytes for part in self._parts)
        self.current = self._hovered = -1
        self._arrange()

    def describe(self, number: int) -> str:
        """Return name, bytes and share of a tile, a line each."""
        part = self.tiles[number].part
        share = 100 * part.nbytes / self._whole
        size = f"{text.size(part.nbytes)} · {share:.1f} %" if share >= 0.05 else "< 0.1 %"
        if part.members > 1:
            inside = f" of {text.printable(part.group, 300)}" if part.group else ""
            return f"{text.exact(part.members)} smaller ones{inside}\n{size} together"
        name = ".".join(filter(None, (part.group, part.name)))
        return f"{text.printable(name, 300) or 'whole'}\n{size}"

    def tile_at(self, point: QPointF) -> int:
        """Return the number of the tile under a point, or -1."""
        places = enumerate(self.tiles)
        return next((number for number, tile in places if _rect(tile).contains(point)), -1)

    def sizeHint(self) -> QSize:
        return QSize(380, 320)

    # Layout.

    def _arrange(self) -> None:
        area = Box(0.0, 0.0, float(self.width()), float(self.height())).inside(_AROUND)
        self.tiles, self._heads = arranged(self._parts, area)
        self.current = min(self.current, len(self.tiles) - 1)
        self._hovered = -1
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # Paint.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = self._theme.colours
        area = QRectF(event.rect())
        painter.fillRect(area, QColor(colours.base))
        font = scaled(0.92)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for tile in self.tiles:
            if _rect(tile).intersects(area):
                self._paint_tile(painter, tile, metrics)
        bold = scaled(0.92, QFont.Weight.DemiBold)
        painter.setFont(bold)
        for name, head in self._heads:
            words = [text.printable(name, 200)]
            self._paint_words(painter, QRectF(*head), words, QFontMetricsF(bold), head=True)
        for number, width in ((self._hovered, 1), (self.current, 2)):
            focused = number != self.current or self.hasFocus()
            if 0 <= number < len(self.tiles):
                colour = QColor(colours.accent if focused else colours.faint)
                painter.setPen(QPen(colour, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(_rect(self.tiles[number]).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_tile(self, painter: QPainter, tile: Tile, metrics: QFontMetricsF) -> None:
        whole = _rect(tile)
        rect = whole.adjusted(0, 0, -1, -1)  # the ground shows as a line between tiles
        rect = whole if rect.isEmpty() else rect
        painter.fillRect(rect, self._fill(tile))
        part = tile.part
        name = text.printable(part.name or part.group, 200)
        if part.members > 1:
            name = f"{text.exact(part.members)} others"
        self._paint_words(painter, rect, [name, text.size(part.nbytes)], metrics)

    def _paint_words(
        self,
        painter: QPainter,
        rect: QRectF,
        lines: list[str],
        metrics: QFontMetricsF,
        *,
        head: bool = False,
    ) -> None:
        """Write the lines that fit; of a name at least so much that it says something."""
        colours = self._theme.colours
        room = rect.adjusted(_PADDING, 0 if head else _PADDING - 2, -_PADDING, 0)
        top = room.top() + ((rect.height() - metrics.height()) / 2 if head else 0)
        for number, line in enumerate(lines):
            bottom = top + metrics.height()
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, room.width())
            if bottom > rect.bottom() or (shown != line and (number or len(shown) < _LEAST_NAME)):
                return
            painter.setPen(QColor(colours.muted if number else colours.text))
            painter.drawText(QPointF(room.left(), top + metrics.ascent()), shown)
            top = bottom

    def _fill(self, tile: Tile) -> QColor:
        """Return a quiet colour of the group, on which the theme's text can be read."""
        light, strength = (0.27, 0.28) if self._theme.is_dark else (0.9, 0.55)
        if tile.part.members > 1:
            strength *= 0.35
        return QColor.fromHslF(_HUES[tile.group % len(_HUES)] / 360, strength, light)

    # Mouse and keyboard.

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.tile_at(QPointF(event.pos()))
            words = plain_tool_tip(self.describe(number)) if number >= 0 else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self.tile_at(event.position())
        if number != self._hovered:
            self._hovered = number
            leads = number >= 0 and self.tiles[number].part.target is not None
            shape = Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.update()
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self.tile_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._make_current(number)
            self._choose()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = keys.asked(keys.TREEMAP, event)
        if asks == "choose" and self.current >= 0:
            self._choose()
        elif asks in _WAYS and self.tiles:
            self._make_current(self._next(*_WAYS[asks]))
        elif asks in ("first", "last") and self.tiles:
            self._make_current(0 if asks == "first" else len(self.tiles) - 1)
        else:
            super().keyPressEvent(event)

    def _next(self, across: int, down: int) -> int:
        """Return the tile next to the current one in a direction; itself at the edge."""
        if self.current < 0:
            return 0
        here = _rect(self.tiles[self.current])
        centre = here.center()
        best, found = float("inf"), self.current
        for number, tile in enumerate(self.tiles):
            place = _rect(tile)
            way = place.center() - centre
            along = way.x() * across + way.y() * down
            aside = abs(way.x() * down) + abs(way.y() * across)
            edge = (place.left() - here.right()) * across if across else 0.0
            edge = edge if across > 0 or not across else here.left() - place.right()
            if down:
                edge = place.top() - here.bottom() if down > 0 else here.top() - place.bottom()
            if along > 0 and edge > -2 and edge * 2 + aside < best:
                best, found = edge * 2 + aside, number
        return found

    def _make_current(self, number: int) -> None:
        self.current = number
        words = self.describe(number)
        self.setAccessibleDescription(words.replace("\n", ", "))
        if self.hasFocus() and not self.underMouse():
            corner = _rect(self.tiles[number]).bottomLeft().toPoint()
            QToolTip.showText(self.mapToGlobal(corner + QPoint(4, 4)), plain_tool_tip(words), self)
        self.moved.emit()
        self.update()

    def _choose(self) -> None:
        target = self.tiles[self.current].part.target
        if target is not None:
            self.chosen.emit(target)


def _rect(tile: Tile) -> QRectF:
    """Return the place of a tile on whole pixels, so that no line between two is blurred."""
    left, top, width, height = tile.box
    x, y = round(left), round(top)
    return QRectF(x, y, round(left + width) - x, round(top + height) - y)
