"""A zip archive written in one go: members stored as they are, aligned, with real checksums.

Specification: PKWARE APPNOTE 6.3.10. Sizes are known before a member begins, so that its header
needs no descriptor behind the data; only the checksum is filled in afterwards.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from inspector.core.export.writers.base import Output

_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7
_ENTRY = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCATOR = struct.Struct("<4sLQL")  # 4.3.15
_END = struct.Struct("<4s4H2LH")  # 4.3.16
_VERSION, _VERSION64 = 20, 45
_UTF8 = 0x0800
_DATE = (1980 - 1980) << 9 | 1 << 5 | 1  # torch too gives every member the first day there is
_CRC_AT = 14  # bytes into a local header
_PADDING = b"FB"  # the extra field that torch aligns with (inline_container.h, `kPaddingId`)
_MOST = 0xFFFFFFFF


class _Entry(NamedTuple):
    name: bytes
    size: int
    offset: int
    crc: int


class ZipStream:
    """Adds members to an output."""

    def __init__(self, output: Output, alignment: int = 1) -> None:
        self._output = output
        self._alignment = alignment
        self._entries: list[_Entry] = []

    def begin(self, name: str, size: int, crc: int = 0) -> int:
        """Write the header of a member of so many bytes, which follow; return its number."""
        encoded = name.encode("utf-8", "surrogateescape")
        offset = self._output.position
        large = size >= _MOST
        extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
        bare = offset + _LOCAL.size + len(encoded) + len(extra)
        if self._alignment > 1:
            padding = -(bare + 4) % self._alignment
            extra += _PADDING + struct.pack("<H", padding) + b"Z" * padding
        stated = _MOST if large else size
        header = _LOCAL.pack(
            b"PK\x03\x04", _VERSION64 if large else _VERSION, _UTF8, 0, 0, _DATE, crc, stated,
            stated, len(encoded), len(extra),
        )  # fmt: skip
        self._output.write(header + encoded + extra)
        self._entries.append(_Entry(encoded, size, offset, crc))
        return len(self._entries) - 1

    def correct(self, number: int, crc: int) -> None:
        """Fill in the checksum of a member, now that it is known."""
        entry = self._entries[number]
        if entry.crc != crc:
            self._output.patch(entry.offset + _CRC_AT, struct.pack("<L", crc))
            self._entries[number] = entry._replace(crc=crc)

    def close(self) -> None:
        """Write the directory."""
        start = self._output.position
        for entry in self._entries:
            self._output.write(_directory_entry(entry))
        end, count = self._output.position, len(self._entries)
        size = end - start
        if count >= 0xFFFF or size >= _MOST or start >= _MOST:
            record = (_END64.size - 12, _VERSION64, _VERSION64, 0, 0, count, count, size, start)
            self._output.write(_END64.pack(b"PK\x06\x06", *record))
            self._output.write(_LOCATOR.pack(b"PK\x06\x07", 0, end, 1))
        few, short = min(count, 0xFFFF), min(size, _MOST)
        self._output.write(_END.pack(b"PK\x05\x06", 0, 0, few, few, short, min(start, _MOST), 0))


def _directory_entry(entry: _Entry) -> bytes:
    wide = [number for number in (entry.size, entry.size, entry.offset) if number >= _MOST]
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = _VERSION64 if wide else _VERSION
    size = min(entry.size, _MOST)
    header = _ENTRY.pack(
        b"PK\x01\x02", version, version, _UTF8, 0, 0, _DATE, entry.crc, size, size,
        len(entry.name), len(extra), 0, 0, 0, 0, min(entry.offset, _MOST),
    )  # fmt: skip
    return header + entry.name + extra
