"""The members of a tar archive: where each lies. No member is read, nothing is unpacked.

POSIX.1-2017 `pax`, sections "ustar Interchange Format" and "pax Extended Header"; GNU tar manual,
"The Standard Format": blocks of 512 bytes, a header block in front of each member.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from inspector.core.errors import Damaged
from inspector.core.sources.base import Section, Source, read_exactly

_BLOCK = 512
_REGULAR = b"0\x007"
_MAX_NAMES = 1 << 20  # bytes of one extended header
_MAX_MEMBERS = 100_000
_PAX_RECORD = re.compile(rb"\d+ ([^=\n]+)=([^\n]*)\n")


class TarMember(NamedTuple):
    """A regular file of the archive."""

    offset: int
    """Where its content begins."""
    size: int


class TarIndex:
    """Names of all regular members, in order."""

    def __init__(self, source: Source) -> None:
        """Start empty; `read` fills the index."""
        self._source = source
        self.members: dict[str, TarMember] = {}
        self.others: list[str] = []
        """Links, devices and other members without content of their own."""
        self.cut_off = False
        """True if the archive ends in the middle of a member."""

    @staticmethod
    def accepts(head: bytes) -> bool:
        """True if the first block is a header with the right checksum."""
        return len(head) >= _BLOCK and head[0] != 0 and _has_checksum(head[:_BLOCK])

    @classmethod
    def read(cls, source: Source) -> Self:
        """Return the index of an archive; what stands behind a broken header is left out."""
        index = cls(source)
        position = 0
        long_name, extended = "", dict[bytes, bytes]()
        for _ in range(_MAX_MEMBERS):
            header = source.read_at(position, _BLOCK)
            if len(header) < _BLOCK or not _has_checksum(header):
                index.cut_off = len(header) == 0 or any(header)
                break
            kind = header[156:157]
            size = _number(header[124:136])
            if b"size" in extended and extended[b"size"].isdigit():
                size = int(extended[b"size"][:20])
            position += _BLOCK
            if kind in b"Lxg" and size <= _MAX_NAMES:
                content = read_exactly(source, position, size, "a long name in the tar archive")
                if kind == b"L":
                    long_name = _text(content)
                elif kind == b"x":
                    extended = dict(_PAX_RECORD.findall(content))
            else:
                name = _text(extended.get(b"path", b"")) or long_name or _name(header)
                index._add(name, kind, TarMember(position, size))
                long_name, extended = "", {}
            position += -(-size // _BLOCK) * _BLOCK if kind not in b"12" else 0
        return index

    def _add(self, name: str, kind: bytes, member: TarMember) -> None:
        if kind in _REGULAR and not name.endswith("/"):
            self.members[name] = member
            self.cut_off |= member.offset + member.size > self._source.size
        elif kind != b"5" and kind not in _REGULAR:
            self.others.append(name)

    def open(self, name: str) -> Source:
        """Return a member as a source of its own."""
        member = self.members[name]
        if member.offset + member.size > self._source.size:
            raise Damaged(
                f"{self._source.uri}: the tar archive ends in the middle of {name!r}.",
                "Copy or download it again.",
            )
        return Section(
            self._source, member.offset, member.size, f"{self._source.uri}/{name}"
        )  # fmt: skip


def _has_checksum(header: bytes) -> bool:
    """Hold the sum of all bytes, those of the checksum itself as blanks, against the header."""
    stated = header[148:156].strip(b" \0")
    return bool(re.fullmatch(rb"[0-7]+", stated)) and int(stated, 8) == (
        sum(header[:148]) + 8 * 0x20 + sum(header[156:])
    )


def _number(field: bytes) -> int:
    """Return an octal number, or GNU tar's base-256 one, marked by the top bit."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else 0


def _name(header: bytes) -> str:
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{_text(header[:100])}" if prefix else _text(header[:100])


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
