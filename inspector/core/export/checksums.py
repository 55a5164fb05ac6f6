"""The CRC-32 of a whole from those of its parts.

Appending zeros to a message is a linear map over the 32 bits of its CRC, so that for a length it is
the product of the maps for the powers of two in it (as in zlib's `crc32_combine`).
"""

from __future__ import annotations

from functools import lru_cache

_POLYNOMIAL = 0xEDB88320

_Map = tuple[int, ...]
"""What each bit becomes, the lowest first."""


def joined_crc(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two runs of bytes from those of each, the second of `length` bytes."""
    return (_times(_zeros(length), first) if length else first) ^ second


@lru_cache(maxsize=512)
def _zeros(length: int) -> _Map:
    """Return what so many zero bytes make of a CRC."""
    result: _Map = tuple(1 << bit for bit in range(32))
    power = 0
    while length >> power:
        if length >> power & 1:
            result = tuple(_times(_power(power), column) for column in result)
        power += 1
    return result


@lru_cache(maxsize=64)
def _power(power: int) -> _Map:
    """Return what 2^power zero bytes make of a CRC."""
    if power:
        half = _power(power - 1)
        return tuple(_times(half, column) for column in half)
    step: _Map = (_POLYNOMIAL, *(1 << bit for bit in range(31)))  # one zero bit
    for _ in range(3):
        step = tuple(_times(step, column) for column in step)
    return step


def _times(matrix: _Map, vector: int) -> int:
    result = 0
    for column in matrix:
        if not vector:
            break
        if vector & 1:
            result ^= column
        vector >>= 1
    return result
