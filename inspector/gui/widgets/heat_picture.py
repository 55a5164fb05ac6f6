"""A plane of numbers as colours, to be zoomed, moved and read cell by cell."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.core.analysis.pictures import Area, Picture
from inspector.core.analysis.planes import Grid
from inspector.gui import keys
from inspector.gui.theme import Theme, scaled
from inspector.gui.widgets.heat_drawing import HeatDrawing, Spot
from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.heat_scale import Scale, Showing

_REST = 80  # milliseconds without a movement, after which more detail is asked for
_STEP = 1.25  # of the zoom, by a key
_WHEEL = 1.0015  # of the zoom, by an eighth of a degree of the wheel
_WORTH = 1.3  # pixels of a cell from which smaller ones would show more
_MARGIN = 0.25  # of what is seen, read along on each side
_MOST_CELLS = 2048
_FEWEST = 64  # of an overview along a side
_FAR = 10  # cells that an arrow with Shift goes
_WAYS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


class HeatPicture(QWidget):
    """Draws an overview and, closer to, whatever detail has been brought.

    A short `title` stands in the corner between the indices; with `fills`, what is much longer
    than wide takes all of the room.
    """

    spot_changed = Signal(object)  # Spot, or None where the mouse is beside the plane
    lens_changed = Signal(object)  # Lens
    wanted = Signal(object, object)  # an Area that deserves more detail, and how many cells of it

    def __init__(self, theme: Theme, title: str = "", *, fills: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._title = title
        self._overview: Picture | None = None
        self._detail: Picture | None = None
        self._drawing = HeatDrawing(theme)
        self._spot: Spot | None = None
        self._held: QPointF | None = None
        self._by_keys = False
        self.lens = Lens(fills=fills)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._want_detail)
        self.setFont(scaled(0.85))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Heat map")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    @property
    def spot(self) -> Spot | None:
        """The element that is looked at."""
        return self._spot

    @property
    def scale(self) -> Scale:
        """Which values have which colours."""
        return self._drawing.scale

    def show_picture(self, picture: Picture, grid: Grid | None = None) -> None:
        """Show another plane, all of it."""
        plane = picture.plane
        same = self._overview is not None and (plane.rows, plane.columns) == (
            self._overview.plane.rows,
            self._overview.plane.columns,
        )
        self._overview, self._detail = picture, None
        self._drawing.begin(grid)
        if not same:
            self.lens = Lens(plane.rows, plane.columns, fills=self.lens.fills)
            self.set_spot(None)
        self._fit_room()
        self._turn(self.lens)
        self.spot_changed.emit(self._spot)

    def show_detail(self, picture: Picture) -> None:
        """Draw a part of the plane in smaller cells, over the overview."""
        self._detail = picture
        self.update()
        self.spot_changed.emit(self._spot)

    def show_scale(self, scale: Scale, showing: Showing) -> None:
        """Draw the same numbers, or others of the same cells, in other colours."""
        self._drawing.scale, self._drawing.showing = scale, showing
        self.update()

    def show_lens(self, lens: Lens) -> None:
        """Look at another part; several pictures are linked by this and `lens_changed`."""
        found = lens.resized(self.lens.width, self.lens.height)
        if found != self.lens:
            self._turn(found)

    def set_spot(self, spot: Spot | None) -> None:
        """Look at another element; linked in the same way."""
        if spot != self._spot:
            self._spot = spot
            self.update()
            self.spot_changed.emit(spot)

    def at_spot(self) -> Picture | None:
        """Return the picture that has the smallest cell at the spot."""
        if self._spot is None:
            return None
        for picture in (self._detail, self._overview):
            if picture is not None and picture.cell_at(*self._spot):
                return picture
        return None

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def margins(self) -> tuple[int, int]:
        """Return the pixels at the left and above that indices take."""
        metrics = self.fontMetrics()
        left = 6
        if self._overview is not None:
            last = max(self._overview.plane.tensor.shape, default=1) - 1
            left = max(map(metrics.horizontalAdvance, (str(last), self._title))) + 8
        return left, metrics.height() + 2

    def room(self) -> QRectF:
        """Return where the plane is drawn; marks stand at the left and above."""
        left, top = self.margins()
        return QRectF(left, top, max(1, self.width() - left - 2), max(1, self.height() - top - 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._overview is None:
            return
        painter = QPainter(self)
        room = self.room()
        painter.setPen(QColor(self._theme.colours.text))
        painter.drawText(QPointF(2, self.fontMetrics().ascent()), self._title)
        drawing, lens = self._drawing, self.lens
        drawing.paint_marks(painter, self._overview.plane, lens, room, self.width())
        inside = QRectF(room.topLeft(), QSizeF(*lens.size))
        painter.save()
        painter.setClipRect(inside)
        painter.translate(room.topLeft())
        drawing.paint_cells(painter, self._overview, lens)
        if self._detail is not None:
            drawing.paint_cells(painter, self._detail, lens, over=True)
        drawing.paint_lines(painter, lens, inside)
        best = self.at_spot()
        if best is not None and self._spot is not None:
            drawing.paint_spot(painter, best, lens, self._spot)
        painter.restore()
        edge = self._theme.colours.accent if self.hasFocus() else self._theme.colours.line
        painter.setPen(QPen(QColor(edge), 1))
        painter.drawRect(inside.adjusted(-0.5, -0.5, 0.5, 0.5))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_room()
        self._turn(self.lens)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rest.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.pixelDelta().y()
        if turned:
            place = event.position() - self.room().topLeft()
            self._turn(self.lens.zoomed(_WHEEL**turned, place.x(), place.y()))
            self._look_at(event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position()
            if not self.lens.is_whole:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = self._held - event.position()
            self._held = event.position()
            self._turn(self.lens.moved(moved.x(), moved.y()))
        self._look_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None
        self.unsetCursor()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._by_keys:
            self.set_spot(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = keys.asked(keys.HEAT_MAP, event)
        way = asks.removeprefix("far_")
        if way in _WAYS:
            self._step(*_WAYS[way], 1 if way == asks else _FAR)
        elif asks in ("nearer", "farther"):
            self._zoom(_STEP if asks == "nearer" else 1 / _STEP)
        elif asks == "whole":
            self._turn(self.lens.whole())
        else:
            super().keyPressEvent(event)

    def _step(self, down: int, across: int, times: int) -> None:
        """Go to a neighbouring cell, and bring it into sight."""
        picture = self.at_spot() or self._overview
        if picture is None:
            return
        if self._spot is None:
            row, column = self.lens.seen[:2]
        else:
            row = self._spot[0] + down * times * picture.tall
            column = self._spot[1] + across * times * picture.wide
        self._by_keys = True
        row = min(max(row, 0), picture.plane.rows - 1)
        column = min(max(column, 0), picture.plane.columns - 1)
        self.set_spot((row, column))
        self._turn(self.lens.towards(row, column))

    def _zoom(self, factor: float) -> None:
        """Zoom about the spot, else about the middle of what is seen."""
        x, y = self.lens.size[0] / 2, self.lens.size[1] / 2
        if self._spot is not None:
            across, down = self.lens.scale
            left, top = self.lens.place(*self._spot)
            x, y = left + across / 2, top + down / 2
        self._turn(self.lens.zoomed(factor, x, y))

    def _look_at(self, place: QPointF) -> None:
        self._by_keys = False
        place = place - self.room().topLeft()
        self.set_spot(self.lens.element(place.x(), place.y()))

    def _fit_room(self) -> None:
        self.lens = self.lens.resized(self.room().width(), self.room().height())

    def _turn(self, lens: Lens) -> None:
        self.lens = lens
        self._rest.start()
        self.update()
        self.lens_changed.emit(lens)

    def _want_detail(self) -> None:
        """Ask for smaller cells of what is seen, unless they are there or would not show."""
        if self._overview is None:
            return
        across, down = (size * self.devicePixelRatio() for size in self.lens.scale)
        top, left, bottom, right = self.lens.seen
        best = self._overview
        detail = self._detail
        if detail is not None and _covers(detail.area, top, left, bottom, right):
            best = detail
        fine = all(
            cell == 1 or cell * size < _WORTH
            for cell, size in ((best.tall, down), (best.wide, across))
        )
        if fine or bottom <= top or right <= left:
            return
        more = ceil((bottom - top) * _MARGIN), ceil((right - left) * _MARGIN)
        top, left = max(0, top - more[0]), max(0, left - more[1])
        bottom, right = (
            min(self.lens.rows, bottom + more[0]),
            min(self.lens.columns, right + more[1]),
        )
        area = Area(top, left, bottom - top, right - left)
        most = (
            min(_MOST_CELLS, max(1, ceil(area.rows * down))),
            min(_MOST_CELLS, max(1, ceil(area.columns * across))),
        )
        if -(-area.rows // most[0]) < best.tall or -(-area.columns // most[1]) < best.wide:
            self.wanted.emit(area, most)


def overview_cells(widget: QWidget, most: int) -> tuple[int, int]:
    """Return how many rows and columns of an overview a widget has room for, at most so many."""
    ratio = widget.devicePixelRatio()
    rows, columns = (
        min(max(int(size * ratio), _FEWEST), most) for size in (widget.height(), widget.width())
    )
    return rows, columns


def _covers(area: Area, top: int, left: int, bottom: int, right: int) -> bool:
    return (
        area.top <= top
        and area.left <= left
        and area.top + area.rows >= bottom
        and area.left + area.columns >= right
    )
