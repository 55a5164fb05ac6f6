"""How a heat map is painted: cells, lines between kernels, the spot, and indices beside them."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from inspector.core.analysis.cells import coarser
from inspector.core.analysis.pictures import Picture
from inspector.core.analysis.planes import Grid, Plane
from inspector.gui.theme import Theme
from inspector.gui.widgets.heat_axes import column_marks, row_marks
from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.heat_scale import Scale, Showing, image_of, levels

Spot = tuple[int, int]
"""A row and a column of the plane."""

_LEAST_TILE = 10.0  # pixels of a kernel from which a line beside it does not hide what it has
_THICKEST = 4
_LEAST_SPOT = 5  # pixels


class _Made(NamedTuple):
    """An image, and what it was made from: it is made again when that changes."""

    picture: Picture
    times: tuple[int, int]
    showing: Showing
    scale: Scale
    dark: bool
    image: QImage


class HeatDrawing:
    """Keeps the images of what is on screen, one of the overview and one of the detail."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._made: dict[bool, _Made] = {}
        self.grid: Grid | None = None
        self.scale = Scale(0.0, 0.0, diverging=False)
        self.showing: Showing = "extreme"

    def begin(self, grid: Grid | None) -> None:
        """Forget the images of another plane."""
        self.grid = grid
        self._made.clear()

    def paint_cells(
        self, painter: QPainter, picture: Picture, lens: Lens, *, over: bool = False
    ) -> None:
        """Paint a picture where it is in its plane, over another one or as the first."""
        across, down = lens.scale
        ratio = painter.device().devicePixelRatio()
        # Several cells to a pixel are taken together: none is left out.
        times = (
            max(1, ceil(0.999 / (down * picture.tall * ratio))),
            max(1, ceil(0.999 / (across * picture.wide * ratio))),
        )
        image = self._image(picture, times, over=over)
        x, y = lens.place(picture.area.top, picture.area.left)
        width = image.width() * times[1] * picture.wide * across
        height = image.height() * times[0] * picture.tall * down
        if over:  # nothing of the overview shines through
            painter.fillRect(QRectF(x, y, width, height), QColor(self._theme.colours.base))
        painter.drawImage(QRectF(x, y, width, height), image)

    def _image(self, picture: Picture, times: tuple[int, int], *, over: bool) -> QImage:
        dark = self._theme.is_dark
        made = self._made.get(over)
        if (
            made is None
            or made.picture is not picture
            or made[1:5] != (times, self.showing, self.scale, dark)
        ):
            found = levels(coarser(picture.cells, *times), self.showing, self.scale)
            image = image_of(found, self.scale, dark=dark)
            made = _Made(picture, times, self.showing, self.scale, dark, image)
            self._made[over] = made
        return made.image

    def paint_lines(self, painter: QPainter, lens: Lens, room: QRectF) -> None:
        """Paint lines between kernels, wider ones between those of another index of axis 0."""
        if self.grid is None:
            return
        across, down = lens.scale
        high, wide = self.grid.tile
        smallest = min(high * down, wide * across)
        if smallest < _LEAST_TILE:
            return
        colour = QColor(self._theme.colours.base)
        thick = max(1, min(_THICKEST, round(smallest / 14)))
        top, left, bottom, right = lens.seen
        for row in range(top // high * high, bottom + 1, high):
            y = round(lens.place(row, 0)[1])
            painter.fillRect(QRectF(0, y - thick // 2, room.width(), thick), colour)
        for column in range(left // wide * wide, right + 1, wide):
            x = round(lens.place(0, column)[0])
            is_wider = self.grid.group > 1 and column // wide % self.grid.group == 0
            wider = 2 * thick if is_wider else thick
            painter.fillRect(QRectF(x - wider // 2, 0, wider, room.height()), colour)

    def paint_spot(self, painter: QPainter, picture: Picture, lens: Lens, spot: Spot) -> None:
        """Paint a frame around the cell that an element is in."""
        cell = picture.cell_at(*spot)
        if cell is None:
            return
        across, down = lens.scale
        row = picture.area.top + cell[0] * picture.tall
        column = picture.area.left + cell[1] * picture.wide
        x, y = lens.place(row, column)
        width, height = picture.wide * across, picture.tall * down
        box = QRectF(x, y, max(width, _LEAST_SPOT), max(height, _LEAST_SPOT))
        for colour, thick in ((self._theme.colours.base, 3), (self._theme.colours.text, 1)):
            painter.setPen(QPen(QColor(colour), thick))
            painter.drawRect(box)

    def paint_marks(
        self, painter: QPainter, plane: Plane, lens: Lens, room: QRectF, width: int
    ) -> None:
        """Paint the indices of rows at the left of the room, those of columns above it."""
        metrics = painter.fontMetrics()
        tall = metrics.height()
        painter.setPen(QColor(self._theme.colours.muted))
        where = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, said in row_marks(plane, lens, self.grid, tall):
            y = min(room.top() + lens.place(row, 0)[1], room.bottom() - tall / 2 + 2)
            painter.drawText(QRectF(0, y - tall / 2, room.left() - 4, tall), where, said)
        free = 0.0
        for column, said in column_marks(
            plane, lens, self.grid, metrics.horizontalAdvance("0" * 6)
        ):
            long = metrics.horizontalAdvance(said)
            x = room.left() + lens.place(0, column)[0] - long / 2
            if x >= free and x + long <= width:
                painter.drawText(QPointF(x, metrics.ascent()), said)
                free = x + long + 6
