"""What goes into a new file, in numbers: checksums of all bytes, taken before they are written.

The file is held against them when it is on the disk; the checksums that it states itself, and
those that the source states, are put together from the same ones.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from inspector.core.crc import crc32
from inspector.core.export.checksums import joined_crc
from inspector.core.export.transfer import carry
from inspector.core.export.writers import Sums

_THREADS = 3  # one of them waits for the disk, or for the others of the system


class Bytes(NamedTuple):
    """Some bytes of a content that were made here."""

    number: int
    data: bytes


class Written(NamedTuple):
    """A part of a content, as it was before it was written; the parts of one follow each other."""

    number: int
    nbytes: int
    crc: int


class Ledger:
    """Adds up, beside the writing; what is copied unchanged is copied here as well.

    A byte is in the processor only once that way.
    """

    def __init__(self, descriptor: int, contents: int, *, stamp: bool) -> None:
        self._descriptor = descriptor
        self._crcs = [0] * contents
        self._hash: Any = hashlib.sha256() if stamp else None
        # A hash goes from the first byte to the last, a checksum is put together from parts.
        self._pool = ThreadPoolExecutor(1 if stamp else _THREADS, "export")
        self._waiting: deque[Future[list[Written]]] = deque()
        self.parts: list[Written] = []
        """All that was counted, in the order of the file."""

    def copy(self, number: int, origin: int, start: int, position: int, length: int) -> None:
        """Have a range of another file copied to a position."""
        self._submit(self._copy, number, origin, start, position, length)

    def add(self, blocks: list[Bytes]) -> None:
        """Have bytes counted that somebody else writes."""
        self._submit(self._count, blocks)

    def result(self) -> Sums:
        """Wait until all is counted, and copied; raises OSError of the new file, SourceError."""
        while self._waiting:
            self._take()
        return Sums(tuple(self._crcs), self._hash.hexdigest() if self._hash is not None else "")

    def close(self) -> None:
        """Stop at once."""
        for future in self._waiting:
            future.cancel()
        self._pool.shutdown()

    def _submit(self, work: Callable[..., list[Written]], *arguments: Any) -> None:
        while len(self._waiting) > _THREADS:
            self._take()
        self._waiting.append(self._pool.submit(work, *arguments))

    def _take(self) -> None:
        for part in self._waiting.popleft().result():
            self._crcs[part.number] = joined_crc(self._crcs[part.number], part.crc, part.nbytes)
            self.parts.append(part)

    def _copy(
        self, number: int, origin: int, start: int, position: int, length: int
    ) -> list[Written]:
        crc = 0

        def see(data: memoryview) -> None:
            nonlocal crc
            crc = crc32(data, crc)
            if self._hash is not None:
                self._hash.update(data)

        carry(origin, start, self._descriptor, position, length, see)
        return [Written(number, length, crc)]

    def _count(self, blocks: list[Bytes]) -> list[Written]:
        if self._hash is not None:
            for block in blocks:
                self._hash.update(block.data)
        return [Written(block.number, len(block.data), crc32(block.data)) for block in blocks]
