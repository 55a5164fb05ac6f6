"""Planes: which element of a tensor lies where in a flat picture of it.

Two axes are laid out as rows and columns while the others stay at one index. A single axis is
folded like lines of text. Kernels of a convolution are laid out side by side: rows and columns of
the picture are then made of several axes, one inside the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, prod
from typing import NamedTuple

from inspector.core.arrays import encoding_of
from inspector.core.errors import FormatError
from inspector.core.model import Tensor

_ONE_LINE = 128  # values of a single axis that stand in one row
_LARGEST_KERNEL = 32
KERNELS = 64
"""Of each of the two axes that count them, on one page."""


class Step(NamedTuple):
    """One way to go along rows or columns: so many times, by `pace` indices of an axis."""

    axis: int
    size: int
    pace: int = 1


class Plane(NamedTuple):
    """Elements of a tensor as rows and columns."""

    tensor: Tensor
    """With a storage, and with one element for every value: see `unpacked`."""
    at: tuple[int, ...]
    """The index of the element at the top left."""
    down: tuple[Step, ...]
    """How rows are counted, the outermost step first; empty for a single row."""
    across: tuple[Step, ...]
    short: int = 0
    """Places at the end of the last row that no element takes."""

    @property
    def rows(self) -> int:
        """Rows, counted in elements."""
        return prod(step.size for step in self.down)

    @property
    def columns(self) -> int:
        """Columns, counted in elements."""
        return prod(step.size for step in self.across)

    def index_at(self, row: int, column: int) -> tuple[int, ...] | None:
        """Return the index of the element at a place; None where there is none."""
        if not (0 <= row < self.rows and 0 <= column < self.columns):
            return None
        if row == self.rows - 1 and column >= self.columns - self.short:
            return None
        found = list(self.at)
        for steps, place in ((self.down, row), (self.across, column)):
            for step in reversed(steps):
                place, number = divmod(place, step.size)
                found[step.axis] += number * step.pace
        return tuple(found)


class Grid(NamedTuple):
    """Kernels laid out side by side, and how large each is in the picture."""

    plane: Plane
    tile: tuple[int, int]
    """Rows and columns of one kernel."""
    group: int
    """Kernels side by side that share their index of axis 0: all those of axis 1."""


def unpacked(tensor: Tensor) -> Tensor:
    """Return a description with one element per value, where torch counts several as one.

    Raises FormatError for a dtype that nobody knows.
    """
    encoding = encoding_of(tensor.dtype)
    several = tensor.dtype.bits // encoding.bits
    if several <= 1:
        return tensor
    shape, stride = tensor.shape or (1,), tensor.stride or (1,)
    if stride[-1] != 1 and shape[-1] > 1:
        raise FormatError(f"Views of {tensor.dtype.name} that are not contiguous are not read.")
    return tensor._replace(
        dtype=tensor.dtype._replace(bits=encoding.bits),
        shape=(*shape[:-1], several * shape[-1]),
        stride=(*(several * step for step in stride[:-1]), 1),
        offset=several * tensor.offset,
    )


def usual_axes(tensor: Tensor) -> tuple[int, int] | None:
    """Return the axes to begin with: the last two that have a length. None if one has at most."""
    long = [axis for axis, size in enumerate(tensor.shape) if size > 1]
    return (long[-2], long[-1]) if len(long) > 1 else None


def plane_of(tensor: Tensor, axes: tuple[int, int], at: Sequence[int] = ()) -> Plane:
    """Lay out two axes; `at` says where the others stay."""
    down, across = axes
    start = list(at) or [0] * len(tensor.shape)
    start[down] = start[across] = 0
    steps = (Step(down, tensor.shape[down]),), (Step(across, tensor.shape[across]),)
    return Plane(tensor, tuple(start), *steps)


def line_of(tensor: Tensor) -> Plane:
    """Lay out the one axis that has a length: in one row, or folded into rows of a power of two."""
    at = (0,) * len(tensor.shape)
    axis = next((number for number, size in enumerate(tensor.shape) if size > 1), None)
    if axis is None:
        return Plane(tensor, at, (), ())
    size = tensor.shape[axis]
    if size <= _ONE_LINE:
        return Plane(tensor, at, (), (Step(axis, size),))
    width = 1 << isqrt(4 * size - 1).bit_length()
    rows = -(-size // width)
    steps = (Step(axis, rows, width),), (Step(axis, width),)
    return Plane(tensor, at, *steps, short=rows * width - size)


def has_kernels(tensor: Tensor) -> bool:
    """Return whether it looks like the weights of a two- or three-dimensional convolution."""
    if len(tensor.shape) not in (4, 5):
        return False
    *_, height, width = tensor.shape
    return height * width > 1 and max(height, width) <= _LARGEST_KERNEL


def page_of(size: int, index: int) -> range:
    """Return the indices of an axis of kernels that are shown together with one of them."""
    first = index - index % KERNELS
    return range(first, min(first + KERNELS, size))


def kernels_of(tensor: Tensor, first: range, second: range, at: Sequence[int] = ()) -> Grid:
    """Lay out the kernels of some indices of axes 0 and 1.

    Axis 0 counts rows and axis 1 columns, as long as that does not make a ribbon: else several
    indices of axis 0 stand in a row.
    """
    last = len(tensor.shape) - 1
    height, width = tensor.shape[-2:]
    beside = min(
        (number for number in range(1, len(first) + 1) if len(first) % number == 0),
        key=lambda number: _oblong(len(first) // number * height, number * len(second) * width),
    )
    start = list(at) or [0] * len(tensor.shape)
    start[0], start[1], start[-2], start[-1] = first.start, second.start, 0, 0
    down = Step(0, len(first) // beside, beside), Step(last - 1, height)
    across = Step(0, beside), Step(1, len(second)), Step(last, width)
    return Grid(Plane(tensor, tuple(start), down, across), (height, width), len(second))


def _oblong(rows: int, columns: int) -> float:
    return max(rows, columns) / min(rows, columns)
