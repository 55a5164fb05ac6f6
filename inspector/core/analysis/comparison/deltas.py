"""How far two tensors of the same shape are apart: what one block says, merged, and told.

Floats of at most 32 bits are subtracted as float32, which rounds each difference by at most 2^-24
of itself, and multiplied in rows of 512, whose sums are added up as float64: good to some 1e-7 of
the sum of absolute values. All else, and what float32 has no range for, is float64: dot products
over runs of 2^16 elements, good to some 1e-13. What the second tensor's norm and the cosine are
made of, `b = a + d`, keeps how close the two are: a cosine of 1 - 1e-12 is told from 1.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cached_property
from math import inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import Block, decode, encoding_of, stored_chunks
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import DType
from inspector.core.sources import mapped, read_into

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_FEW_FLIPS = 0.05  # share of elements that are quicker looked at one by one
_RUN = 1 << 16  # elements; what is worked out of them fits a second-level cache
_ROW = 512  # elements that are added up as float32
_ROUNDING = 2.0**-23  # of a float32, and as much again
_TINY, _HUGE = 1e-13, 1e15  # outside, squares leave the range in which float32 is precise
_LEAST_SHARE = 0.01  # of |a|^2 that |b|^2 is, from which on the sum a + d says it well


class Delta(NamedTuple):
    """What some pairs of elements amount to; merged with others by `merge`.

    Sums and extremes are over the pairs of which both are finite.
    """

    elements: int = 0
    changed: int = 0
    """Pairs whose bits differ; of different dtypes, whose values do."""
    uncast: int = 0
    """Pairs of different dtypes where the narrow one is not the other one rounded."""
    nan_born: int = 0
    nan_gone: int = 0
    inf_born: int = 0
    inf_gone: int = 0
    flips: int = 0
    """Pairs of opposite signs, neither of them zero."""
    largest: float = -1.0
    at: int = 0
    """The place of the largest difference, counted in elements as they were walked."""
    distance: float = 0.0
    """The sum of absolute differences."""
    squares: float = 0.0
    a_squares: float = 0.0
    b_squares: float = 0.0
    product: float = 0.0
    finite: int = 0
    a_peak: float = 0.0
    """The largest absolute value of the first."""


class Measures(NamedTuple):
    """How far two tensors are apart; None: it does not exist."""

    max_abs: float | None
    at: tuple[int, ...] | None
    """The index of the largest difference."""
    mean_abs: float | None
    rel_l2: float | None
    """The norm of the difference over that of the first; infinite if only the first is zero."""
    cosine: float | None
    changed: int
    elements: int
    nan_born: int = 0
    nan_gone: int = 0
    inf_born: int = 0
    inf_gone: int = 0
    flips: int = 0
    a_peak: float = 0.0
    """The largest absolute value of the first, as far as it is finite."""

    @property
    def changed_fraction(self) -> float:
        """The share of elements that differ."""
        return self.changed / self.elements if self.elements else 0.0

    @property
    def beyond_finite(self) -> int:
        """How many elements became NaN or infinite, or ceased to be."""
        return self.nan_born + self.nan_gone + self.inf_born + self.inf_gone


def same(elements: int) -> Measures:
    """Return the measures of two tensors that are equal bit by bit."""
    zero = 0.0 if elements else None
    return Measures(zero, None, zero, zero, 1.0 if elements else None, 0, elements)


def delta_of_blocks(a: Block, b: Block) -> Delta:
    """Read two blocks of the same geometry and compare them."""
    found, place = Delta(), 0
    for one, other in _runs(a, b):
        found = merge(found, delta(one, other, a.dtype, b.dtype, place, found.largest))
        place += one.size
    return found


def _runs(a: Block, b: Block) -> Iterator[tuple[Array, Array]]:
    """Yield the stored numbers of both; what was yielded before may be written over."""
    if not all(map(_is_plain, (a, b))):
        yield from zip(stored_chunks(a), stored_chunks(b), strict=True)
        return
    elements = a.view.elements
    room = min(_RUN, elements)
    there_a, there_b = _numbers(a), _numbers(b)
    buffer_a, buffer_b = _buffer(a, room), _buffer(b, room)
    for first in range(0, elements, room):
        size = min(room, elements - first)
        one = _filled(buffer_a[:size], a, first) if there_a is None else there_a[first:][:size]
        other = _filled(buffer_b[:size], b, first) if there_b is None else there_b[first:][:size]
        yield one, other


def _numbers(block: Block) -> Array | None:
    """Return the numbers where they lie, if this process may map files."""
    import numpy as np

    kind = np.dtype(f"<{encoding_of(block.dtype).stored}")
    there = mapped(block.source, block.start, block.nbytes, kind.itemsize)
    return None if there is None else np.frombuffer(there, kind)


def _is_plain(block: Block) -> bool:
    return block.view.solid and not block.big_endian and encoding_of(block.dtype).bits >= 8


def _buffer(block: Block, size: int) -> Array:
    import numpy as np

    return np.empty(size, f"<{encoding_of(block.dtype).stored}")


def _filled(buffer: Array, block: Block, first: int) -> Array:
    start = block.start + first * buffer.itemsize
    read_into(block.source, start, buffer.view("u1").data, "a tensor")
    return buffer


def delta(
    stored_a: Array,
    stored_b: Array,
    dtype_a: DType,
    dtype_b: DType,
    first: int,
    largest: float = -1.0,
) -> Delta:
    """Compare stored numbers in one dimension, element by element.

    Where the farthest pair is, is only looked for if it is farther apart than `largest`.
    """
    import numpy as np

    found = Delta()
    with np.errstate(all="ignore"):
        for start in range(0, stored_a.size, _RUN):
            one, other = stored_a[start : start + _RUN], stored_b[start : start + _RUN]
            run = _run(one, other, dtype_a, dtype_b, max(largest, found.largest))
            found = merge(found, run._replace(at=first + start + run.at))
    return found


def _run(one: Array, other: Array, dtype_a: DType, dtype_b: DType, largest: float) -> Delta:
    """Compare a run of numbers in the quickest way that says enough about them."""
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
        import numpy as np

        self.size = size
        self.bits = np.empty(size * 8, np.uint8)
        self.apart = np.empty(size, np.float32)
        self.row = np.ones(_ROW, np.float32)

    @cached_property
    def a(self) -> Array:
        """For the first side, as float64."""
        return self._doubles()

    @cached_property
    def b(self) -> Array:
        """For the second side, or the difference, as float64."""
        return self._doubles()

    @cached_property
    def ones(self) -> Array:
        """Ones, to add up with."""
        return self._doubles() * 0 + 1

    def _doubles(self) -> Array:
        import numpy as np

        return np.zeros(self.size)


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
    """Compare as float32; None if that has no range for them, or some are not finite."""
    import numpy as np

    size, changed = stored_a.size, int(np.count_nonzero(bits))
    a = decode(stored_a, dtype)
    if a.dtype != np.float32:
        return None
    a_peak = _peak(a)
    if not (_TINY < a_peak < _HUGE or a_peak == 0):  # NaN is neither
        return None
    a_squares = _dot(a, a)
    if not changed:
        return _unchanged(size, a_squares, a_peak)
    b = decode(stored_b, dtype)
    apart = np.subtract(b, a, out=room.apart[:size])
    product, squares = _dot(a, apart), _dot(apart, apart)
    np.abs(apart, out=apart)
    farthest = float(apart.max())
    if not (_TINY < farthest < _HUGE or farthest == 0):
        return None
    at = 0
    if farthest * (1 + _ROUNDING) > largest:
        # Several may have been rounded to the same.
        places = np.flatnonzero(apart == farthest)
        exact = np.abs(b[places].astype(np.float64) - a[places])
        at, farthest = int(places[exact.argmax()]), float(exact.max())
    b_squares = a_squares + 2 * product + squares
    if b_squares < _LEAST_SHARE * a_squares:
        b_squares = _dot(b, b)
    flips = _flips(stored_a, stored_b, bits, dtype)
    return Delta(
        size,
        changed,
        flips=_sign_changes(a, b) if flips < 0 else flips,
        largest=farthest,
        at=at,
        distance=_sum(apart, room.row),
        squares=squares,
        a_squares=a_squares,
        b_squares=b_squares,
        product=a_squares + product,
        finite=size,
        a_peak=a_peak,
    )


def _dot(a: Array, b: Array) -> float:
    """Return the sum of products of float32, of which only rows are added up as float32."""
    import numpy as np

    whole = a.size - a.size % _ROW
    found = float(np.dot(a[whole:].astype(np.float64), b[whole:].astype(np.float64)))
    if whole:
        rows_a, rows_b = a[:whole].reshape(-1, 1, _ROW), b[:whole].reshape(-1, _ROW, 1)
        found += float(np.matmul(rows_a, rows_b).sum(dtype=np.float64))
    return found


def _sum(values: Array, ones: Array) -> float:
    import numpy as np

    whole = values.size - values.size % _ROW
    found = float(values[whole:].sum(dtype=np.float64))
    if whole:
        found += float((values[:whole].reshape(-1, _ROW) @ ones).sum(dtype=np.float64))
    return found


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
    np.subtract(b, a, out=b)
    squares, product = float(np.dot(b, b)), float(np.dot(a, b))
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
        product=a_squares + product,
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


def merge(one: Delta, other: Delta) -> Delta:
    """Return what two sets of pairs amount to together."""
    farther = one if one.largest >= other.largest else other
    # Made for every few ten thousand elements: written out, it takes a third of the time.
    return Delta(
        one.elements + other.elements,
        one.changed + other.changed,
        one.uncast + other.uncast,
        one.nan_born + other.nan_born,
        one.nan_gone + other.nan_gone,
        one.inf_born + other.inf_born,
        one.inf_gone + other.inf_gone,
        one.flips + other.flips,
        farther.largest,
        farther.at,
        one.distance + other.distance,
        one.squares + other.squares,
        one.a_squares + other.a_squares,
        one.b_squares + other.b_squares,
        one.product + other.product,
        one.finite + other.finite,
        max(one.a_peak, other.a_peak),
    )


def finish(found: Delta, at: tuple[int, ...] | None) -> Measures:
    """Return the numbers that people ask for."""
    if not found.finite:
        max_abs = mean_abs = rel_l2 = cosine = None
    else:
        max_abs, mean_abs = found.largest, found.distance / found.finite
        rel_l2 = _ratio(sqrt(found.squares), sqrt(found.a_squares))
        cosine = _cosine(found)
    return Measures(
        max_abs,
        at if found.largest > 0 else None,
        mean_abs,
        rel_l2,
        cosine,
        found.changed,
        found.elements,
        found.nan_born,
        found.nan_gone,
        found.inf_born,
        found.inf_gone,
        found.flips,
        found.a_peak,
    )


def _cosine(found: Delta) -> float | None:
    norms = sqrt(found.a_squares) * sqrt(found.b_squares)
    if not norms or not isfinite(norms):
        return None
    return max(-1.0, min(1.0, found.product / norms))


def _ratio(top: float, bottom: float) -> float | None:
    if not bottom:
        return 0.0 if not top else inf
    ratio = top / bottom
    return None if ratio is nan else ratio


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
