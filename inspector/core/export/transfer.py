"""Bytes go from file to file, and are read again, while they are in the processor's cache."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from inspector.core.checkpoint import Checkpoint
from inspector.core.crc import crc32
from inspector.core.errors import SourceError
from inspector.core.export.content import is_copied
from inspector.core.model import DType, Tensor
from inspector.core.sources import LocalSource, Source, innermost, read_into

WORTH = 1 << 20
"""Bytes from which on a thread copies for itself."""
_BUFFER = 1 << 18  # a second-level cache has room for two


def file_range(checkpoint: Checkpoint, view: Tensor, dtype: DType) -> tuple[int, int] | None:
    """Return an open file and where in it a view lies as it is to be written; None if nowhere."""
    if not is_copied(checkpoint, view, dtype) or view.storage is None:
        return None
    source, start = innermost(*checkpoint.locate(view.storage))
    if not isinstance(source, LocalSource) or not hasattr(os, "preadv"):
        return None
    return source.descriptor, start + view.offset * view.dtype.bits // 8


class _Buffers(threading.local):
    """Two buffers for each thread, used again and again: new ones cost more than the reading."""

    def __init__(self) -> None:
        self.one = bytearray(_BUFFER)
        self.other = bytearray(_BUFFER)


_BUFFERS = _Buffers()


def carry(
    origin: int,
    start: int,
    target: int,
    position: int,
    length: int,
    see: Callable[[memoryview], None],
) -> None:
    """Copy bytes from file to file, and show them to `see` on the way.

    Raises OSError of the target, and SourceError.
    """
    for first in range(0, length, _BUFFER):
        size = min(_BUFFER, length - first)
        data = memoryview(_BUFFERS.one)[:size]
        _fill(origin, data, start + first)
        see(data)
        written = 0
        while written < size:
            written += os.pwrite(target, data[written:], position + first + written)


def is_same(source: Source, position: int, origin: int, start: int, length: int) -> bool:
    """Return whether both have the same bytes, as they are read now; raises SourceError."""
    if isinstance(source, LocalSource):
        # A disk with an arm reads one file for a while, then the other, not both in turns.
        _announce(source.descriptor, position, length)
        _announce(origin, start, length)
    for first in range(0, length, _BUFFER):
        size = min(_BUFFER, length - first)
        one, other = memoryview(_BUFFERS.one)[:size], memoryview(_BUFFERS.other)[:size]
        _fill(origin, one, start + first)
        read_into(source, position + first, other, "a tensor")
        # Whole buffers compare as memory does, views of them byte by byte.
        same = _BUFFERS.one == _BUFFERS.other if size == _BUFFER else bytes(one) == bytes(other)
        if not same:
            return False
    return True


def crc_of(source: Source, start: int, length: int) -> int:
    """Return the CRC-32 of bytes as they are read now; raises SourceError."""
    crc = 0
    for first in range(0, length, _BUFFER):
        data = memoryview(_BUFFERS.one)[: min(_BUFFER, length - first)]
        read_into(source, start + first, data, "a tensor")
        crc = crc32(data, crc)
    return crc


def _announce(file: int, start: int, length: int) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, start, length, os.POSIX_FADV_WILLNEED)


def _fill(file: int, buffer: memoryview, position: int) -> None:
    """Fill a buffer from the file that is read; raises SourceError if it ends before."""
    filled = 0
    while filled < len(buffer):
        read = os.preadv(file, [buffer[filled:]], position + filled)
        if not read:
            raise SourceError("The file that is read has become shorter.", "Open it again.")
        filled += read
