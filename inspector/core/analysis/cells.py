"""Cells: what rectangles of elements amount to, so that no extreme among them is lost."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Cells(NamedTuple):
    """What each of some rectangles of elements amounts to; arrays of the same shape.

    Only finite values have an effect on `low`, `high` and `total`.
    """

    low: Array
    high: Array
    total: Array
    elements: Array
    """How many there are, the others included."""
    odd: Array | None
    """How many of them are NaN, +Inf and −Inf, along a first axis of three. None: none is."""


def magnitudes(values: Array) -> Array:
    """Return numbers that have an order: absolute values of complex ones, 0 and 1 of bools."""
    import numpy as np

    if values.dtype.kind == "c":
        wide = values.astype(np.complex128)
        sizes = np.abs(wide)
        sizes[np.isnan(wide)] = np.nan  # the absolute value of (inf, nan) would be infinite
        return sizes
    if values.dtype.kind == "b":
        return values.view(np.uint8)
    return (
        values.astype(np.float32)
        if values.dtype.itemsize == 2 and values.dtype.kind == "f"
        else values
    )


def reduced(values: Array, height: Array, width: Array) -> Cells:
    """Return cells of so many rows and columns each, which together are all of `values`."""
    import numpy as np

    if values.strides[0] < values.strides[1]:  # columns lie in one piece
        low, high, total, elements, odd = reduced(values.T, width, height)
        odd = None if odd is None else odd.transpose(0, 2, 1)
        return Cells(low.T, high.T, total.T, elements.T, odd)
    low, high = (
        folded(np.minimum, values, height, width),
        folded(np.maximum, values, height, width),
    )
    elements = np.multiply.outer(height, width)
    odd = None
    if values.dtype.kind == "f" and not (np.isfinite(low).all() and np.isfinite(high).all()):
        tests = np.isnan(values), values == np.inf, values == -np.inf
        odd = np.stack([folded(np.add, test, height, width, np.int64) for test in tests])
        finite = np.isfinite(values)
        low = folded(np.minimum, np.where(finite, values, np.inf), height, width)
        high = folded(np.maximum, np.where(finite, values, -np.inf), height, width)
        values = np.where(finite, values, 0)
    total = folded(np.add, values, height, width, np.float64)
    return Cells(low, high, total, elements, odd)


def folded(join: np.ufunc, values: Array, height: Array, width: Array, dtype: Any = None) -> Array:
    """Join the rows of each cell, which is quick, and then the columns of what is left."""
    import numpy as np

    dtype = dtype or values.dtype
    edges = np.concatenate(([0], np.cumsum(height))).tolist()
    joined = np.empty((len(height), values.shape[1]), dtype)
    for number, (first, stop) in enumerate(pairwise(edges)):
        join.reduce(values[first:stop], axis=0, dtype=dtype, out=joined[number])
    starts = np.cumsum(width) - width
    return (
        joined
        if len(starts) == values.shape[1]
        else join.reduceat(joined, starts, axis=1, dtype=dtype)
    )


def single(values: Array, there: Array) -> Cells:
    """Return cells of one element each, and empty ones where none is there."""
    import numpy as np

    sizes = magnitudes(values)
    finite = np.isfinite(sizes) & there
    odd = None
    if (there & ~finite).any():
        tests = np.isnan(sizes), sizes == np.inf, sizes == -np.inf
        odd = np.stack([(test & there).astype(np.int64) for test in tests])
    nothing = blank(sizes.shape, sizes.dtype)
    return Cells(
        np.where(finite, sizes, nothing.low),
        np.where(finite, sizes, nothing.high),
        np.where(finite, sizes, 0).astype(np.float64),
        there.astype(np.int64),
        odd,
    )


def coarser(cells: Cells, tall: int, wide: int) -> Cells:
    """Return cells that each take in so many rows and columns of cells."""
    import numpy as np

    if tall == wide == 1:
        return cells
    height, width = (
        np.bincount(np.arange(size) // step)
        for size, step in zip(cells.low.shape, (tall, wide), strict=True)
    )
    odd = None
    if cells.odd is not None:
        odd = np.stack([folded(np.add, part, height, width) for part in cells.odd])
    return Cells(
        folded(np.minimum, cells.low, height, width),
        folded(np.maximum, cells.high, height, width),
        folded(np.add, cells.total, height, width),
        folded(np.add, cells.elements, height, width),
        odd,
    )


def blank(shape: tuple[int, ...], dtype: Any) -> Cells:
    """Return cells that cover nothing yet."""
    import numpy as np

    if dtype.kind == "f":
        least, most = -np.inf, np.inf
    else:
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    return Cells(
        np.full(shape, most, dtype),
        np.full(shape, least, dtype),
        np.zeros(shape, np.float64),
        np.zeros(shape, np.int64),
        None,
    )


def added(cells: Cells, more: Cells, where: Any) -> Cells:
    """Put the cells of a patch together with those that are there; in place."""
    import numpy as np

    cells.low[where] = np.minimum(cells.low[where], more.low)
    cells.high[where] = np.maximum(cells.high[where], more.high)
    cells.total[where] += more.total
    cells.elements[where] += more.elements
    if more.odd is None:
        return cells
    odd = np.zeros((3, *cells.low.shape), np.int64) if cells.odd is None else cells.odd
    for part, other in zip(odd, more.odd, strict=True):
        part[where] += other
    return cells._replace(odd=odd)


def repeated(cells: Cells, weights: Array, axis: int) -> Cells:
    """Return cells so often along an axis, each made of that many equal rows or columns."""
    import numpy as np

    number = len(weights)
    heavy = weights[:, None] if axis == 0 else weights[None, :]
    return Cells(
        np.repeat(cells.low, number, axis),
        np.repeat(cells.high, number, axis),
        np.repeat(cells.total, number, axis) * heavy,
        np.repeat(cells.elements, number, axis) * heavy,
        None if cells.odd is None else np.repeat(cells.odd, number, axis + 1) * heavy,
    )
