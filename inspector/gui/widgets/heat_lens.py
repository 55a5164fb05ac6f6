"""Which part of a plane is looked at, and how large an element is on screen; pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

_LARGEST_FIT = 48.0  # pixels of an element, where all of the plane is seen
_LARGEST = 64.0  # pixels of an element, zoomed in as far as it goes
_LEAST_SHARE = 1 / 3  # of the room that a plane takes in both directions, as far as it can
_RIBBON = 2  # times as long as wide, from which cells need not be squares to use the room


@dataclass(frozen=True)
class Lens:
    """A plane of rows and columns in a room of pixels, zoomed and moved."""

    rows: int = 1
    columns: int = 1
    width: float = 1.0
    height: float = 1.0
    zoom: float = 1.0
    row: float = 0.0
    """The place of the plane at the top left of the room, in elements."""
    column: float = 0.0
    fills: bool = False
    """True if what is much longer than wide takes all of the room."""

    @property
    def fit(self) -> tuple[float, float]:
        """Width and height of an element where all is seen: a square, unless that is a ribbon."""
        square = min(self.width / self.columns, self.height / self.rows, _LARGEST_FIT)
        long, short = max(self.rows, self.columns), min(self.rows, self.columns)
        least = 1.0 if self.fills and long > _RIBBON * short else _LEAST_SHARE
        return (
            max(square, min(self.width * least / self.columns, _LARGEST_FIT)),
            max(square, min(self.height * least / self.rows, _LARGEST_FIT)),
        )

    @property
    def scale(self) -> tuple[float, float]:
        """Width and height of an element in pixels."""
        across, down = self.fit
        return min(across * self.zoom, _LARGEST), min(down * self.zoom, _LARGEST)

    @property
    def is_whole(self) -> bool:
        """True while all of the plane is seen."""
        return self.zoom <= 1.0

    @property
    def seen(self) -> tuple[int, int, int, int]:
        """The first row, first column, end of rows and end of columns that are on screen."""
        across, down = self.scale
        return (
            max(0, floor(self.row)),
            max(0, floor(self.column)),
            min(self.rows, ceil(self.row + self.height / down)),
            min(self.columns, ceil(self.column + self.width / across)),
        )

    @property
    def size(self) -> tuple[float, float]:
        """Width and height that the plane takes on screen."""
        across, down = self.scale
        return min(self.width, self.columns * across), min(self.height, self.rows * down)

    def place(self, row: float, column: float) -> tuple[float, float]:
        """Return where the corner of an element is, in pixels from the top left."""
        across, down = self.scale
        return (column - self.column) * across, (row - self.row) * down

    def element(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the row and column at a pixel; None beside the plane."""
        across, down = self.scale
        row, column = floor(self.row + y / down), floor(self.column + x / across)
        inside = 0 <= row < self.rows and 0 <= column < self.columns
        return (row, column) if inside else None

    def resized(self, width: float, height: float) -> Lens:
        """Return it in another room, with the same place at the top left."""
        return replace(self, width=max(width, 1.0), height=max(height, 1.0)).moved(0, 0)

    def whole(self) -> Lens:
        """Return it with all of the plane in sight."""
        return replace(self, zoom=1.0, row=0.0, column=0.0)

    def zoomed(self, factor: float, x: float, y: float) -> Lens:
        """Return it closer by a factor; what is at that pixel stays there."""
        across, down = self.scale
        row, column = self.row + y / down, self.column + x / across
        most = max(1.0, *(_LARGEST / size for size in self.fit))
        closer = replace(self, zoom=min(max(self.zoom * factor, 1.0), most))
        across, down = closer.scale
        return replace(closer, row=row - y / down, column=column - x / across).moved(0, 0)

    def moved(self, x: float, y: float) -> Lens:
        """Return it moved by pixels, not beyond the edges of the plane."""
        across, down = self.scale
        row = min(self.row + y / down, self.rows - self.height / down)
        column = min(self.column + x / across, self.columns - self.width / across)
        return replace(self, row=max(row, 0.0), column=max(column, 0.0))

    def towards(self, row: int, column: int) -> Lens:
        """Return it moved as little as is needed to see an element."""
        across, down = self.scale
        x, y = self.place(row, column)
        right, below = max(0.0, x + across - self.width), max(0.0, y + down - self.height)
        return self.moved(min(x, 0.0) or right, min(y, 0.0) or below)
