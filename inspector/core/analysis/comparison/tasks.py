"""Pairs of tensors become tasks: pieces that lie alike in both files, or the same elements of both.

Where two tensors have the same strides, their bytes are walked side by side as they lie. Where they
have not (one was saved transposed), tiles of the same elements are read from each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from math import prod
from typing import Any, NamedTuple, TypeVar

from inspector.core.analysis.comparison.deltas import Delta
from inspector.core.analysis.comparison.runs import delta, delta_of_blocks
from inspector.core.analysis.gathering import Gathering
from inspector.core.arrays import (
    Block,
    Window,
    blocks_of,
    distinct_view,
    encoding_of,
    load_window,
    region,
    same_bytes,
    small_block,
)
from inspector.core.arrays.blocks import check_bounds
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import FormatError, InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress
from inspector.core.sources import Source, innermost, mapped, read_exactly, read_into

R = TypeVar("R")
Indexed = tuple[int, "Look", "Look"]

_PIECE_ELEMENTS = 1 << 22
_TILE_ELEMENTS = 1 << 20
_TASK_PIECES = 512
_READ = 1 << 18
_FEW = 1 << 24  # elements that are gone through however often they repeat
_MOST_REPEATED = 4  # elements per position of a view that is walked element by element


class Look(NamedTuple):
    """The values of a tensor; where they are is found out when they are read."""

    tensor: Tensor
    checkpoint: Checkpoint
    crc: int | None
    """The checksum of exactly these values, where the file states it."""

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return self.tensor.nbytes

    @property
    def big_endian(self) -> bool:
        """How the numbers are stored."""
        return self.checkpoint.byte_order == "big"

    def place(self) -> tuple[Source, int]:
        """Return where the storage begins; raises InspectorError if its bytes are not there."""
        check_bounds(self.tensor)
        assert self.tensor.storage is not None
        return innermost(*self.checkpoint.locate(self.tensor.storage))

    def small(self) -> Block | None:
        """Return all of it, if that is little and contiguous; raises InspectorError as well."""
        if self.tensor.storage is None:
            return None
        source, offset = innermost(*self.checkpoint.locate(self.tensor.storage))
        return small_block(self.tensor, source, offset, big_endian=self.big_endian)


class Piece(NamedTuple):
    """The same elements of two tensors."""

    number: int
    a: Block | Window
    b: Block | Window
    first: tuple[int, ...]
    """Of blocks, the position in the storage; of windows, the index of the first element."""
    shape: tuple[int, ...] = ()
    """Of windows, the shape of the whole tensor."""

    @property
    def nbytes(self) -> int:
        """Bytes of both sides."""
        return _size(self.a) + _size(self.b)


Task = tuple[Piece, ...]
"""Pieces that one worker goes through."""


def look_at(checkpoint: Checkpoint, tensor: Tensor) -> Look:
    """Return what is known of the values of a tensor; raises FormatError if it has none."""
    storage = tensor.storage
    if storage is None:
        check_bounds(tensor)
    crc = None
    if storage is not None and not tensor.offset and tensor.nbytes == storage.nbytes:
        crc = checkpoint.checksum(storage) if tensor.contiguous and not tensor.lazy else None
    return Look(tensor, checkpoint, crc)


def is_alike(a: Look, b: Look) -> bool:
    """Return whether the elements of two tensors of one shape lie in the same order."""
    view_a, view_b = distinct_view(a.tensor), distinct_view(b.tensor)
    if view_a is None or view_b is None:
        return True
    if min(a.tensor.dtype.bits, b.tensor.dtype.bits) < 8:
        return a.tensor.dtype == b.tensor.dtype
    if a.tensor.lazy != b.tensor.lazy:
        return False
    return (
        _steps(a.tensor) == _steps(b.tensor)
        and (view_a.sizes, view_a.strides) == (view_b.sizes, view_b.strides)
        and not view_a.dense
    )


def _steps(tensor: Tensor) -> list[int]:
    pairs = zip(tensor.shape, tensor.stride, strict=True)
    return [0 if size == 1 else step for size, step in pairs]


def index_at(a: Look, b: Look, place: int) -> tuple[int, ...]:
    """Return the index of the element that stands at `place`, as pieces count places."""
    tensor = a.tensor
    if not is_alike(a, b):
        return _unravel(place, tensor.shape)
    axes = [axis for axis, size in enumerate(tensor.shape) if size > 1 and tensor.stride[axis] > 0]
    axes.sort(key=lambda axis: -tensor.stride[axis])
    steps = [(tensor.stride[axis], tensor.shape[axis]) for axis in axes]
    index = [0] * len(tensor.shape)
    for axis, at in zip(axes, _counted(place, steps), strict=True):
        index[axis] = at
    return tuple(index)


def _counted(place: int, steps: list[tuple[int, int]]) -> list[int]:
    """Return how many of each step lead to a place; of a view that overlaps itself, some way."""
    if not steps:
        return []
    (stride, size), rest = steps[0], steps[1:]
    reach = sum((size - 1) * stride for stride, size in rest)
    most = min(place // stride, size - 1)
    for at in range(most, -1, -1):
        left = place - at * stride
        if left > reach:
            break
        below = _counted(left, rest)
        if sum(n * stride for n, (stride, _) in zip(below, rest, strict=True)) == left:
            return [at, *below]
    return [most, *(0 for _ in rest)]


def run_tasks(
    engine: Engine,
    look: Callable[[Task], list[tuple[int, R | InspectorError]]],
    items: Iterable[Indexed],
    merge: Callable[[R, R], R],
    progress: Progress,
    message: str,
) -> Iterator[tuple[int, R | InspectorError | None]]:
    """Yield what `look` makes of the pieces of each pair, merged, or why they cannot be read.

    In no order: each pair as soon as its last piece is done; None for one without elements.
    """
    pairs = ((number, (a, b)) for number, a, b in items)
    gathering = Gathering(_pieces, _weight_of_piece, merge, _TASK_PIECES)
    return gathering.run(look, pairs, _weight_of_pair, engine, progress, message)


def _weight_of_pair(pair: tuple[Look, Look]) -> int:
    return pair[0].nbytes + pair[1].nbytes


def _weight_of_piece(piece: Piece) -> int:
    return piece.nbytes


def _pieces(number: int, pair: tuple[Look, Look]) -> Iterator[Piece]:
    a, b = pair
    if 0 in a.tensor.shape:
        return
    if a.tensor.lazy == b.tensor.lazy:
        one, other = a.small(), b.small()
        if one is not None and other is not None:
            yield Piece(number, one, other, (0,))
            return
    if not is_alike(a, b):
        yield from _tiles(number, a, b)
        return
    place_a, place_b = a.place(), b.place()
    bits = a.tensor.dtype.bits
    begin = place_a[1] + a.tensor.offset * bits // 8
    for one, other in zip(_blocks(a, *place_a), _blocks(b, *place_b), strict=True):
        yield Piece(number, one, other, ((one.start - begin) * 8 // bits,))


def _blocks(look: Look, source: Source, offset: int) -> Iterator[Block]:
    # As many elements per block on both sides, whatever their width.
    most = _PIECE_ELEMENTS * look.tensor.dtype.bits // 8
    return blocks_of(look.tensor, source, offset, big_endian=look.big_endian, most=most)


def _tiles(number: int, a: Look, b: Look) -> Iterator[Piece]:
    shape = a.tensor.shape
    if min(a.tensor.dtype.bits, b.tensor.dtype.bits) < 8:
        raise FormatError("Packed values of different layouts are not compared.")
    for look in (a, b):
        first, stop = look.tensor.extent
        positions = (stop - first) * 8 // look.tensor.dtype.bits
        if prod(shape) > max(_MOST_REPEATED * positions, _FEW):
            raise FormatError(
                "The tensor repeats its elements and the other one does not: not compared."
            )
    place_a, place_b = a.place(), b.place()
    for ranges in _split(tuple(map(range, shape))):
        yield Piece(
            number,
            Window(*place_a, region(a.tensor, ranges), a.big_endian),
            Window(*place_b, region(b.tensor, ranges), b.big_endian),
            tuple(row.start for row in ranges),
            shape,
        )


def _split(ranges: tuple[range, ...]) -> Iterator[tuple[range, ...]]:
    """Yield tiles of few enough elements, as square as they can be."""
    if prod(map(len, ranges)) <= _TILE_ELEMENTS:
        yield ranges
        return
    axis = max(range(len(ranges)), key=lambda number: len(ranges[number]))
    row = ranges[axis]
    middle = row.start + len(row) // 2
    for half in (range(row.start, middle), range(middle, row.stop)):
        yield from _split((*ranges[:axis], half, *ranges[axis + 1 :]))


def _size(part: Block | Window) -> int:
    return part.nbytes if isinstance(part, Block) else part.tensor.nbytes


def _unravel(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index = []
    for size in reversed(shape):
        place, at = divmod(place, max(size, 1))
        index.append(at)
    return tuple(reversed(index))


# ---- worker processes -----------------------------------------------------------------------


def equal(task: Task) -> list[tuple[int, bool | InspectorError]]:
    """Worker: return for each piece whether both sides have the same bits."""
    return list(_each(task, _equal))


def apart(task: Task) -> list[tuple[int, Delta | InspectorError]]:
    """Worker: return for each piece how far both sides are apart."""
    return list(_each(task, _apart))


def digest(task: Task) -> list[tuple[int, bytes | InspectorError]]:
    """Worker: return for each piece a hash of the first side's bytes."""
    return list(_each(task, _digest))


