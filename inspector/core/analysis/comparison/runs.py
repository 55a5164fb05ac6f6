"""How far two runs of numbers are apart: read side by side, and compared in the quickest way.

Sums are of float64, over runs of 2^16 elements, then added up in the order in which blocks come:
good to some 1e-13 of the sum of absolute values. Floats of at most 32 bits are subtracted as
float32, which rounds each difference by at most 2^-24 of itself; the largest one is exact.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from inspector.core.analysis.comparison.deltas import Delta, merge
from inspector.core.arrays import Block, decode, extremes, product, stored_chunks, sums
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_FEW_FLIPS = 0.05  # share of elements that are quicker looked at one by one
_RUN = 1 << 16  # elements; what is worked out of them fits a second-level cache
_CLOSE = 1e-3  # of the product of two runs, up to which their difference says it well
_LINE = 64  # bytes of a cache line
_ROUNDING = 2.0**-23  # of a float32, and as much again


def delta_of_blocks(a: Block, b: Block) -> Delta:
    """Read two blocks of the same geometry and compare them."""
    return _delta(zip(stored_chunks(a), stored_chunks(b), strict=True), a.dtype, b.dtype)


def delta(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType) -> Delta:
    """Compare stored numbers in one dimension, element by element."""
    begins = range(0, stored_a.size, _RUN)
    runs = ((stored_a[begin : begin + _RUN], stored_b[begin : begin + _RUN]) for begin in begins)
    return _delta(runs, dtype_a, dtype_b)


def _delta(runs: Iterable[tuple[Array, Array]], dtype_a: DType, dtype_b: DType) -> Delta:
    import numpy as np

    found = Delta()
    with np.errstate(all="ignore"):
        for one, other in runs:
            run = _run(one, other, dtype_a, dtype_b, found.largest)
            found = merge(found, run, found.elements)
    return found


def _run(one: Array, other: Array, dtype_a: DType, dtype_b: DType, largest: float) -> Delta:
    """Compare a run of numbers in the quickest way that says enough about them.

    Where the farthest pair is, is only looked for if it is farther apart than `largest`.
    """
    if "complex" in (dtype_a.kind, dtype_b.kind):
        return _closer(one, other, dtype_a, dtype_b)
    room = _room(one.size)
    bits = None if dtype_a.name != dtype_b.name else _differing(one, other, room)
    found: Delta | None = None
    if bits is not None and dtype_a.kind == "float" and one.dtype.itemsize <= 4:
        found = _narrow(one, other, bits, dtype_a, room, largest)
    if found is None:
        found = _wide(one, other, bits, dtype_a, dtype_b, room)
    return _closer(one, other, dtype_a, dtype_b) if found is None else found


_rooms = threading.local()


def _room(size: int) -> _Room:
    """Return the room of this thread."""
    room: _Room | None = getattr(_rooms, "room", None)
    if room is None or room.size < size:
        room = _rooms.room = _Room(size)
    return room


class _Room:
    """Arrays that are used again and again: taking new ones costs as much as the arithmetic."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.bits = _aligned(size * 8, "u1")
        self.apart = _aligned(size, "f4")

    @cached_property
    def a(self) -> Array:
        """For the first side, as float64."""
        return _aligned(self.size, "f8")

    @cached_property
    def b(self) -> Array:
        """For the second side, or the difference, as float64."""
        return _aligned(self.size, "f8")

    @cached_property
    def ones(self) -> Array:
        """Ones, to add up with."""
        ones = _aligned(self.size, "f8")
        ones.fill(1)
        return ones


def _aligned(size: int, kind: str) -> Array:
    """Return room that begins with a cache line: to write across two takes twice as long."""
    import numpy as np

    nbytes = size * np.dtype(kind).itemsize
    room = np.empty(nbytes + _LINE, np.uint8)
    first = -room.ctypes.data % _LINE
    aligned: Array = room[first : first + nbytes].view(kind)
    return aligned


def _differing(stored_a: Array, stored_b: Array, room: _Room) -> Array:
    """Return the bits in which numbers of one dtype differ, as unsigned integers."""
    import numpy as np

    width = stored_a.dtype.itemsize
    bits = room.bits[: stored_a.size * width].view(f"u{width}")
    np.bitwise_xor(stored_a.view(bits.dtype), stored_b.view(bits.dtype), out=bits)
    return bits


