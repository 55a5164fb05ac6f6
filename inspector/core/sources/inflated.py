"""Compressed bytes as a source that can be read anywhere, in bounded memory.

RFC 1950 (zlib), 1951 (deflate) and 1952 (gzip, also several streams in a row): a copy of the
decompressor is kept every few megabytes, so that reading at an offset inflates at most the
bytes from the last copy on. bzip2 and xz decompressors cannot be copied: what they hold is
inflated once, and only as much as fits in memory.
"""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_right
from collections.abc import Hashable
from typing import Any, Literal, NamedTuple

from inspector.core.errors import Damaged, FormatError
from inspector.core.progress import Progress
from inspector.core.sources.base import Bytes, Source
from inspector.core.text import size as size_text

Wrapping = Literal["deflate", "zlib", "gzip"]

_WINDOW_BITS: dict[Wrapping, int] = {"deflate": -15, "zlib": 15, "gzip": 31}
_SPACING = 32 << 20  # inflated bytes between two copies of the decompressor (40 KB each)
_PIECE = 1 << 16  # compressed bytes read at a time
_STEP = 1 << 20  # inflated bytes made at a time
_MAX_INFLATED = 64 << 30
_MAX_IN_MEMORY = 128 << 20
_MAX_DICTIONARY = 128 << 20  # memory that an xz stream may ask for; `xz -9` takes 65 MB
_MOST_KNOWN = 8  # sources that came from another process and are kept, each with its states
_BOMB_SIZE, _BOMB_RATIO = 64 << 20, 200  # deflate reaches 1032, tensors rarely 3


_here: dict[Hashable, Inflated] = {}


class _Place(NamedTuple):
    """The state between two steps: bytes made and taken so far, and the decompressor."""

    position: int
    taken: int
    inflate: Any  # zlib's decompressor has no public type


