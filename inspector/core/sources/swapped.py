"""Numbers in the other byte order, as a source that has them in this one."""

from __future__ import annotations

from array import array
from collections.abc import Hashable

from inspector.core.sources.base import Source

_CODES = {2: "H", 4: "I", 8: "Q"}


class Swapped:
    """A source whose numbers of 2, 4 or 8 bytes are read with their bytes turned around."""

    def __init__(self, source: Source, width: int) -> None:
        self._source = source
        self._width = width
        self.uri = source.uri
        self.size = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Read the whole numbers around the range, and return the range of what they become."""
        length = max(0, min(length, self.size - offset))
        ahead = offset % self._width
        behind = -(ahead + length) % self._width
        data = self._source.read_at(offset - ahead, ahead + length + behind)
        whole = len(data) - len(data) % self._width  # of a number cut in half nothing is known
        numbers = array(_CODES[self._width], data[:whole])
        numbers.byteswap()
        return numbers.tobytes()[ahead : ahead + length]

    @property
    def identity(self) -> Hashable:
        """The bytes as they are, and how they are read."""
        return self._source.identity, "swapped", self._width

    def verify(self) -> None:
        """Ask the source."""
        self._source.verify()

    def close(self) -> None:
        """Do nothing: the source belongs to who opened it."""