def _narrow(
    stored_a: Array, stored_b: Array, bits: Array, dtype: DType, room: _Room, largest: float
) -> Delta | None:
    """Compare as float32; None if some are not finite, or too far apart for it."""
    import numpy as np

    size, changed = stored_a.size, int(np.count_nonzero(bits))
    a = decode(stored_a, dtype)
    if a.dtype != np.float32:
        return None
    _, a_squares = sums(a)
    if not isfinite(a_squares):
        return None
    low, _, high, _ = extremes(a)
    a_peak = max(high, -low)
    if not changed:
        return _unchanged(size, a_squares, a_peak)
    b = decode(stored_b, dtype)
    _, b_squares = sums(b)
    apart = np.subtract(b, a, out=room.apart[:size])
    np.abs(apart, out=apart)
    distance, squares = sums(apart)
    if not isfinite(b_squares + squares):
        return None
    together = (a_squares + b_squares - squares) / 2
    if squares > _CLOSE * together:  # how they were rounded would show in the cosine
        together = product(a, b)
    farthest, at = float(apart.max()), 0
    if farthest * (1 + _ROUNDING) > largest:
        # Several may have been rounded to the same.
        places = np.flatnonzero(apart == farthest)
        exact = np.abs(b[places].astype(np.float64) - a[places])
        at, farthest = int(places[exact.argmax()]), float(exact.max())
    flips = _flips(stored_a, stored_b, bits, dtype)
    return Delta(
        size,
        changed,
        flips=_sign_changes(a, b) if flips < 0 else flips,
        largest=farthest,
        at=at,
        distance=distance,
        squares=squares,
        a_squares=a_squares,
        b_squares=b_squares,
        product=together,
        finite=size,
        a_peak=a_peak,
    )


def _unchanged(size: int, squares: float, peak: float) -> Delta:
    return Delta(
        size,
        largest=0.0,
        a_squares=squares,
        b_squares=squares,
        product=squares,
        finite=size,
        a_peak=peak,
    )


def _wide(
    stored_a: Array,
    stored_b: Array,
    bits: Array | None,
    dtype_a: DType,
    dtype_b: DType,
    room: _Room,
) -> Delta | None:
    """Compare as float64; None if some are not finite, or their squares are not.

    `bits` are those in which numbers of one dtype differ.
    """
    import numpy as np

    size = stored_a.size
    flips, uncast = -1, 0
    a, b, ones = room.a[:size], room.b[:size], room.ones[:size]
    changed = 0
    if bits is not None:
        changed = int(np.count_nonzero(bits))
        if changed:
            flips = _flips(stored_a, stored_b, bits, dtype_a)
    values_a = decode(stored_a, dtype_a)
    np.copyto(a, values_a)
    a_squares = float(np.dot(a, a))
    if bits is not None and not changed:
        return _unchanged(size, a_squares, _peak(values_a)) if isfinite(a_squares) else None
    np.copyto(b, decode(stored_b, dtype_b))
    b_squares = float(np.dot(b, b))
    if not isfinite(a_squares + b_squares):
        return None
    a_peak = _peak(values_a)
    if bits is None:
        changed = int(np.count_nonzero(a != b))
        uncast = _uncast(stored_a, stored_b, dtype_a, dtype_b)
    if flips < 0:
        flips = _sign_changes(a, b)
    together = float(np.dot(a, b))
    np.subtract(b, a, out=b)
    squares = float(np.dot(b, b))
    np.abs(b, out=b)
    at = int(b.argmax())
    return Delta(
        size,
        changed,
        uncast,
        flips=flips,
        largest=float(b[at]),
        at=at,
        distance=float(np.dot(b, ones)),
        squares=squares,
        a_squares=a_squares,
        b_squares=b_squares,
        product=together,
        finite=size,
        a_peak=a_peak,
    )


