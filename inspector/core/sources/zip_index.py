"""The central directory of a zip archive: where each member lies. No member is read.

Python's `zipfile` shifts offsets and reads local headers; torch does neither, so what it shows
can differ from what `torch.load` reads. This follows torch's reader
(`caffe2/serialize/inline_container.cc` over miniz): absolute offsets, the last end record wins,
local headers are trusted for their length only. Specification: PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from inspector.core.errors import Damaged
from inspector.core.progress import Progress, batches, paced, silent
from inspector.core.sources.base import Section, Source, read_exactly
from inspector.core.sources.inflated import Inflated, refuse_bomb

_END = struct.Struct("<4s4H2LH")  # 4.3.16 end of central directory
_END64_LOCATOR = struct.Struct("<4sLQL")  # 4.3.15
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_ENTRY = struct.Struct("<4s4xHH4x3L3H8xL")  # 4.3.12; versions, times and attributes skipped
_LOCAL = struct.Struct("<4s22xHH")  # 4.3.7
_MAX_COMMENT = 0xFFFF
_SMALL = 1 << 16  # bytes in which the end of a small member, or the next header, must be
_MAX_DIRECTORY = 1 << 30
_MAX_WHOLE = 256 << 20
_MAX_OPEN = 16  # deflated members whose state is kept, each up to some MB
_STORED, _DEFLATED = 0, 8
_METHODS = {9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstd", 95: "xz"}  # 4.4.5
_ENCRYPTED = 1  # 4.4.4, as the directory says; torch ignores local headers, and so do we
_DOWNLOAD_AGAIN = "The file is cut off or damaged; copy or download it again."


class Member(NamedTuple):
    """A member of the archive, as the central directory describes it."""

    header_offset: int
    """Where its local header begins."""
    size: int
    """Bytes of its content."""
    stored_size: int
    """Bytes it takes in the archive; differs from `size` if compressed."""
    method: int
    crc: int
    flags: int


class ZipIndex:
    """Names of all members, in order, and what the directory says of each."""

    def __init__(self, source: Source) -> None:
        """Start empty; `read_directory` or `salvage` fill the index."""
        self._source = source
        self.uri = source.uri
        self.members: dict[str, Member] = {}
        self.duplicates: list[str] = []
        """Names that occur twice, upper and lower case being the same, as for torch."""
        self.shifted = False
        """True if something stands before or inside the archive that the directory ignores."""
        self._offsets: dict[str, int] = {}
        self._inflated: dict[str, Inflated] = {}

    @classmethod
    def read_directory(cls, source: Source, progress: Progress = silent) -> Self:
        """Return the index that the central directory gives; raises Damaged without one."""
        index = cls(source)
        count, size, offset, end = _find_end(source)
        index.shifted = offset + size != end
        directory = read_exactly(source, offset, size, "the zip directory")
        index._read_entries(directory, count, progress)
        return index

    @classmethod
    def salvage(cls, source: Source, sizes: Mapping[str, int]) -> Self:
        """Return the whole members in front of the cut of an archive that lost its directory.

        torch writes each member with unknown size, so `sizes` says how long the larger ones are;
        the small ones end at their data descriptor (APPNOTE 4.3.9).
        """
        index = cls(source)
        position = 0
        while True:
            header = source.read_at(position, _LOCAL.size)
            if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
                return index
            _, name_len, extra_len = _LOCAL.unpack(header)
            name = source.read_at(position + _LOCAL.size, name_len).decode("utf-8", "replace")
            start = position + _LOCAL.size + name_len + extra_len
            size = sizes.get(name)
            if size is None:
                size = source.read_at(start, _SMALL).find(b"PK\x07\x08")
            following = source.read_at(start + size, _SMALL).find(b"PK\x03\x04")
            if size < 0 or start + size > source.size:
                return index
            index.members[name] = Member(position, size, size, _STORED, 0, 0)
            if following < 0:
                return index
            position = start + size + following

    @property
    def directories(self) -> tuple[dict[str, Member], dict[str, int]]:
        """All that grows with the number of members."""
        return self.members, self._offsets

    def _read_entries(self, directory: bytes, count: int, progress: Progress) -> None:
        members = self.members
        unpack, entry_size = _ENTRY.unpack_from, _ENTRY.size
        new = tuple.__new__
        position = 0
        for _ in paced(range(count), progress, "Reading the zip directory"):
            try:
                (signature, flags, method, crc, stored, size, name_len, extra_len, comment_len,
                 offset) = unpack(directory, position)  # fmt: skip
            except struct.error:
                raise self._damaged("its directory is shorter than it says") from None
            if signature != b"PK\x01\x02":
                raise self._damaged("its directory is garbled")
            start = position + entry_size
            stop = start + name_len
            try:  # torch writes UTF-8 whether or not it sets the flag (bit 11) that says so
                name = directory[start:stop].decode()
            except UnicodeDecodeError:
                name = directory[start:stop].decode("utf-8", "surrogateescape")
            if extra_len and 0xFFFFFFFF in (stored, size, offset):
                extra = directory[stop : stop + extra_len]
                size, stored, offset = _zip64(extra, size, stored, offset)
            if name in members:
                self.duplicates.append(name)
            members[name] = new(Member, (offset, size, stored, method, crc, flags))
            position = stop + extra_len + comment_len
        if any(_has_capitals(names, progress) for names in batches(list(members))):
            seen: set[str] = set()
            for name in members:
                if name.lower() in seen:
                    self.duplicates.append(name)
                seen.add(name.lower())

    def content_offset(self, name: str) -> int:
        """Return where the content of a member begins; reads its local header (30 bytes)."""
        known = self._offsets.get(name)
        if known is not None:
            return known
        member = self.members[name]
        header = read_exactly(
            self._source, member.header_offset, _LOCAL.size, f"the header of {name!r}"
        )
        signature, name_len, extra_len = _LOCAL.unpack(header)
        if signature != b"PK\x03\x04":
            raise self._damaged(f"the header of {name!r} is not where its directory says")
        self._offsets[name] = offset = member.header_offset + _LOCAL.size + name_len + extra_len
        return int(offset)

    def open(self, name: str) -> Source:
        """Return a member as a source: stored ones are read in place, deflated ones inflated."""
        known = self._inflated.get(name)
        if known is not None:
            return known
        member = self.members[name]
        uri = f"{self._source.uri}/{name}"
        if member.flags & _ENCRYPTED:
            raise Damaged(f"{uri} is encrypted.", "Unpack the archive with its password first.")
        section = Section(self._source, self.content_offset(name), member.stored_size, uri)
        if member.method == _STORED:
            return section
        if member.method != _DEFLATED:
            method = _METHODS.get(member.method, f"method {member.method}")
            raise Damaged(f"{uri} is compressed with {method}.", "Unpack the archive first.")
        refuse_bomb(uri, member.size, member.stored_size)
        while len(self._inflated) >= _MAX_OPEN:
            self._inflated.pop(next(iter(self._inflated)), None)
        # The next block of the same member goes on where this one stopped.
        self._inflated[name] = inflated = Inflated(section, "deflate", member.size, uri)
        return inflated

    def read(self, name: str) -> bytes:
        """Return the whole content of a member that is known to be small."""
        size = self.members[name].size
        if size > _MAX_WHOLE:
            raise self._damaged(f"{name!r} claims {size} bytes, too many to read at once")
        return read_exactly(self.open(name), 0, size, "its content")

    def _damaged(self, what: str) -> Damaged:
        return Damaged(f"{self._source.uri}: the zip archive is damaged: {what}.", _DOWNLOAD_AGAIN)


def _has_capitals(names: Sequence[str], progress: Progress) -> bool:
    progress(0.9, "Reading the zip directory")
    joined = "\0".join(names)
    return joined != joined.lower()


def _find_end(source: Source) -> tuple[int, int, int, int]:
    """Return entry count, directory size and offset, and where the end records begin."""
    tail_offset = max(0, source.size - _END.size - _MAX_COMMENT)
    # Almost every archive ends with its end record: try the last few bytes before 64 KiB.
    for start in (max(0, source.size - 512), tail_offset):
        tail = source.read_at(start, source.size - start)
        # What is too near the end to be a whole record may hide the one before it.
        found = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - _END.size + 4))
        if found >= 0:
            break
    else:
        raise Damaged(
            f"{source.uri} begins like a zip archive, but the directory at its end is missing: "
            "the file is cut off.",
            "Copy or download it again.",
        )
    end = start + found
    _, _, _, _, count, size, offset, _ = _END.unpack_from(tail, found)
    locator = source.read_at(end - _END64_LOCATOR.size, _END64_LOCATOR.size)
    if len(locator) == _END64_LOCATOR.size and locator[:4] == b"PK\x06\x07":
        end64 = _END64_LOCATOR.unpack(locator)[2]
        record = read_exactly(source, end64, _END64.size, "the zip64 end record")
        fields = _END64.unpack(record)
        if fields[0] == b"PK\x06\x06":
            end, count, size, offset = end64, fields[7], fields[8], fields[9]
    if offset + size > source.size or size > _MAX_DIRECTORY or count * _ENTRY.size > size:
        raise Damaged(
            f"{source.uri}: the zip archive is damaged: its directory of {count} entries cannot "
            f"lie in {size} bytes at {offset}.",
            _DOWNLOAD_AGAIN,
        )
    return count, size, offset, end


def _zip64(extra: bytes, size: int, stored: int, offset: int) -> tuple[int, int, int]:
    """Replace the fields that are too large for 32 bits by those of extra field 1 (4.5.3)."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        if tag == 1:
            fields = min(length, len(extra) - position - 4) // 8
            wide = iter(struct.unpack_from(f"<{fields}Q", extra, position + 4))
            size = next(wide, size) if size == 0xFFFFFFFF else size
            stored = next(wide, stored) if stored == 0xFFFFFFFF else stored
            offset = next(wide, offset) if offset == 0xFFFFFFFF else offset
            break
        position += 4 + length
    return size, stored, offset
