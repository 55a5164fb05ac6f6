"""Whether the bytes of every storage are there, and are those that were written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.crc import crc32
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Finding, Path, Storage, tensors
from inspector.core.progress import Progress, silent
from inspector.core.sources import Source, innermost, read_exactly
from inspector.core.text import printable, size

_PIECE = 16 << 20  # bytes that one task reads
_BATCH = 256  # storages that one task reads, if they are small
_POLYNOMIAL = 0xEDB88320  # of CRC-32, bits reversed
_HIGHEST = 1 << 31


class Failure(NamedTuple):
    """A storage whose bytes are missing or changed."""

    storage: Storage
    reason: str


class Integrity(NamedTuple):
    """What became of comparing."""

    checked: int
    """Storages whose bytes were held against the checksum in the file."""
    unstated: int
    """Storages that the file states no checksum of: only their size was looked at."""
    failures: tuple[Failure, ...]


class _Piece(NamedTuple):
    """Some bytes of a storage."""

    number: int
    place: int
    source: Source
    start: int
    length: int


def integrity_of(checkpoint: Checkpoint, engine: Engine, progress: Progress = silent) -> Integrity:
    """Read every storage that has a checksum and compare; of the others see that they are there."""
    failures: list[Failure] = []
    stated: list[tuple[Storage, int]] = []
    pieces: list[_Piece] = []
    unstated = 0
    for storage in checkpoint.storages.values():
        expected = checkpoint.checksum(storage)
        unstated += expected is None
        try:
            source, offset = checkpoint.locate(storage)
        except InspectorError as error:
            failures.append(Failure(storage, str(error)))
            continue
        there = source.size - offset
        if there < storage.nbytes or (expected is not None and there != storage.nbytes):
            reason = f"{size(max(there, 0))} are there instead of {size(storage.nbytes)}."
            failures.append(Failure(storage, reason))
        elif expected is not None:
            pieces += _pieces(len(stated), *innermost(source, offset), storage.nbytes)
            stated.append((storage, expected))
    failures += _compare(stated, pieces, engine, progress)
    return Integrity(len(checkpoint.storages) - unstated, unstated, tuple(failures))


def integrity_findings(checkpoint: Checkpoint, integrity: Integrity) -> Iterator[Finding]:
    """Yield a finding for every storage that failed, at the first tensor that looks at it."""
    if not integrity.failures:
        return
    firsts: dict[str, Path] = {}
    for path, tensor in tensors(checkpoint.root):
        for part in (tensor, *(part for _, part in tensor.parts)):
            if part.storage is not None:
                firsts.setdefault(part.storage.key, path)
    for storage, reason in integrity.failures:
        message = f"Storage {printable(storage.key, 60)!r}: {printable(reason)}"
        yield Finding("damaged-storage", "error", message, firsts.get(storage.key, ()))


def _pieces(number: int, source: Source, offset: int, nbytes: int) -> Iterator[_Piece]:
    for place, start in enumerate(range(0, max(nbytes, 1), _PIECE)):
        yield _Piece(number, place, source, offset + start, min(_PIECE, nbytes - start))


def _compare(
    stated: list[tuple[Storage, int]], pieces: list[_Piece], engine: Engine, progress: Progress
) -> Iterator[Failure]:
    total = max(1, sum(piece.length for piece in pieces))
    found: dict[int, dict[int, tuple[int, int]]] = {}
    failed: dict[int, str] = {}
    tasks = _batches(pieces)
    for results in engine.run(checksums, tasks, total, progress, "Comparing checksums"):
        for number, place, length, checksum in results:
            if isinstance(checksum, str):
                failed[number] = checksum
            else:
                found.setdefault(number, {})[place] = (length, checksum)
    for number, (storage, expected) in enumerate(stated):
        if number in failed:
            yield Failure(storage, failed[number])
            continue
        actual = 0
        for _, (length, checksum) in sorted(found[number].items()):
            actual = joined(actual, checksum, length)
        if actual != expected:
            reason = f"its bytes have changed: their CRC-32 is {actual:08x}, not {expected:08x}."
            yield Failure(storage, reason)


def _batches(pieces: list[_Piece]) -> Iterator[tuple[int, tuple[_Piece, ...]]]:
    batch: list[_Piece] = []
    cost = 0
    for piece in pieces:
        if batch and (cost + piece.length > _PIECE or len(batch) >= _BATCH):
            yield cost, tuple(batch)
            batch, cost = [], 0
        batch.append(piece)
        cost += piece.length
    if batch:
        yield cost, tuple(batch)


def checksums(batch: tuple[_Piece, ...]) -> list[tuple[int, int, int, int | str]]:
    """Worker: return the CRC-32 of every piece, or why it cannot be read."""
    results: list[tuple[int, int, int, int | str]] = []
    for number, place, source, start, length in batch:
        try:
            found: int | str = crc32(read_exactly(source, start, length, "a storage"))
        except InspectorError as error:
            found = str(error)
        results.append((number, place, length, found))
    return results


def joined(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two runs of bytes in a row; `length` is that of the second.

    The first is moved on by multiplying with x^(8 length) modulo the polynomial: Mark Adler,
    zlib's crc32.c, `crc32_combine`.
    """
    power, bit = _HIGHEST, 3  # x^0; 8 bits a byte
    while length:
        if length & 1:
            power = _product(_square(bit), power)
        length >>= 1
        bit += 1
    return _product(power, first) ^ second


@lru_cache(maxsize=80)
def _square(power: int) -> int:
    """Return x^(2^power) modulo the polynomial."""
    return 1 << 30 if power == 0 else _product(_square(power - 1), _square(power - 1))


def _product(one: int, other: int) -> int:
    """Return the product of two polynomials modulo that of CRC-32, bits reversed."""
    total, mask = 0, _HIGHEST
    while mask:
        if one & mask:
            total ^= other
        mask >>= 1
        other = (other >> 1) ^ _POLYNOMIAL if other & 1 else other >> 1
    return total
