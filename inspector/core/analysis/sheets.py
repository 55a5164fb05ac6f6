"""Sheets: a tensor of any number of dimensions as rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple, Protocol

from inspector.core import text
from inspector.core.analysis.planes import usual_axes
from inspector.core.arrays import region
from inspector.core.errors import FormatError
from inspector.core.model import Tensor

EDGE = 3
"""Elements that are shown of each end of an axis, as numpy does."""

Index = tuple[int, ...]
Piece = tuple[int, int, Tensor]
"""The row and the column where it begins, and a description of the elements there."""


class Sheet(Protocol):
    """What a table shows: elements in rows and columns, and possibly gaps."""

    @property
    def rows(self) -> int:
        """How many there are, gaps included."""
        ...

    @property
    def columns(self) -> int:
        """How many there are, gaps included."""
        ...

    def index_of(self, row: int, column: int) -> Index | None:
        """Return the index of the element in a cell, None in a gap."""
        ...

    def pieces(self, rows: range, columns: range) -> Iterator[Piece]:
        """Yield descriptions of two dimensions that together have all elements of a rectangle."""
        ...

    def row_label(self, row: int) -> str:
        """Return the index, or the indices, that a row stands for; empty for a gap."""
        ...

    def column_label(self, column: int) -> str:
        """Return the index that a column stands for; empty for a gap."""
        ...


class Grid(NamedTuple):
    """Two axes of a tensor; the others stay at one index."""

    tensor: Tensor
    row_axis: int | None
    """None where there are too few dimensions."""
    column_axis: int | None
    at: Index
    """An index for each axis; those of the two are of no account."""

    @classmethod
    def of(cls, tensor: Tensor) -> Grid:
        """Return the last two axes that have a length, at the first index of the others."""
        dims = len(tensor.shape)
        row, column = (dims - 2, dims - 1) if dims > 1 else (0 if dims else None, None)
        row, column = usual_axes(tensor) or (row, column)
        return cls(tensor, row, column, (0,) * dims)

    @property
    def rows(self) -> int:
        """The length of the axis; 1 where there is none."""
        return 1 if self.row_axis is None else self.tensor.shape[self.row_axis]

    @property
    def columns(self) -> int:
        """The length of the axis; 1 where there is none."""
        return 1 if self.column_axis is None else self.tensor.shape[self.column_axis]

    @property
    def described(self) -> Tensor:
        """The grid as a tensor of two dimensions."""
        shape, stride = self.tensor.shape, self.tensor.stride
        others = [
            at * step
            for axis, (at, step) in enumerate(zip(self.at, stride, strict=True))
            if axis not in (self.row_axis, self.column_axis)
        ]
        axes = (self.row_axis, self.column_axis)
        return self.tensor._replace(
            shape=tuple(1 if axis is None else shape[axis] for axis in axes),
            stride=tuple(0 if axis is None else stride[axis] for axis in axes),
            offset=self.tensor.offset + sum(others),
            parts=(),
        )

    def part(self, rows: range | None = None, columns: range | None = None) -> Tensor:
        """Return some rows and columns, or all of them, as a tensor of the axes that there are."""
        part = region(self.described, (rows or range(self.rows), columns or range(self.columns)))
        axes = [n for n, axis in enumerate((self.row_axis, self.column_axis)) if axis is not None]
        return part._replace(
            shape=tuple(part.shape[n] for n in axes), stride=tuple(part.stride[n] for n in axes)
        )

    def index_of(self, row: int, column: int) -> Index | None:
        """Return the index of the element in a cell."""
        found = list(self.at)
        for axis, position in ((self.row_axis, row), (self.column_axis, column)):
            if axis is not None:
                found[axis] = position
        return tuple(found)

    def pieces(self, rows: range, columns: range) -> Iterator[Piece]:
        """Yield the rectangle itself."""
        yield rows.start, columns.start, region(self.described, (rows, columns))

    def row_label(self, row: int) -> str:
        """Return the index along the axis of the rows."""
        return text.exact(row) if self.row_axis is not None else ""

    def column_label(self, column: int) -> str:
        """Return the index along the axis of the columns."""
        return text.exact(column) if self.column_axis is not None else ""


class Edges:
    """All axes of a tensor, of each the first and the last few, as numpy prints large arrays.

    The last axis lies in the columns, every combination of the others has a row.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        shown = [_edges(size) for size in tensor.shape]
        self._leading = shown[:-1] if len(shown) > 1 else shown
        self._across: list[int | None] = shown[-1] if len(shown) > 1 else [0]
        # Rows that one step of each leading axis takes; a gap takes one.
        self._steps = [1]
        for places in reversed(self._leading[1:]):
            gap = None in places
            self._steps.insert(0, (len(places) - gap) * self._steps[0] + gap)
        places = self._leading[0] if self._leading else [0]
        gap = None in places
        self.rows = (len(places) - gap) * self._steps[0] + gap
        self.columns = len(self._across) if prod(tensor.shape) else 0

    def index_of(self, row: int, column: int) -> Index | None:
        """Return the index of the element in a cell, None in a gap."""
        lead, across = self._lead(row), self._across[column]
        if lead is None or across is None:
            return None
        return (*lead, across) if len(self.tensor.shape) > 1 else lead

    def pieces(self, rows: range, columns: range) -> Iterator[Piece]:
        """Yield the two ends of each row."""
        places = [(column, self._across[column]) for column in columns]
        shown = [(column, place) for column, place in places if place is not None]
        ends = [run for run in (shown[: _run(shown)], shown[_run(shown) :]) if run]
        for row in rows:
            lead = self._lead(row)
            if lead is None:
                continue
            for run in ends:
                yield row, run[0][0], self._piece(lead, run[0][1], len(run))

    def row_label(self, row: int) -> str:
        """Return the indices along all axes but the last."""
        lead = self._lead(row)
        return "" if lead is None else ", ".join(map(text.exact, lead))

    def column_label(self, column: int) -> str:
        """Return the index along the last axis."""
        place = self._across[column]
        return text.exact(place) if place is not None and len(self.tensor.shape) > 1 else ""

    def _piece(self, lead: Index, first: int, number: int) -> Tensor:
        stride = self.tensor.stride
        offset = self.tensor.offset + sum(
            at * step for at, step in zip(lead, stride[: len(lead)], strict=True)
        )
        along = stride[-1] if len(stride) > 1 else 0
        return self.tensor._replace(
            shape=(1, number), stride=(0, along), offset=offset + first * along, parts=()
        )

    def _lead(self, row: int) -> Index | None:
        """Return the indices along all axes but the last, None where a row stands for a gap."""
        found = []
        for places, step in zip(self._leading, self._steps, strict=False):
            if None not in places:
                number, row = divmod(row, step)
            else:  # the rows of three steps, one row for the gap, those of the last three
                before = EDGE * step
                if row == before:
                    return None
                number, row = divmod(row - (row > before), step)
                number += number >= EDGE
            place = places[number]
            assert place is not None
            found.append(place)
        return tuple(found)


