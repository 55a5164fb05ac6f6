"""Pictures: a part of a plane as a bounded number of cells, in which no extreme is lost.

A cell keeps the smallest, the largest and the mean finite value of all the elements that it
covers, and how many are NaN or infinite. Where cells are elements, their values stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from inspector.core.analysis.cells import Cells, added, blank, repeated, single
from inspector.core.analysis.patches import Outcome, Patch, boxes, outcome, split
from inspector.core.analysis.planes import Plane, Step
from inspector.core.arrays.blocks import check_bounds
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import FormatError
from inspector.core.progress import Progress, silent
from inspector.core.sources import innermost

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MOST_BYTES = 8 << 30
"""Bytes of values beyond which only every so many-th row or column is read."""
Showing = Literal["extreme", "mean", "low", "high"]
_MOST_ELEMENTS = 1 << 62  # they are counted in int64


class Area(NamedTuple):
    """A part of a plane, in elements."""

    top: int
    left: int
    rows: int
    columns: int


class Picture(NamedTuple):
    """An area of a plane as cells of `tall` rows and `wide` columns; the last ones may have less.

    Of complex numbers, the cells have the absolute values.
    """

    plane: Plane
    area: Area
    tall: int
    wide: int
    every: tuple[int, int]
    """(1, 1) if all was read; else one of so many rows and of so many columns."""
    cells: Cells
    """Where nothing is finite, `low` is infinite and `high` minus infinite."""
    values: Array | None
    """The elements as they are, where each is a cell."""

    def cell_at(self, row: int, column: int) -> tuple[int, int] | None:
        """Return the cell that covers an element of the plane; None outside the area."""
        down, across = row - self.area.top, column - self.area.left
        if 0 <= down < self.area.rows and 0 <= across < self.area.columns:
            return down // self.tall, across // self.wide
        return None


def picture_of(
    checkpoint: Checkpoint,
    plane: Plane,
    most: tuple[int, int],
    engine: Engine,
    area: Area | None = None,
    progress: Progress = silent,
) -> Picture:
    """Read an area of a plane, else all of it, as at most so many rows and columns of cells.

    An area is widened to whole cells. Raises InspectorError if the bytes cannot be had.
    """
    if plane.rows * plane.columns >= _MOST_ELEMENTS:
        raise FormatError(
            f"A plane of {plane.rows:,} × {plane.columns:,} elements is more than can be counted.",
            "No training writes such a tensor; the file may have been made to waste time.",
        )
    reading = Reading(plane, area or Area(0, 0, plane.rows, plane.columns), most)
    tasks = list(reading.patches(checkpoint))
    total = max(1, sum(cost for cost, _ in tasks))
    for found in engine.run(outcome, tasks, total, progress, "Reading values"):
        reading.take(found)
    checkpoint.source.verify()
    return reading.picture()


class Reading:
    """Makes patches out of an area, and a picture out of what they amount to."""

    def __init__(
        self,
        plane: Plane,
        area: Area,
        most: tuple[int, int],
        every: tuple[int, int] | None = None,
    ) -> None:
        """Read one of so many rows and columns, if that is given, and none for several."""
        self._plane = plane
        stride = plane.tensor.stride
        # Rows or columns that are all the same elements are read once.
        self._same = tuple(
            size > 1 and not any(stride[step.axis] for step in steps)
            for size, steps in ((area.rows, plane.down), (area.columns, plane.across))
        )
        if every is not None:
            self._same = (False, False)
        tall, wide = (max(1, -(-size // cells)) for size, cells in zip(area[2:], most, strict=True))
        self.every = every or self._thinned(area, tall, wide)
        down, across = self.every
        self.tall, self.wide = -(-tall // down) * down, -(-wide // across) * across
        self.area = _whole_cells(plane, area, self.tall, self.wide)
        self._shape = -(-self.area.rows // self.tall), -(-self.area.columns // self.wide)
        self._values: Array | None = None
        self._cells: Cells | None = None

    def _thinned(self, area: Area, tall: int, wide: int) -> tuple[int, int]:
        """Return that one of so many rows and of so many columns is read."""
        rows, columns = (
            1 if same else size for same, size in zip(self._same, area[2:], strict=True)
        )
        times = -(-rows * columns * self._plane.tensor.dtype.bits // (8 * MOST_BYTES))
        if times <= 1 or len(self._plane.down) > 1 or len(self._plane.across) > 1:
            return 1, 1
        stride = self._plane.tensor.stride
        reach = [
            abs(stride[steps[0].axis]) * steps[0].pace if steps else 0
            for steps in (self._plane.down, self._plane.across)
        ]
        if reach[0] >= reach[1]:
            down = min(tall, times)
            return down, min(wide, -(-times // down))
        across = min(wide, times)
        return min(tall, -(-times // across)), across

    def patches(self, checkpoint: Checkpoint) -> Iterator[tuple[int, Patch]]:
        """Yield what is to be read, each with its cost in bytes."""
        for patch in self.boxes(checkpoint):
            for part in split(patch):
                yield part.reading[0], part

    def boxes(self, checkpoint: Checkpoint) -> Iterator[Patch]:
        """Yield what is to be read, of any size."""
        tensor = self._plane.tensor
        assert tensor.storage is not None
        check_bounds(tensor)
        source, start = innermost(*checkpoint.locate(tensor.storage))
        big = checkpoint.byte_order == "big"
        for plane, place, rows, columns, (tall, wide) in self._parts():
            for first, row, column, dims in boxes(plane, rows, columns):
                yield Patch(
                    source=source,
                    start=start,
                    dtype=tensor.dtype,
                    big_endian=big,
                    lazy=tensor.lazy,
                    first=first,
                    row=row + place,
                    column=column,
                    dims=dims,
                    tall=tall,
                    wide=wide,
                )

    def _parts(self) -> Iterator[tuple[Plane, int, range, range, tuple[int, int]]]:
        """Yield planes to read, the row they begin at, what to read of them, and their cells."""
        area, plane = self.area, self._plane
        top, left, rows, columns = area
        cell = tuple(
            1 if same else n for same, n in zip(self._same, (self.tall, self.wide), strict=True)
        )
        if self._same[0]:
            rows = 1
        if self._same[1]:
            columns = 1
        bottom, right = top + rows, left + columns
        if plane.short and area.top + area.rows == plane.rows:
            bottom -= 1
            end = min(right, plane.columns - plane.short)
            if end > left:
                last = range(plane.rows - 1, plane.rows)
                yield plane, plane.rows - 1 - top, last, range(left, end), (cell[0], cell[1])
        if bottom <= top:
            return
        down, across = self.every
        if down == across == 1:
            yield plane, 0, range(top, bottom), range(left, right), (cell[0], cell[1])
            return
        thin = plane._replace(
            at=plane.index_at(top, left) or plane.at,
            down=_every(plane.down, bottom - top, down),
            across=_every(plane.across, right - left, across),
        )
        cell = cell[0] // down, cell[1] // across
        yield thin, 0, range(thin.rows), range(thin.columns), cell

    def take(self, found: Outcome) -> None:
        """Add what came of a patch."""
        import numpy as np

        shape = tuple(1 if same else n for same, n in zip(self._same, self._shape, strict=True))
        where = np.ix_(found.rows, found.columns)
        if found.values is not None:
            if self._values is None:
                self._values = np.zeros(shape, found.values.dtype)
                self._there = np.zeros(shape, bool)
            self._values[where] = found.values
            self._there[where] = True
        elif found.cells is not None:
            if self._cells is None:
                self._cells = blank(shape, found.cells.low.dtype)
            self._cells = added(self._cells, found.cells, where)

    def picture(self) -> Picture:
        """Return what all patches have brought together."""
        import numpy as np

        cells, values = self._cells, self._values
        if values is not None:
            with np.errstate(all="ignore"):
                cells = single(values, self._there)
        assert cells is not None
        for axis, (same, number, cell) in enumerate(
            zip(self._same, self.area[2:], (self.tall, self.wide), strict=True)
        ):
            if same:
                weights = np.full(-(-number // cell), cell, np.int64)
                weights[-1] -= len(weights) * cell - number
                cells = repeated(cells, weights, axis)
                values = None if values is None else np.repeat(values, len(weights), axis)
        if self.tall * self.wide > 1:
            values = None
        return Picture(self._plane, self.area, self.tall, self.wide, self.every, cells, values)


def _whole_cells(plane: Plane, area: Area, tall: int, wide: int) -> Area:
    """Widen an area so that the edges of cells stay where they are when it moves."""
    top, left = area.top - area.top % tall, area.left - area.left % wide
    rows = -(-(area.top + area.rows - top) // tall) * tall
    columns = -(-(area.left + area.columns - left) // wide) * wide
    return Area(top, left, min(rows, plane.rows - top), min(columns, plane.columns - left))


def _every(steps: tuple[Step, ...], size: int, number: int) -> tuple[Step, ...]:
    return tuple(Step(step.axis, -(-size // number), step.pace * number) for step in steps)
