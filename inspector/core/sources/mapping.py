"""Bytes of a local file where they lie in memory, for processes that may die of it.

A file that is cut short while it is mapped ends the process that looks there (SIGBUS). Worker
processes may end: they are replaced, and the reason is told. No other process maps anything, so
`mapped` has nothing for them, and they read by position.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

from inspector.core.sources.base import Source
from inspector.core.sources.local import LocalSource

_LEAST = 1 << 20  # bytes; reading less takes no longer than mapping it
_allowed = False


def allow_mapping() -> None:
    """Say of this process that it may die.

    Not on Windows, where nobody could cut the file short: a training job could not save over it.
    """
    global _allowed
    _allowed = os.name == "posix"


def mapped(source: Source, start: int, length: int, width: int = 1) -> memoryview | None:
    """Return the bytes of a local file, there as long as somebody holds them.

    None where they have to be read: in most processes, from everything but files, where there are
    few, or where numbers of `width` bytes would not be aligned. Raises SourceError.
    """
    if not _allowed or length < _LEAST or start % width or not isinstance(source, LocalSource):
        return None
    descriptor = source.descriptor
    if start < 0 or start + length > os.fstat(descriptor).st_size:
        return None  # reading will say what is wrong
    begin = start - start % mmap.ALLOCATIONGRANULARITY
    try:
        # Filled at once, where the system can: a fault for every few pages costs more.
        flags: Any = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        room = mmap.mmap(
            descriptor, start + length - begin, flags=flags, prot=mmap.PROT_READ, offset=begin
        )
    except (OSError, ValueError):  # the file may have become shorter this moment
        return None
    return memoryview(room)[start - begin :]
