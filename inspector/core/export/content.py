"""The bytes of a new storage, block by block out of the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

from inspector.core.arrays import Window, load_window
from inspector.core.arrays.blocks import numbers_in
from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import SourceError
from inspector.core.export.casts import cast
from inspector.core.model import DType, Tensor
from inspector.core.sources import Source, read_exactly

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BLOCK = 8 << 20
"""Bytes of one block of a checkpoint that is read in the order of the file."""
_CHUNK = 1 << 17  # elements that are cast at once, so that they stay in a cache
_SCATTERED = 64 << 20  # of one that is gathered: the more rows at a time, the longer the runs


def as_bytes(checkpoint: Checkpoint, view: Tensor, dtype: DType) -> Iterator[bytes]:
    """Yield the elements of a view in its own order as little-endian numbers of a dtype.

    Raises SourceError, and FormatError where there is no such cast.
    """
    if 0 in view.shape:
        return
    if is_copied(checkpoint, view, dtype):
        yield from _copied(checkpoint, view)
        return
    for stored in arrays_of(checkpoint, view):
        for first in range(0, stored.size, _CHUNK):
            made = cast(stored[first : first + _CHUNK], view.dtype, dtype, view.lazy)
            yield made.astype(made.dtype.newbyteorder("<"), copy=False).tobytes()


def is_copied(checkpoint: Checkpoint, view: Tensor, dtype: DType) -> bool:
    """Return whether the bytes go over as they are: nothing is decoded."""
    same = view.dtype == dtype and not view.lazy and checkpoint.byte_order == "little"
    return same and view.contiguous


def arrays_of(checkpoint: Checkpoint, view: Tensor) -> Iterator[Array]:
    """Yield the stored numbers of a view in its own order, a bounded number at a time."""
    assert view.storage is not None
    source, offset = checkpoint.locate(view.storage)
    big = checkpoint.byte_order == "big"
    if view.contiguous and view.dtype.bits >= 8:
        width = view.dtype.bits // 8
        start, total = offset + view.offset * width, view.nbytes
        for first in range(0, total, BLOCK):
            data = read_exactly(source, start + first, min(BLOCK, total - first), "a tensor")
            yield numbers_in(data, view.dtype, big)
        return
    for region in _regions(view, max(1, _SCATTERED * 8 // view.dtype.bits)):
        values = load_window(Window(source, offset, region, big))
        if values.there is not None:
            raise SourceError(f"{source.uri}: a tensor lies beyond the end of the file.")
        yield values.stored.reshape(-1)


def _copied(checkpoint: Checkpoint, view: Tensor) -> Iterator[bytes]:
    assert view.storage is not None
    source, offset = checkpoint.locate(view.storage)
    yield from read_blocks(source, offset + view.offset * view.dtype.bits // 8, view.nbytes)


def read_blocks(source: Source, start: int, length: int) -> Iterator[bytes]:
    """Yield so many bytes; raises SourceError where the file has fewer."""
    for first in range(0, length, BLOCK):
        yield read_exactly(source, start + first, min(BLOCK, length - first), "a tensor")


def _regions(view: Tensor, most: int) -> Iterator[Tensor]:
    """Yield parts of a view in the order of its elements, of at most so many each."""
    if view.elements <= most:
        yield view
        return
    inner = prod(view.shape[1:])
    step = view.stride[0]
    number = max(1, most // inner)
    for first in range(0, view.shape[0], number):
        length = min(number, view.shape[0] - first)
        part = view._replace(
            shape=(length, *view.shape[1:]), offset=view.offset + first * step, parts=()
        )
        if inner <= most:
            yield part
        else:
            yield from _regions(part._replace(shape=view.shape[1:], stride=view.stride[1:]), most)
