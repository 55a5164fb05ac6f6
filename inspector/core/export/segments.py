"""Contents cut into parts that threads can work on side by side, in the order of the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from inspector.core.export.plan import Content
from inspector.core.model import DType, Tensor

T = TypeVar("T")
R = TypeVar("R")

SEGMENT = 8 << 20
"""Bytes of one segment, of the view or of what becomes of it, whichever are more."""
_THREADS = 2  # more would wait for the memory
_FEW = 4 << 20  # bytes that are not worth a thread


class Segment(NamedTuple):
    """A part of a content."""

    number: int
    """Of the content."""
    view: Tensor
    dtype: DType
    start: int
    """Where its bytes begin in the new storage."""

    @property
    def nbytes(self) -> int:
        """Bytes in the new storage."""
        return self.view.elements * self.dtype.bits // 8


def segments_of(number: int, content: Content) -> Iterator[Segment]:
    """Yield the parts of a content; a view with gaps is one."""
    view, dtype = content.view, content.dtype
    width = max(view.dtype.bits, dtype.bits, 8)
    most = SEGMENT * 8 // width
    if view.elements <= most or not view.contiguous or view.dtype.bits < 8:
        yield Segment(number, view, dtype, 0)
        return
    for first in range(0, view.elements, most):
        length = min(most, view.elements - first)
        part = view._replace(shape=(length,), stride=(1,), offset=view.offset + first)
        yield Segment(number, part, dtype, first * dtype.bits // 8)


def batches_of(contents: Iterable[tuple[int, Content]]) -> Iterator[list[Segment]]:
    """Yield the segments of numbered contents, the small ones many at a time."""
    batch: list[Segment] = []
    nbytes = 0
    for number, content in contents:
        for segment in segments_of(number, content):
            batch.append(segment)
            nbytes += max(segment.nbytes, segment.view.nbytes)
            if nbytes >= _FEW:
                yield batch
                batch, nbytes = [], 0
    if batch:
        yield batch


def side_by_side(work: Callable[[T], R], items: Iterable[T], *, alone: bool) -> Iterator[R]:
    """Yield what `work` makes of each item, in their order; `alone` in this thread only.

    The next few are under way while one is dealt with, no more, so that memory stays bounded.
    """
    if alone:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(_THREADS, "export") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > _THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
