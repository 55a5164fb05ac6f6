"""The closer look at the few tensors whose statistics ask for one: where, and which rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.health.marks import Suspect
from inspector.core.arrays import Block, decode, load_stored, whole_array
from inspector.core.model import Tensor
from inspector.core.sources import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_ROWS_BYTES = 16 << 20
_LONGEST_ROW = 32 << 20  # bytes; no weight has longer rows
_MOST_OVERLAPPING = 4 << 20  # elements that are looked at one by one


class Places(NamedTuple):
    """The first elements that are not finite, in the tensor's own order; None: not known."""

    nan: int | None = None
    infinite: int | None = None


class Dead(NamedTuple):
    """Rows and columns that are all zero; a column of a convolution is an input channel."""

    rows: int
    first_row: int
    columns: int
    first_column: int


# ---- where --------------------------------------------------------------------------------


class PlacesTask(NamedTuple):
    """A block that holds something that is not finite."""

    block: Block
    start: int
    """Elements from the first one that the tensor looks at to the block's first."""
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class OverlapTask(NamedTuple):
    """A small view that overlaps itself, so that one number of a block has several places."""

    tensor: Tensor
    source: Source
    offset: int
    big_endian: bool


def places_tasks(
    tensor: Tensor, offset: int, suspects: Iterable[Suspect]
) -> list[PlacesTask] | list[OverlapTask]:
    """Return the blocks to look at; `offset` is where the storage begins in the blocks' source.

    None for a large view that overlaps itself.
    """
    if tensor.dtype.bits < 8:
        return []
    if not _unique(tensor):
        block = next(iter(suspects)).block
        walked = (size for size, step in zip(tensor.shape, tensor.stride, strict=True) if step)
        if prod(walked) > _MOST_OVERLAPPING or _bytes_of(tensor) > _LONGEST_ROW:
            return []
        return [OverlapTask(tensor, block.source, offset, block.big_endian)]
    reach = zip(tensor.shape, tensor.stride, strict=True)
    first = tensor.offset + sum((size - 1) * step for size, step in reach if step < 0)
    width = tensor.dtype.bits // 8
    tasks = [
        (suspect, (suspect.block.start - offset) // width - first)
        for suspect in sorted(suspects, key=lambda suspect: suspect.block.start)
    ]
    if tensor.contiguous:  # the first block of each sort has the first element of that sort
        nan = [task for task in tasks if task[0].nan][:1]
        infinite = [task for task in tasks if task[0].infinite][:1]
        tasks = nan if nan == infinite else nan + infinite
    return [
        PlacesTask(suspect.block, start, tensor.shape, tensor.stride) for suspect, start in tasks
    ]


def find_places(task: PlacesTask) -> Places:
    """Worker: return the first element of each sort in a block."""
    import numpy as np

    stored = load_stored(task.block)
    with np.errstate(all="ignore"):
        values = decode(stored, task.block.dtype)
        nan = np.isnan(values)
        infinite = np.isinf(values) & ~nan
    return Places(_first(nan, task), _first(infinite, task))


def find_overlapping(task: OverlapTask) -> Places:
    """Worker: return the first element of each sort in a view that overlaps itself."""
    import numpy as np

    shape = task.tensor.shape
    pairs = zip(shape, task.tensor.stride, strict=True)
    walked = task.tensor._replace(shape=tuple(size if step else 1 for size, step in pairs))
    stored = whole_array(walked, task.source, task.offset, big_endian=task.big_endian)

    def place(flags: Array) -> int | None:
        if not flags.any():
            return None
        index = np.unravel_index(int(flags.argmax()), flags.shape)
        return sum(int(at) * prod(shape[axis + 1 :]) for axis, at in enumerate(index))

    with np.errstate(all="ignore"):
        values = decode(stored, task.tensor.dtype)
        nan = np.isnan(values)
        return Places(place(nan), place(np.isinf(values) & ~nan))


def merge_places(one: Places, other: Places) -> Places:
    """Return the earlier of both."""
    return Places(_earlier(one.nan, other.nan), _earlier(one.infinite, other.infinite))


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((place for place in (one, other) if place is not None), default=None)


def _first(flags: Array, task: PlacesTask) -> int | None:
    """Return the place, in the tensor's own order, of the first element that is flagged."""
    import numpy as np

    if not flags.any():
        return None
    found = np.nonzero(flags)
    position = np.full(found[0].shape, task.start, np.int64)
    if flags.ndim and task.block.view.sizes:
        for coordinate, step in zip(found, task.block.view.strides, strict=True):
            position += coordinate * step
    place = np.zeros_like(position)
    for size, step, weight in _dimensions(task.shape, task.stride):
        coordinate = position // abs(step)
        position -= coordinate * abs(step)
        place += weight * (size - 1 - coordinate if step < 0 else coordinate)
    return int(place.min())


def _dimensions(shape: tuple[int, ...], stride: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Return size, stride and what a step counts in the tensor's own order, largest stride first.

    An expanded dimension is left out: the first element is at its begin.
    """
    rows = [
        (size, step, prod(shape[position + 1 :]))
        for position, (size, step) in enumerate(zip(shape, stride, strict=True))
        if size > 1 and step
    ]
    return sorted(rows, key=lambda row: -abs(row[1]))


def _unique(tensor: Tensor) -> bool:
    """True if no two places of a view, apart from expanded ones, are the same element."""
    reach = 0
    for size, step, _ in reversed(_dimensions(tensor.shape, tensor.stride)):
        if abs(step) <= reach:
            return False
        reach += (size - 1) * abs(step)
    return True


# ---- rows and columns ---------------------------------------------------------------------


class DeadTask(NamedTuple):
    """Some rows of a tensor."""

    rows: Tensor
    source: Source
    offset: int
    big_endian: bool
    first: int
    """The number of the first of them."""


class Lines(NamedTuple):
    """What was found in some rows: merged by `merge_lines`."""

    rows: int
    first_row: int
    used: Array
    """For every column whether anything in it is not zero."""


def dead_tasks(tensor: Tensor, source: Source, offset: int, big_endian: bool) -> list[DeadTask]:
    """Return tasks of whole rows; none where rows are no runs of bytes or too long."""
    per_row = _bytes_of(tensor._replace(shape=(1, *tensor.shape[1:])))
    if 0 in tensor.stride or per_row > _LONGEST_ROW:
        return []
    at_once = max(1, _ROWS_BYTES // max(1, abs(tensor.stride[0]) * tensor.dtype.bits // 8))
    tasks = []
    for first in range(0, tensor.shape[0], at_once):
        rows = tensor._replace(
            shape=(min(at_once, tensor.shape[0] - first), *tensor.shape[1:]),
            offset=tensor.offset + first * tensor.stride[0],
        )
        if _bytes_of(rows) > 2 * _LONGEST_ROW:
            return []
        tasks.append(DeadTask(rows, source, offset, big_endian, first))
    return tasks


def _bytes_of(tensor: Tensor) -> int:
    start, stop = tensor.extent
    return stop - start


def find_dead(task: DeadTask) -> Lines:
    """Worker: return which rows and columns have only zeros."""
    import numpy as np

    stored = whole_array(task.rows, task.source, task.offset, big_endian=task.big_endian)
    used = (decode(stored, task.rows.dtype) != 0).reshape(*stored.shape[:2], -1).any(axis=2)
    empty = np.flatnonzero(~used.any(axis=1))
    first = task.first + int(empty[0]) if empty.size else -1
    return Lines(int(empty.size), first, used.any(axis=0))


def merge_lines(one: Lines, other: Lines) -> Lines:
    """Return what was found in both."""
    firsts = [first for first in (one.first_row, other.first_row) if first >= 0]
    return Lines(one.rows + other.rows, min(firsts, default=-1), one.used | other.used)


def dead_of(lines: Iterator[Lines] | list[Lines]) -> Dead:
    """Return what all rows together amount to."""
    import numpy as np

    whole = None
    for some in lines:
        whole = some if whole is None else merge_lines(whole, some)
    assert whole is not None
    unused = np.flatnonzero(~whole.used)
    first = int(unused[0]) if unused.size else -1
    return Dead(whole.rows, whole.first_row, int(unused.size), first)
