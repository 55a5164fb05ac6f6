"""Any checkpoint inside gzip, zlib (joblib's `compress=`), bzip2 or xz.

gzip: RFC 1952; zlib: RFC 1950; bzip2: `BZh` and a digit; xz: tukaani.org/xz/xz-file-format.txt;
lzma, its predecessor: lzma-file-format.txt of XZ Utils.
gzip and zlib are inflated piece by piece wherever bytes are needed; the others once, into memory,
up to a limit.
"""

from __future__ import annotations

from collections.abc import Callable

from inspector.core.errors import UnknownFormat
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.progress import Progress, part
from inspector.core.sources import Inflated, Source, inflate_whole

_Inflate = Callable[[Source, Progress], Source]


def _gzip(source: Source, progress: Progress) -> Source:
    inflated = Inflated(source, "gzip", 0, source.uri)
    inflated.measure(progress)
    return inflated


def _zlib(source: Source, progress: Progress) -> Source:
    inflated = Inflated(source, "zlib", 0, source.uri)
    inflated.measure(progress)
    return inflated


def _bzip2(source: Source, progress: Progress) -> Source:
    return inflate_whole(source, "bzip2", progress)


def _xz(source: Source, progress: Progress) -> Source:
    return inflate_whole(source, "xz", progress)


# One row per wrapping: its first bytes, its name, and how to see through it.
_WRAPPINGS: tuple[tuple[bytes, str, _Inflate], ...] = (
    (b"\x1f\x8b\x08", "gzip", _gzip),
    (b"BZh", "bzip2", _bzip2),
    (b"\xfd7zXZ\0", "xz", _xz),
    (b"\x5d\0\0", "lzma", _xz),  # the format before xz, with its usual settings
    (b"\x78\x01", "zlib", _zlib),
    (b"\x78\x5e", "zlib", _zlib),
    (b"\x78\x9c", "zlib", _zlib),
    (b"\x78\xda", "zlib", _zlib),
)


def _wrapping(head: bytes) -> tuple[str, _Inflate] | None:
    return next((row[1:] for row in _WRAPPINGS if head.startswith(row[0])), None)


def _accepts(subject: Subject) -> bool:
    return _wrapping(subject.head) is not None


def _read(subject: Subject, progress: Progress) -> Structure:
    wrapping = _wrapping(subject.head)
    assert wrapping is not None
    name, inflate = wrapping
    inner = inflate(subject.source, part(progress, 0.0, 0.8))
    try:
        structure = subject.inside(inner).read(part(progress, 0.8, 1.0))
    except UnknownFormat as error:
        message = f"{subject.source.uri} is compressed with {name}, but holds no checkpoint: "
        raise UnknownFormat(message + error.message, error.hint) from None
    return structure._replace(format_text=f"{structure.format_text} in {name}")


READER = Reader(
    "compressed", "any of these in gzip, zlib, bzip2 or xz", (".gz", ".bz2", ".xz"), _accepts, _read
)
