"""The pictures of resources/icons/desktop, alone or several sizes in one file."""

from __future__ import annotations

import struct

from inspector.core.resources import resource

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
_ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
# https://en.wikipedia.org/wiki/Apple_Icon_Image_format: the types that hold PNG.
_ICNS_TYPES = {b"icp4": 16, b"icp5": 32, b"icp6": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512}


def picture(name: str, size: int) -> bytes:
    """Return an icon as PNG."""
    return resource(f"icons/desktop/{name}-{size}.png").read_bytes()


def ico(name: str) -> bytes:
    """Return an icon for Windows: a directory of 16 bytes per size, then the PNGs."""
    pictures = [(size, picture(name, size)) for size in _ICO_SIZES]
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    rows, data = b"", b""
    for size, content in pictures:
        side = size % 256  # 0 means 256
        rows += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(content), offset + len(data))
        data += content
    return head + rows + data


def icns(name: str) -> bytes:
    """Return an icon for macOS: chunks of type, length with this head, and PNG."""
    chunks = b"".join(
        kind + struct.pack(">I", 8 + len(content)) + content
        for kind, content in ((kind, picture(name, size)) for kind, size in _ICNS_TYPES.items())
    )
    return b"icns" + struct.pack(">I", 8 + len(chunks)) + chunks
