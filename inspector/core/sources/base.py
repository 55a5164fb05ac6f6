"""What every reader may ask of the bytes.

Every source can be pickled, so that another process can read the same bytes: a file goes along as
its path and how it looked, never as its content.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from inspector.core.errors import SourceError


class Source(Protocol):
    """A run of bytes of known size that can be read anywhere."""

    @property
    def uri(self) -> str:
        """The address a person would recognise; a path for a local file."""
        ...

    @property
    def size(self) -> int:
        """Bytes there were when the source was opened."""
        ...

    @property
    def identity(self) -> Hashable:
        """What tells these bytes from all others."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end; raises SourceError."""
        ...

    def verify(self) -> None:
        """Raise SourceError if the bytes may no longer be those of the moment it was opened."""
        ...

    def close(self) -> None:
        """Let go of the file or connection."""
        ...


class Section:
    """A part of a source, as a source of its own."""

    def __init__(self, source: Source, offset: int, length: int, uri: str = "") -> None:
        self._source = source
        self._offset = offset
        self.uri = uri or source.uri
        self.size = max(0, min(length, source.size - offset))

    def read_at(self, offset: int, length: int) -> bytes:
        """Read within the section; what lies behind its end does not exist."""
        length = max(0, min(length, self.size - offset))
        return self._source.read_at(self._offset + offset, length)

    @property
    def identity(self) -> Hashable:
        """The whole source, and which part of it this is."""
        return self._source.identity, self._offset, self.size

    def below(self, offset: int) -> tuple[Source, int]:
        """Return the source that this is a part of, and where a byte of this one is in it."""
        return self._source, self._offset + offset

    def verify(self) -> None:
        """Ask the whole source."""
        self._source.verify()

    def close(self) -> None:
        """Do nothing: the whole source belongs to who opened it."""


class Bytes:
    """Bytes in memory, as a source."""

    def __init__(self, data: bytes, uri: str) -> None:
        self._data = data
        self.uri = uri
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return a copy of the range."""
        return self._data[offset : offset + length]

    @property
    def identity(self) -> Hashable:
        """The bytes themselves."""
        return self._data

    def verify(self) -> None:
        """Do nothing: what is in memory stays as it is."""

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


def innermost(source: Source, offset: int) -> tuple[Source, int]:
    """Return where a byte of a section lies in the file that the section is a part of."""
    while isinstance(source, Section):
        source, offset = source.below(offset)
    return source, offset


def read_into(source: Source, offset: int, buffer: memoryview, what: str) -> None:
    """Fill a buffer from `offset` or raise SourceError naming `what` was being read.

    Of files, into a buffer that is used again: taking new memory costs as much as reading.
    """
    fill = getattr(source, "read_into", None)
    if fill is None or fill(offset, buffer) != len(buffer):
        buffer[:] = read_exactly(source, offset, len(buffer), what)


def read_exactly(source: Source, offset: int, length: int, what: str) -> bytes:
    """Return exactly `length` bytes or raise SourceError naming `what` was being read."""
    data = source.read_at(offset, length)
    if len(data) != length:
        raise SourceError(
            f"{source.uri} ends in the middle of {what}.",
            "It is cut off or has changed; copy or download it again.",
        )
    return data
