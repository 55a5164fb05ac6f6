"""How far two runs of numbers are apart: read side by side, and compared in the quickest way.

Everything is float64 work: differences of floats of at most 32 bits are exact. Sums are over runs
of at most 2^18 elements, then added up in the order in which blocks come: good to some 1e-13 of the
sum of absolute values.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from inspector.core.analysis.comparison.deltas import Delta, merge
from inspector.core.arrays import Block, decode, distance, stored_chunks
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_SHORT, _LONG = 1 << 15, 1 << 18  # elements of a run that is gone through often, and once
_LINE = 64  # bytes of a cache line


def delta_of_blocks(a: Block, b: Block) -> Delta:
    """Read two blocks of the same geometry and compare them."""
    most = _LONG if a.dtype.name == b.dtype.name == "float32" else _SHORT
    runs = zip(stored_chunks(a, most), stored_chunks(b, most), strict=True)
    return _delta(runs, a.dtype, b.dtype)


def delta(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType) -> Delta:
    """Compare stored numbers in one dimension, element by element."""
    begins = range(0, stored_a.size, _SHORT)
    runs = (
        (stored_a[begin : begin + _SHORT], stored_b[begin : begin + _SHORT]) for begin in begins
    )
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
    found: Delta | None = None
    if dtype_a.name == dtype_b.name and dtype_a.kind == "float" and one.dtype.itemsize <= 4:
        found = _narrow(one, other, dtype_a, largest)
    if found is None:
        found = _wide(one, other, dtype_a, dtype_b, _room(one.size))
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


def _narrow(stored_a: Array, stored_b: Array, dtype: DType, largest: float) -> Delta | None:
    """Compare as float32; None if some are not finite, or nothing is compiled for it."""
    import numpy as np

    a, b = decode(stored_a, dtype), decode(stored_b, dtype)
    found = distance(a, b, largest) if a.dtype == np.float32 else None
    if found is None or not isfinite(found.squares + found.a_squares + found.b_squares):
        return None
    return Delta(
        a.size,
        found.changed,
        flips=found.flips,
        largest=found.largest,
        at=found.at,
        total=found.total,
        squares=found.squares,
        a_squares=found.a_squares,
        b_squares=found.b_squares,
        product=found.product,
        finite=a.size,
        a_peak=found.a_peak,
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
    stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType, room: _Room
) -> Delta | None:
    """Compare as float64; None if some are not finite, or their squares are not."""
    import numpy as np

    size, uncast = stored_a.size, 0
    a, b, ones = room.a[:size], room.b[:size], room.ones[:size]
    values_a = decode(stored_a, dtype_a)
    np.copyto(a, values_a)
    a_squares = float(np.dot(a, a))
    if dtype_a.name == dtype_b.name:
        changed = int(np.count_nonzero(_differing(stored_a, stored_b, room)))
        if not changed:
            return _unchanged(size, a_squares, _peak(values_a)) if isfinite(a_squares) else None
        np.copyto(b, decode(stored_b, dtype_b))
    else:
        np.copyto(b, decode(stored_b, dtype_b))
        changed = int(np.count_nonzero(a != b))
        uncast = _uncast(stored_a, stored_b, dtype_a, dtype_b)
    b_squares = float(np.dot(b, b))
    if not isfinite(a_squares + b_squares):
        return None
    a_peak = _peak(values_a)
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
        total=float(np.dot(b, ones)),
        squares=squares,
        a_squares=a_squares,
        b_squares=b_squares,
        product=together,
        finite=size,
        a_peak=a_peak,
    )


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
        total=float(apart.sum()),
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
