"""How far two tensors of the same shape are apart: what one block says, merged, and told.

Sums are of float64: dot products over runs of 2^15 elements, then added up in the order in which
blocks come; good to some 1e-13 of the sum of absolute values.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import Block, decode, encoding_of, stored_chunks
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import DType
from inspector.core.sources import read_into

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_FEW_FLIPS = 0.05  # share of elements that are quicker looked at one by one
_RUN = 1 << 15  # elements; both sides as float64 fit a second-level cache


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
        found = merge(found, delta(one, other, a.dtype, b.dtype, place))
        place += one.size
    return found


def _runs(a: Block, b: Block) -> Iterator[tuple[Array, Array]]:
    """Yield the stored numbers of both; what was yielded before may be written over."""
    if not all(map(_is_plain, (a, b))):
        yield from zip(stored_chunks(a), stored_chunks(b), strict=True)
        return
    elements = a.view.elements
    room = min(_RUN, elements)
    buffer_a, buffer_b = _buffer(a, room), _buffer(b, room)
    for first in range(0, elements, room):
        size = min(room, elements - first)
        yield _filled(buffer_a[:size], a, first), _filled(buffer_b[:size], b, first)


def _is_plain(block: Block) -> bool:
    return block.view.solid and not block.big_endian and encoding_of(block.dtype).bits >= 8


def _buffer(block: Block, size: int) -> Array:
    import numpy as np

    return np.empty(size, f"<{encoding_of(block.dtype).stored}")


def _filled(buffer: Array, block: Block, first: int) -> Array:
    start = block.start + first * buffer.itemsize
    read_into(block.source, start, buffer.view("u1").data, "a tensor")
    return buffer


def delta(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType, first: int) -> Delta:
    """Compare stored numbers in one dimension, element by element."""
    import numpy as np

    found = Delta()
    is_complex = "complex" in (dtype_a.kind, dtype_b.kind)
    with np.errstate(all="ignore"):
        for start in range(0, stored_a.size, _RUN):
            one, other = stored_a[start : start + _RUN], stored_b[start : start + _RUN]
            room = _room(one.size)
            run = None if is_complex else _run(one, other, dtype_a, dtype_b, room)
            if run is None:
                run = _closer(one, other, dtype_a, dtype_b)
            found = merge(found, run._replace(at=first + start + run.at))
    return found


_rooms = threading.local()


def _room(size: int) -> _Room:
    """Return the room of this thread."""
    room: _Room | None = getattr(_rooms, "room", None)
    if room is None or room.a.size < size:
        room = _rooms.room = _Room(size)
    return room


class _Room:
    """Arrays that are used again and again: taking new ones costs as much as the arithmetic."""

    def __init__(self, size: int) -> None:
        import numpy as np

        self.a = np.empty(size)
        self.b = np.empty(size)
        self.ones = np.ones(size)
        self.bits = np.empty(size * 8, np.uint8)


def _run(
    stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType, room: _Room
) -> Delta | None:
    """Compare real numbers; None if some are not finite, or their squares are not."""
    import numpy as np

    size = stored_a.size
    flips = uncast = 0
    a, b, ones = room.a[:size], room.b[:size], room.ones[:size]
    alike = dtype_a.name == dtype_b.name
    changed = 0
    if alike:
        width = stored_a.dtype.itemsize
        bits = room.bits[: size * width].view(f"u{width}")
        np.bitwise_xor(stored_a.view(bits.dtype), stored_b.view(bits.dtype), out=bits)
        changed = int(np.count_nonzero(bits))
        if changed:
            flips = _flips(stored_a, stored_b, bits, dtype_a)
    values_a = decode(stored_a, dtype_a)
    np.copyto(a, values_a)
    a_squares = float(np.dot(a, a))
    if alike and not changed:
        if not isfinite(a_squares):
            return None
        squares = a_squares
        return Delta(
            size,
            largest=0.0,
            a_squares=squares,
            b_squares=squares,
            product=squares,
            finite=size,
            a_peak=_peak(values_a),
        )
    np.copyto(b, decode(stored_b, dtype_b))
    b_squares, product = float(np.dot(b, b)), float(np.dot(a, b))
    if not isfinite(a_squares + b_squares):
        return None
    a_peak = _peak(values_a)
    if not alike:
        changed = int(np.count_nonzero(a != b))
        uncast = _uncast(stored_a, stored_b, dtype_a, dtype_b)
    if not alike or flips < 0:
        flips = _sign_changes(a, b)
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
        product=product,
        finite=size,
        a_peak=a_peak,
    )


def _flips(stored_a: Array, stored_b: Array, differing: Array, dtype: DType) -> int:
    """Return how many signs differ, by the bits that do; -1 if the values have to be looked at."""
    import numpy as np

    if dtype.name not in ("float32", "float64"):
        return -1
    signs = differing.view(f"i{differing.itemsize}") < 0
    number = int(np.count_nonzero(signs))
    if number > _FEW_FLIPS * differing.size:
        return -1
    places = np.flatnonzero(signs) if number else ()
    # Zero has a sign bit and no sign.
    return int(np.count_nonzero((stored_a[places] != 0) & (stored_b[places] != 0))) if number else 0


def _sign_changes(a: Array, b: Array) -> int:
    import numpy as np

    return int(np.count_nonzero(((a < 0) & (b > 0)) | ((a > 0) & (b < 0))))


def _peak(values: Array) -> float:
    return max(float(values.max()), -float(values.min()))


def _closer(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType) -> Delta:
    """Compare any numbers, those of which one is not finite apart."""
    import numpy as np

    a, b = _wide(stored_a, dtype_a), _wide(stored_b, dtype_b)
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


def _wide(stored: Array, dtype: DType) -> Array:
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