def _flips(stored_a: Array, stored_b: Array, differing: Array, dtype: DType) -> int:
    """Return how many signs differ, by the bits that do; -1 if the values have to be looked at."""
    import numpy as np

    if dtype.name not in ("float32", "float64"):
        return -1
    signs = np.signbit(differing.view(f"f{differing.itemsize}"))
    number = int(np.count_nonzero(signs))
    if number > _FEW_FLIPS * differing.size:
        return -1
    if not number:
        return 0
    # Zero has a sign bit and no sign.
    places = np.flatnonzero(signs)
    return int(np.count_nonzero((stored_a[places] != 0) & (stored_b[places] != 0)))


def _sign_changes(a: Array, b: Array) -> int:
    import numpy as np

    return int(np.count_nonzero(((a < 0) & (b > 0)) | ((a > 0) & (b < 0))))


def _peak(values: Array) -> float:
    return max(float(values.max()), -float(values.min()))


def _closer(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType) -> Delta:
    """Compare any numbers, those of which one is not finite apart."""
    import numpy as np

    a, b = _widened(stored_a, dtype_a), _widened(stored_b, dtype_b)
    nan_a, nan_b = np.isnan(a), np.isnan(b)
    if dtype_a.name == dtype_b.name:
        changed = int(np.count_nonzero(_unequal(stored_a, stored_b)))
        uncast = 0
    else:
        changed = int(np.count_nonzero((a != b) & ~(nan_a & nan_b)))
        uncast = _uncast(stored_a, stored_b, dtype_a, dtype_b)
    found = Delta(
        a.size,
        changed,
        uncast,
        nan_born=int(np.count_nonzero(nan_b & ~nan_a)),
        nan_gone=int(np.count_nonzero(nan_a & ~nan_b)),
        inf_born=int(np.count_nonzero(np.isinf(b) & (~np.isinf(a) | ((a > 0) != (b > 0))))),
        inf_gone=int(np.count_nonzero(np.isinf(a) & (~np.isinf(b) | ((a > 0) != (b > 0))))),
    )
    places = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    a, b = a[places], b[places]
    if not a.size:
        return found
    flips = 0
    if a.dtype.kind != "c" and b.dtype.kind != "c":
        flips = _sign_changes(a, b)
    apart = np.abs(b - a)
    at = int(apart.argmax())
    return found._replace(
        flips=flips,
        largest=float(apart[at]),
        at=int(places[at]),
        distance=float(apart.sum()),
        squares=float(np.dot(apart, apart)),
        a_squares=_square(a),
        b_squares=_square(b),
        product=float(np.vdot(a, b).real),
        finite=a.size,
        a_peak=float(np.abs(a).max()),
    )


def _widened(stored: Array, dtype: DType) -> Array:
    """Return the values as float64, or complex128."""
    import numpy as np

    values = decode(stored, dtype)
    wide: Array = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)
    return wide


def _unequal(stored_a: Array, stored_b: Array) -> Array:
    """Return where the bits differ: NaN equals itself, and zero is not minus zero."""
    width = stored_a.dtype.itemsize
    if width == 16:
        halves: Array = stored_a.view("u8") != stored_b.view("u8")
        pairs: Array = halves.reshape(-1, 2)
        return pairs[:, 0] | pairs[:, 1]
    differ: Array = stored_a.view(f"u{width}") != stored_b.view(f"u{width}")
    return differ


def _square(values: Array) -> float:
    import numpy as np

    return float(np.vdot(values, values).real)


def _uncast(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType) -> int:
    """Return how many elements of the narrow side are not those of the wide one, rounded."""
    import numpy as np

    if dtype_a.kind != "float" or dtype_b.kind != "float":
        return stored_a.size
    if dtype_a.bits < dtype_b.bits:
        stored_a, stored_b, dtype_a, dtype_b = stored_b, stored_a, dtype_b, dtype_a
    values = decode(stored_a, dtype_a)
    try:
        rounded = cast_floats(values.astype("f8" if dtype_a.bits > 32 else "f4"), dtype_b)
    except FormatError:
        return stored_a.size
    unequal = _unequal(rounded, stored_b)
    if not unequal.any():
        return 0
    # Any NaN is as good as another.
    odd = np.isnan(decode(stored_b, dtype_b)) & np.isnan(decode(rounded, dtype_b))
    return int(np.count_nonzero(unequal & ~odd))