class Inflated:
    """A deflated run of bytes; `size` is what its container says, or what `measure` counted."""

    def __init__(self, source: Source, wrapping: Wrapping, size: int, uri: str) -> None:
        self.uri = uri
        self.size = size
        self._source = source
        self._wrapping = wrapping
        self._lock = threading.Lock()
        self._complete = False
        self._now = _Place(0, 0, self._fresh())
        self._kept = [_Place(0, 0, self._fresh())]

    def __reduce__(self) -> tuple[Any, ...]:
        # A process that gets many blocks of it goes on where the last one ended.
        return _known, (self._source, self._wrapping, self.size, self.uri)

    @property
    def identity(self) -> Hashable:
        """The compressed bytes, and how they are to be read."""
        return self._source.identity, self._wrapping

    def measure(self, progress: Progress) -> None:
        """Inflate all of it once, to know its size; raises FormatError if it grows too large.

        Where the size is known, this is what can be cancelled; reading anywhere is then quick.
        """
        with self._lock:
            self._measure(progress)

    def _measure(self, progress: Progress) -> None:
        if self._complete:
            return
        self._now = self._kept[-1]._replace(inflate=self._kept[-1].inflate.copy())
        while self._step(_STEP):
            progress(self._now.taken / max(self._source.size, 1), "Inflating")
            refuse_bomb(self.uri, self._now.position, self._now.taken)
        self.size = self._now.position
        self._complete = True

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end."""
        length = max(0, min(length, self.size - offset))
        pieces = []
        with self._lock:
            self._go_to(offset)
            while length > 0:
                data = self._step(min(length, _STEP))
                if not data:
                    break
                pieces.append(data)
                length -= len(data)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def verify(self) -> None:
        """Ask the compressed source."""
        self._source.verify()

    def close(self) -> None:
        """Do nothing: the compressed source belongs to who opened it."""

    def _go_to(self, offset: int) -> None:
        """Stand at `offset`, starting from here or from the nearest copy in front of it."""
        nearest = self._kept[bisect_right(self._kept, offset, key=_position) - 1]
        if not nearest.position <= self._now.position <= offset:
            self._now = nearest._replace(inflate=nearest.inflate.copy())
        while self._now.position < offset and self._step(min(_STEP, offset - self._now.position)):
            pass

    def _step(self, most: int) -> bytes:
        """Return up to `most` of the next bytes, none at the end."""
        position, taken, inflate = self._now
        data = b""
        while not data:
            if inflate.eof:  # gzip streams may follow each other
                if self._wrapping != "gzip" or self._source.read_at(taken, 2) != b"\x1f\x8b":
                    return b""
                inflate = self._fresh()
            piece = self._source.read_at(taken, _PIECE)
            try:
                data = inflate.decompress(piece, most)
            except zlib.error as error:
                raise Damaged(
                    f"{self.uri}: the compressed data is damaged at byte {taken} ({error}).",
                    "Copy or download the file again.",
                ) from None
            taken += len(piece) - len(inflate.unconsumed_tail) - len(inflate.unused_data)
            if not piece and not data:
                break
        self._now = _Place(position + len(data), taken, inflate)
        if self._now.position >= self._kept[-1].position + _SPACING:
            self._kept.append(self._now._replace(inflate=inflate.copy()))
        return data

    def _fresh(self) -> Any:
        return zlib.decompressobj(_WINDOW_BITS[self._wrapping])


def _known(source: Source, wrapping: Wrapping, size: int, uri: str) -> Inflated:
    """Return what this process has of the same bytes already, or a new one."""
    made = Inflated(source, wrapping, size, uri)
    found = _here.pop(made.identity, made)
    _here[made.identity] = found  # the last one used is the last one dropped
    while len(_here) > _MOST_KNOWN:
        del _here[next(iter(_here))]
    return found


def _position(place: _Place) -> int:
    return place.position


def inflate_whole(source: Source, kind: Literal["bzip2", "xz"], progress: Progress) -> Bytes:
    """Return all that a bzip2 or xz file holds; raises FormatError if that is too much."""
    made = bytearray()
    taken = 0
    decompressor = _decompressor(kind)
    while True:
        piece = source.read_at(taken, _PIECE) if decompressor.needs_input else b""
        taken += len(piece)
        try:
            made += decompressor.decompress(piece, _STEP)
        except (OSError, EOFError, _lzma_error()) as error:
            raise Damaged(
                f"{source.uri}: the compressed data is damaged ({error}).",
                "Copy or download the file again.",
            ) from None
        progress(taken / max(source.size, 1), "Inflating")
        refuse_bomb(source.uri, len(made), taken)
        if len(made) > _MAX_IN_MEMORY:
            raise FormatError(
                f"{source.uri} is compressed with {kind} and holds more than "
                f"{size_text(_MAX_IN_MEMORY)}: it cannot be read in place.",
                "Unpack it first, then open what is inside.",
            )
        if decompressor.eof:
            taken -= len(decompressor.unused_data)
            if not source.read_at(taken, 4).strip(b"\0"):
                break
            decompressor = _decompressor(kind)  # streams may follow each other
        elif not piece and decompressor.needs_input:
            break  # cut off: what was inflated may still hold the structure
    return Bytes(bytes(made), source.uri)


def refuse_bomb(uri: str, inflated: int, compressed: int) -> None:
    """Raise FormatError where few bytes become so many that it must be on purpose."""
    if inflated > _MAX_INFLATED or (inflated > _BOMB_SIZE and inflated > _BOMB_RATIO * compressed):
        raise FormatError(
            f"{uri} is not opened: {size_text(compressed)} in it inflate to "
            f"{size_text(inflated)} or more, as in files made to fill up memory.",
            "If you trust it, unpack it first, then open what is inside.",
        )


def _decompressor(kind: Literal["bzip2", "xz"]) -> Any:
    # Imported here: hardly any file needs them, and some builds of Python lack one.
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor()
    import lzma

    return lzma.LZMADecompressor(memlimit=_MAX_DICTIONARY)


def _lzma_error() -> type[Exception]:
    import lzma

    return lzma.LZMAError
