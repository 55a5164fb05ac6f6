"""The compiled part, where a C compiler was there when this was installed: one pass for all.

Without it, callers take numpy, which goes through the numbers several times.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LIBRARY = Path(__file__).with_name("_kernels.dll" if sys.platform == "win32" else "_kernels.so")
"""Where packaging/build_kernels.py puts what it makes of kernels.c."""
_TABLES = 2  # as there


class Tally(NamedTuple):
    """What some float32 amount to, if all are finite; `squares` is not if one of them is not."""

    total: float
    squares: float
    low: float
    high: float
    zero: int


class Distance(NamedTuple):
    """How far pairs of float32 are apart, if all are finite; a sum of squares is not otherwise."""

    total: float
    """The sum of absolute differences."""
    squares: float
    a_squares: float
    b_squares: float
    product: float
    largest: float
    a_peak: float
    at: int
    changed: int
    flips: int


class BitMarks(NamedTuple):
    """What the bits of some float32 tell."""

    below_normal: int
    """Zeros, and numbers below the smallest normal one."""
    used: int
    """Every bit that is set in some number."""


class _Tally(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_double) for name in ("total", "squares", "low", "high")),
        ("zero", ctypes.c_int64),
    ]


class _Marks(ctypes.Structure):
    _fields_ = [("below_normal", ctypes.c_int64), ("used", ctypes.c_uint32)]


class _Distance(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_double) for name in Distance._fields[:7]),
        *((name, ctypes.c_int64) for name in Distance._fields[7:]),
    ]


def tally(values: Array) -> Tally | None:
    """Return what float32 values amount to; None if nothing is compiled.

    Sums are of float64: over n values within (4096 + n / 4096) * 2^-53 of the sum of absolute ones.
    """
    library = _library()
    if library is None:
        return None
    values = _plain(values)
    out = _Tally()
    library.tally_float32(values.ctypes.data, values.size, ctypes.byref(out))
    return Tally(out.total, out.squares, out.low, out.high, out.zero)


def bit_marks(values: Array) -> BitMarks | None:
    """Return what the bits of float32 values tell; None if nothing is compiled."""
    library = _library()
    if library is None:
        return None
    values = _plain(values)
    out = _Marks()
    library.marks_float32(values.ctypes.data, values.size, ctypes.byref(out))
    return BitMarks(out.below_normal, out.used)


def fits_float16(values: Array) -> bool | None:
    """Return whether float16 holds all float32 values exactly; None if nothing is compiled.

    Infinities and NaN count as held.
    """
    library = _library()
    if library is None:
        return None
    values = _plain(values)
    return bool(library.fits_float16(values.ctypes.data, values.size))


def distance(a: Array, b: Array, known: float) -> Distance | None:
    """Return how far float32 values are apart; None if nothing is compiled.

    Where the farthest pair is, is only looked for if it is farther apart than `known`.
    """
    library = _library()
    if library is None:
        return None
    a, b = _plain(a), _plain(b)
    out = _Distance()
    library.distance_float32(a.ctypes.data, b.ctypes.data, a.size, known, ctypes.byref(out))
    return Distance(*(getattr(out, name) for name in Distance._fields))


def counts(chunks: Iterable[Array], bits: int) -> Array:
    """Return how often each pattern of at most 16 bits occurs, int64; fewer than 2^32 in all."""
    import numpy as np

    library = _library()
    if library is None:
        counted = np.zeros(1 << bits, np.int64)
        for chunk in chunks:
            counted += np.bincount(chunk, minlength=1 << bits)
        return counted
    count, patterns = (library.count_uint8, 8) if bits <= 8 else (library.count_uint16, 16)
    tables = np.zeros((_TABLES, 1 << patterns), np.uint32)
    for chunk in map(_plain, chunks):
        count(chunk.ctypes.data, chunk.size, tables.ctypes.data)
    both: Array = np.add.reduce(tables, dtype=np.uint32)
    return both[: 1 << bits].astype(np.int64)


def same_bytes(one: memoryview, other: memoryview) -> bool:
    """Return whether as many bytes are alike; Python itself would look at one by one."""
    import numpy as np

    a, b = np.frombuffer(one, np.uint8), np.frombuffer(other, np.uint8)
    compare = _memcmp()
    if compare is None:
        return np.array_equal(a, b)
    return not compare(a.ctypes.data, b.ctypes.data, a.size)


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    pointer, size = ctypes.c_void_p, ctypes.c_int64
    library.fits_float16.argtypes = pointer, size
    library.fits_float16.restype = ctypes.c_int32
    library.tally_float32.argtypes = library.marks_float32.argtypes = pointer, size, pointer
    library.distance_float32.argtypes = pointer, pointer, size, ctypes.c_double, pointer
    library.count_uint8.argtypes = library.count_uint16.argtypes = pointer, size, pointer
    for function in (
        library.tally_float32,
        library.marks_float32,
        library.distance_float32,
        library.count_uint8,
        library.count_uint16,
    ):
        function.restype = None
    return library


@cache
def _memcmp() -> Any:
    """Return the C library's own, which takes a tenth less time than numpy; None on Windows."""
    if os.name != "posix":
        return None
    found = ctypes.CDLL(None).memcmp
    found.argtypes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
    return found


def _plain(values: Array) -> Array:
    """Return the values aligned, one after the other."""
    flags = values.flags
    return values if flags.aligned and flags.c_contiguous else values.copy()
