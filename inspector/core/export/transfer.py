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
_BUFFER = 1 << 18  # a second-level cache has room for it


def file_range(checkpoint: Checkpoint, view: Tensor, dtype: DType) -> tuple[int, int] | None:
    """Return an open file and where in it a view lies as it is to be written; None if nowhere."""
    if not is_copied(checkpoint, view, dtype) or view.storage is None:
        return None
    source, start = innermost(*checkpoint.locate(view.storage))
    if not isinstance(source, LocalSource) or not hasattr(os, "preadv"):
        return None
    return source.descriptor, start + view.offset * view.dtype.bits // 8


class _Buffer(threading.local):
    """One buffer for each thread, used again and again: a new one costs more than the reading."""

    def __init__(self) -> None:
        self.bytes = bytearray(_BUFFER)


_OWN = _Buffer()


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
        data = memoryview(_OWN.bytes)[:size]
        _fill(origin, data, start + first)
        see(data)
        written = 0
        while written < size:
            written += os.pwrite(target, data[written:], position + first + written)


def crc_of(source: Source, start: int, length: int) -> int:
    """Return the CRC-32 of bytes as they are read now; raises SourceError."""
    crc = 0
    for first in range(0, length, _BUFFER):
        data = memoryview(_OWN.bytes)[: min(_BUFFER, length - first)]
        read_into(source, start + first, data, "a tensor")
        crc = crc32(data, crc)
    return crc


def _fill(file: int, buffer: memoryview, position: int) -> None:
    """Fill a buffer from the file that is read; raises SourceError if it ends before."""
    filled = 0
    while filled < len(buffer):
        read = os.preadv(file, [buffer[filled:]], position + filled)
        if not read:
            raise SourceError("The file that is read has become shorter.", "Open it again.")
        filled += read
