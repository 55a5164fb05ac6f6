"""Blocks: parts of a tensor small enough to be read at once, as values that can be sent away."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays.encodings import encoding_of, unpack
from inspector.core.arrays.views import View, distinct_view, pieces
from inspector.core.errors import Damaged, FormatError
from inspector.core.model import DType, Tensor
from inspector.core.sources import Source, mapped, read_exactly, read_into

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BLOCK_BYTES = 16 << 20
"""Bytes of storage that one block spans at most."""
_DENSE_ELEMENTS = 1 << 20  # of a view that overlaps itself: its positions are counted in int64
_CHUNK = 1 << 16  # elements: as float32 and as float64, both fit a second-level cache
_SMALL = 1 << 16  # elements
_ROOM = 1 << 20  # bytes that are read at once: they are still in that cache when they are looked at


class Block(NamedTuple):
    """Some elements of one tensor: where their bytes are, and how they lie there."""

    source: Source
    start: int
    """Where the first of its bytes is in the source."""
    view: View
    """Relative to `start`."""
    dtype: DType
    big_endian: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes that are read for it."""
        return (self.view.extent * self.dtype.bits + 7) // 8


def blocks_of(
    tensor: Tensor,
    source: Source,
    offset: int,
    *,
    big_endian: bool = False,
    most: int = 0,
) -> Iterator[Block]:
    """Yield the blocks of a tensor, `offset` being where its storage begins in `source`.

    A block spans at most `most` bytes of the storage, BLOCK_BYTES if that is 0. Raises FormatError
    for a dtype that is not known, Damaged for a view outside its storage.
    """
    view = distinct_view(tensor)
    if view is None:
        return
    encoding = encoding_of(tensor.dtype)
    bits = tensor.dtype.bits
    check_bounds(tensor)
    most = (most or BLOCK_BYTES) * 8 // bits
    if bits < 8:
        if not view.solid or view.start:
            raise FormatError(f"Views of {tensor.dtype.name} that are not contiguous are not read.")
        most -= most % (8 // encoding.bits)
    if view.dense:
        most = _DENSE_ELEMENTS
    for piece in pieces(view, most):
        start = offset + piece.start * bits // 8
        yield Block(source, start, piece._replace(start=0), tensor.dtype, big_endian)


def small_block(
    tensor: Tensor, source: Source, offset: int, *, big_endian: bool = False
) -> Block | None:
    """Return the only block of a small contiguous tensor, without the arithmetic of views.

    None for every other one, and for what `blocks_of` refuses.
    """
    bits, elements = tensor.dtype.bits, tensor.elements
    if bits < 8 or elements > _SMALL or not tensor.contiguous or tensor.dtype.kind == "unknown":
        return None
    start = tensor.offset * bits // 8
    if tensor.storage is None or not 0 <= start <= tensor.storage.nbytes - elements * bits // 8:
        return None
    return Block(source, offset + start, _solid(elements), tensor.dtype, big_endian)


@lru_cache(maxsize=1024)
def _solid(elements: int) -> View:
    return View(0, (elements,), (1,)) if elements > 1 else View(0, (), ())


def check_bounds(tensor: Tensor) -> None:
    """Raise Damaged if a view goes beyond its storage, FormatError if it has none."""
    if tensor.storage is None:
        raise FormatError("The tensor has no values: it was saved on the meta device.")
    start, stop = tensor.extent
    if start < 0 or stop > tensor.storage.nbytes:
        raise Damaged(
            f"A tensor of {stop - start} bytes from byte {start} does not fit in storage "
            f"{tensor.storage.key!r}, which has {tensor.storage.nbytes}.",
        )


def stored_chunks(block: Block, most: int = _CHUNK) -> Iterator[Array]:
    """Yield the stored numbers of a block, each once, in runs of at most so many.

    All but the last have as many, if that is no more than a megabyte.
    A run is there until the next one is asked for, which may take its place in memory. Codes of
    packed dtypes are unpacked. Raises SourceError.
    """
    import numpy as np

    encoding = encoding_of(block.dtype)
    if not block.view.solid:
        stored = unpack(load_stored(block).reshape(-1), encoding.bits)
        for first in range(0, stored.size, most):
            yield stored[first : first + most]
        return
    total, start, source = block.nbytes, block.start, block.source
    step = most * _width(encoding.stored)
    if encoding.bits < 8 or block.big_endian:
        values = block.view.elements * (block.dtype.bits // encoding.bits)
        for first in range(0, total, step):
            data = read_exactly(source, start + first, min(step, total - first), "a tensor")
            run = unpack(numbers_in(data, block.dtype, block.big_endian), encoding.bits)
            # The last byte of packed codes may have room to spare.
            yield run[: values - first * 8 // encoding.bits] if encoding.bits < 8 else run
        return
    stored_as = np.dtype("<" + encoding.stored)
    there = mapped(source, start, total, stored_as.itemsize)
    if there is not None:
        numbers = np.frombuffer(there, stored_as)
        for first in range(0, numbers.size, most):
            yield numbers[first : first + most]
        return
    step = min(step, _ROOM)
    # New memory of this size costs as much as filling it.
    room = memoryview(bytearray(min(step, total)))
    for first in range(0, total, step):
        part = room[: total - first]
        read_into(source, start + first, part, "a tensor")
        yield np.frombuffer(part, stored_as)


def load_stored(block: Block) -> Array:
    """Return the stored numbers of a block in the shape of its view; raises SourceError."""
    import numpy as np

    data = read_exactly(block.source, block.start, block.nbytes, "a tensor")
    flat = numbers_in(data, block.dtype, block.big_endian)
    strides = [stride * flat.itemsize for stride in block.view.strides]
    # Inside `flat`: it was read as long as the view reaches.
    grid = np.lib.stride_tricks.as_strided(flat, block.view.sizes, strides, writeable=False)
    return np.ascontiguousarray(grid)


def load_positions(block: Block) -> tuple[Array, Array]:
    """Return the numbers at the positions that a block looks at, and how often it does, int64."""
    import numpy as np

    data = read_exactly(block.source, block.start, block.nbytes, "a tensor")
    flat = numbers_in(data, block.dtype, block.big_endian)
    times = np.zeros(flat.size, np.int64)
    times[0] = block.view.weight
    for size, stride in zip(block.view.sizes, block.view.strides, strict=True):
        # A box of `size` steps: running sums along the stride, less what has left the box.
        rows = -(-flat.size // stride)
        summed = np.zeros((rows, stride), np.int64)
        summed.reshape(-1)[: flat.size] = times
        summed = summed.cumsum(axis=0)
        summed[size:] -= summed[:-size].copy() if size < rows else 0
        times = summed.reshape(-1)[: flat.size]
    seen = times > 0
    bits = encoding_of(block.dtype).bits
    return unpack(flat[seen], bits), np.repeat(times[seen], max(1, 8 // bits))


def whole_array(tensor: Tensor, source: Source, offset: int, *, big_endian: bool = False) -> Array:
    """Return all stored numbers of a small tensor in its own shape; expanded ones are not copied.

    Raises FormatError for packed dtypes, whose elements have no place of their own.
    """
    import numpy as np

    encoding = encoding_of(tensor.dtype)
    if tensor.dtype.bits < 8:
        raise FormatError(f"Elements of {tensor.dtype.name} have no bytes of their own.")
    check_bounds(tensor)
    if 0 in tensor.shape:
        return np.zeros(tensor.shape, encoding.stored)
    first, stop = tensor.extent
    data = read_exactly(source, offset + first, stop - first, "a tensor")
    flat = numbers_in(data, tensor.dtype, big_endian)
    width = flat.itemsize
    strides = [step * width for step in tensor.stride]
    begin = tensor.offset - first // width
    return np.lib.stride_tricks.as_strided(flat[begin:], tensor.shape, strides, writeable=False)


def numbers_in(data: bytes, dtype: DType, big_endian: bool) -> Array:
    """Return the stored numbers that bytes of a tensor of `dtype` are, in this machine's order."""
    import numpy as np

    stored = encoding_of(dtype).stored
    if not big_endian:
        return np.frombuffer(data, "<" + stored)
    if dtype.name == "complex32":  # two numbers in one
        return np.frombuffer(data, ">u2").astype("u2").view(stored)
    return np.frombuffer(data, ">" + stored).astype(stored)


def _width(stored: str) -> int:
    return int(stored[1:])