def _each(task: Task, look: Callable[[Piece], R]) -> Iterator[tuple[int, R | InspectorError]]:
    """Yield what `look` makes of each piece, or why it cannot be read."""
    for piece in task:
        try:
            yield piece.number, look(piece)
        except InspectorError as error:
            yield piece.number, error


def _equal(piece: Piece) -> bool:
    a, b = piece.a, piece.b
    if not isinstance(a, Block) or not isinstance(b, Block):
        return not _apart(piece).changed
    if a.big_endian != b.big_endian or not a.view.solid:
        return not _apart(piece).changed
    there_a, there_b = mapped(a.source, a.start, a.nbytes), mapped(b.source, b.start, b.nbytes)
    if there_a is not None and there_b is not None:
        return same_bytes(there_a, there_b)
    size = min(_READ, a.nbytes)
    one, other = bytearray(size), bytearray(size)
    for start in range(0, a.nbytes, size):
        length = min(size, a.nbytes - start)
        if length < size:
            one, other = bytearray(length), bytearray(length)
        read_into(a.source, a.start + start, memoryview(one), "a tensor")
        read_into(b.source, b.start + start, memoryview(other), "a tensor")
        if one != other:
            return False
    return True


def _apart(piece: Piece) -> Delta:
    a, b = piece.a, piece.b
    if isinstance(a, Block) and isinstance(b, Block):
        found = delta_of_blocks(a, b)
        return found._replace(at=piece.first[0] + _position(a, found.at))
    assert isinstance(a, Window)
    assert isinstance(b, Window)
    one, other = _window(a), _window(b)
    found = delta(one, other, a.tensor.dtype, b.tensor.dtype)
    index = _unravel(found.at, a.tensor.shape)
    place = 0
    for size, begin, at in zip(piece.shape, piece.first, index, strict=True):
        place = place * size + begin + at
    return found._replace(at=place)


def _position(block: Block, walked: int) -> int:
    """Return where in the storage the element is that was walked as number `walked`."""
    if block.view.solid:
        return walked * encoding_of(block.dtype).bits // block.dtype.bits
    index = _unravel(walked, block.view.sizes)
    return sum(at * stride for at, stride in zip(index, block.view.strides, strict=True))


def _window(window: Window) -> Any:
    values = load_window(window)
    if values.there is not None:
        raise FormatError("Bytes of the tensor are missing.")
    if window.tensor.lazy:
        raise FormatError("Conjugated and negated views are compared with their like only.")
    return values.stored.reshape(-1)


def _digest(piece: Piece) -> bytes:
    block = piece.a
    assert isinstance(block, Block)
    found = hashlib.blake2b(f"{piece.first}{block.big_endian}".encode(), digest_size=16)
    for start in range(0, block.nbytes, _READ):
        length = min(_READ, block.nbytes - start)
        found.update(read_exactly(block.source, block.start + start, length, "a tensor"))
    return found.digest()
