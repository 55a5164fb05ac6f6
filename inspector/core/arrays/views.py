"""The geometry of strided views: which elements of a storage a tensor looks at, and how often.

Sums, counts and extremes do not depend on the order of the elements, so a permuted or flipped
tensor is walked in the order in which it lies in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from inspector.core.errors import FormatError
from inspector.core.model import Tensor
from inspector.core.text import exact

_DENSE = 4  # an overlapping view of more elements than this per position is counted, not walked
_MOST_PIECES = 1 << 22  # a view that falls into more of them is made up to take for ever


class View(NamedTuple):
    """Elements of a storage: a grid of positions, and how often each position counts."""

    start: int
    """The first element."""
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    """Positive, the largest first; empty together with `sizes` for a single element."""
    weight: int = 1
    """How often each element occurs in the tensor, by dimensions of stride 0."""

    @property
    def elements(self) -> int:
        """Elements that are walked."""
        return prod(self.sizes)

    @property
    def extent(self) -> int:
        """Elements of the storage from the first to the last one of the view, inclusive."""
        if self.strides == (1,):
            return self.sizes[0]
        reach = zip(self.sizes, self.strides, strict=True)
        return 1 + sum((size - 1) * stride for size, stride in reach)

    @property
    def solid(self) -> bool:
        """True if the elements follow each other without a gap, each once."""
        return self.strides in ((), (1,))

    @property
    def dense(self) -> bool:
        """True if it overlaps itself so often that its positions are to be counted instead."""
        return len(self.sizes) > 1 and self.elements > _DENSE * self.extent


def distinct_view(tensor: Tensor) -> View | None:
    """Return what a tensor looks at, with as few dimensions as possible; None if it is empty."""
    if 0 in tensor.shape:
        return None
    if tensor.contiguous:
        elements = tensor.elements
        return (
            View(tensor.offset, (elements,), (1,)) if elements > 1 else View(tensor.offset, (), ())
        )
    start, weight = tensor.offset, 1
    steps: list[tuple[int, int]] = []
    for size, stride in zip(tensor.shape, tensor.stride, strict=True):
        if size == 1:
            continue
        if stride == 0:
            weight *= size
            continue
        if stride < 0:
            start += (size - 1) * stride
        steps.append((abs(stride), size))
    steps.sort(reverse=True)
    joined: list[tuple[int, int]] = []
    for stride, size in steps:
        if joined and joined[-1][0] == stride * size:
            joined[-1] = (stride, joined[-1][1] * size)
        else:
            joined.append((stride, size))
    sizes = tuple(size for _, size in joined)
    return View(start, sizes, tuple(stride for stride, _ in joined), weight)


def pieces(view: View, most: int) -> Iterator[View]:
    """Yield parts of a view that each span at most so many elements of the storage.

    Raises FormatError for a view that overlaps itself so densely that there would be no end.
    """
    if view.extent <= most:
        yield view
        return
    count = _count(view, most)
    if count > _MOST_PIECES:
        raise FormatError(
            f"A tensor overlaps itself so densely that its {exact(view.elements)} elements cannot "
            "be gone through.",
            "No training writes such a tensor; the file may have been made to waste time.",
        )
    yield from _split(view, most)


def _split(view: View, most: int) -> Iterator[View]:
    if view.extent <= most:
        yield view
        return
    size, stride = view.sizes[0], view.strides[0]
    inner = view._replace(sizes=view.sizes[1:], strides=view.strides[1:])
    at_once = max(1, (most - inner.extent) // stride + 1)
    for first in range(0, size, at_once):
        number = min(at_once, size - first)
        start = view.start + first * stride
        if number == 1:
            yield from _split(inner._replace(start=start), most)
        else:
            yield view._replace(start=start, sizes=(number, *inner.sizes))


def _count(view: View, most: int) -> int:
    if view.extent <= most:
        return 1
    inner = view._replace(sizes=view.sizes[1:], strides=view.strides[1:])
    at_once = max(1, (most - inner.extent) // view.strides[0] + 1)
    outer = -(-view.sizes[0] // at_once)
    return outer if at_once > 1 else outer * _count(inner, most)