def _edges(size: int) -> list[int | None]:
    if size <= 2 * EDGE:
        return list(range(size))
    return [*range(EDGE), None, *range(size - EDGE, size)]


def _run(shown: list[tuple[int, int]]) -> int:
    """Return how many of the columns follow each other without a gap."""
    for number in range(1, len(shown)):
        if shown[number][0] != shown[number - 1][0] + 1:
            return number
    return len(shown)


def parsed_index(words: str, grid: Grid) -> Index:
    """Return the element that `12, 345` or `[-1, 0, 7]` means; raises FormatError.

    With fewer numbers than axes, one is the row, two are row and column.
    """
    shape = grid.tensor.shape
    try:
        numbers = [
            int("".join(word.replace("_", "").split()))
            for word in words.strip().strip("[]()").strip().rstrip(",").split(",")
        ]
    except ValueError:
        example = ", ".join(str(length - 1) for length in shape) or "0"
        raise FormatError(f"{words.strip()!r} is no index.", f"Write it like {example}.") from None
    axes = list(range(len(shape)))
    if len(numbers) != len(axes):
        axes = [axis for axis in (grid.row_axis, grid.column_axis) if axis is not None]
        axes = axes[: len(numbers)]
    if len(numbers) != len(axes):
        raise FormatError(
            f"The index has {text.plural(len(numbers), 'number')}, the tensor "
            f"{text.plural(len(shape), 'dimension')}."
        )
    found = list(grid.at)
    for axis, number in zip(axes, numbers, strict=True):
        length = shape[axis]
        if not -length <= number < length:
            raise FormatError(
                f"Axis {axis} has no index {number}: it goes from 0 to {text.exact(length - 1)}."
            )
        found[axis] = number % length
    return tuple(found)
