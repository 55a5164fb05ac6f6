"""Bytes go from file to file and are read again, while they are still in the processor's cache."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import SourceError
from inspector.core.export.content import is_copied
from inspector.core.model import DType, Tensor
from inspector.core.sources import LocalSource, innermost

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
) -> bool:
    """Copy bytes from file to file, read them again there and show them to `see`.

    Return False if they are not what was written. Raises OSError of the target, and SourceError.
    """
    for first in range(0, length, _BUFFER):
        size = min(_BUFFER, length - first)
        one, other = memoryview(_BUFFERS.one)[:size], memoryview(_BUFFERS.other)[:size]
        if not _fill(origin, one, start + first):
            raise SourceError("The file that is read has become shorter.", "Open it again.")
        written = 0
        while written < size:
            written += os.pwrite(target, one[written:], position + first + written)
        if not _fill(target, other, position + first):
            return False
        # Whole buffers compare as memory does, views of them byte by byte.
        same = _BUFFERS.one == _BUFFERS.other if size == _BUFFER else bytes(one) == bytes(other)
        if not same:
            return False
        see(other)
    return True


def _fill(file: int, buffer: memoryview, position: int) -> bool:
    """Fill a buffer; False if the file ends before."""
    filled = 0
    while filled < len(buffer):
        read = os.preadv(file, [buffer[filled:]], position + filled)
        if not read:
            return False
        filled += read
    return True
