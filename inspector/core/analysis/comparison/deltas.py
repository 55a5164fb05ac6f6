"""How far two tensors of the same shape are apart: what one block says, merged, and told.

Sums are of float64, per run of 2^16 elements by numpy's pairwise summation and dot products, then
added up in the order in which blocks come: good to some 1e-13 of the sum of absolute values.
"""

from __future__ import annotations

from math import inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import Block, decode, stored_chunks
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_RUN = 1 << 16  # elements; both sides and their difference as float64 fit a second-level cache


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
    flips: int = 0

    @property
    def changed_fraction(self) -> float:
        """The share of elements that differ."""
        return self.changed / self.elements if self.elements else 0.0


def same(elements: int) -> Measures:
    """Return the measures of two tensors that are equal bit by bit."""
    zero = 0.0 if elements else None
    return Measures(zero, None, zero, zero, 1.0 if elements else None, 0, elements)


def delta_of_blocks(a: Block, b: Block) -> Delta:
    """Read two blocks of the same geometry and compare them."""
    found = Delta()
    place = 0
    for one, other in zip(stored_chunks(a), stored_chunks(b), strict=True):
        found = merge(found, delta(one, other, a.dtype, b.dtype, place))
        place += one.size
    return found


def delta(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType, first: int) -> Delta:
    """Compare stored numbers in one dimension, element by element."""
    found = Delta()
    for start in range(0, stored_a.size, _RUN):
        one, other = stored_a[start : start + _RUN], stored_b[start : start + _RUN]
        found = merge(found, _run(one, other, dtype_a, dtype_b, first + start))
    return found


def _run(stored_a: Array, stored_b: Array, dtype_a: DType, dtype_b: DType, first: int) -> Delta:
    import numpy as np

    with np.errstate(all="ignore"):
        a, b = _wide(stored_a, dtype_a), _wide(stored_b, dtype_b)
        alike = dtype_a.name == dtype_b.name
        if alike:
            changed = int(np.count_nonzero(_unequal(stored_a, stored_b)))
            uncast = 0
        else:
            changed = int(np.count_nonzero((a != b) & ~(np.isnan(a) & np.isnan(b))))
            uncast = _uncast(stored_a, stored_b, dtype_a, dtype_b)
        elements = a.size
        if not changed and alike:
            return _unchanged(a, elements)
        nan_born = nan_gone = inf_born = 0
        product = float(np.vdot(a, b).real) if a.dtype.kind == "c" else float(np.dot(a, b))
        if not isfinite(product):
            nan_a, nan_b = np.isnan(a), np.isnan(b)
            nan_born = int(np.count_nonzero(nan_b & ~nan_a))
            nan_gone = int(np.count_nonzero(nan_a & ~nan_b))
            inf_born = int(np.count_nonzero(np.isinf(b) & ~np.isinf(a)))
            both = np.isfinite(a) & np.isfinite(b)
            places = np.flatnonzero(both)
            a, b = a[both], b[both]
            if not a.size:
                return Delta(elements, changed, uncast, nan_born, nan_gone, inf_born)
            product = float(np.vdot(a, b).real) if a.dtype.kind == "c" else float(np.dot(a, b))
        else:
            places = None
        flips = 0 if a.dtype.kind == "c" else int(np.count_nonzero((a < 0) != (b < 0)))
        if flips:  # zero is no sign
            flips = int(np.count_nonzero(((a < 0) & (b > 0)) | ((a > 0) & (b < 0))))
        a_squares, b_squares = _square(a), _square(b)
        apart = np.abs(b - a)
        at = int(apart.argmax())
        return Delta(
            elements,
            changed,
            uncast,
            nan_born,
            nan_gone,
            inf_born,
            flips,
            float(apart[at]),
            first + (at if places is None else int(places[at])),
            float(apart.sum()),
            float(np.dot(apart, apart)),
            a_squares,
            b_squares,
            product,
            a.size,
        )


def _unchanged(values: Array, elements: int) -> Delta:
    import numpy as np

    squares = _square(values)
    if not isfinite(squares):
        values = values[np.isfinite(values)]
        squares = _square(values)
    largest = 0.0 if values.size else -1.0
    return Delta(
        elements,
        largest=largest,
        a_squares=squares,
        b_squares=squares,
        product=squares,
        finite=values.size,
    )


def merge(one: Delta, other: Delta) -> Delta:
    """Return what two sets of pairs amount to together."""
    farther = one if one.largest >= other.largest else other
    sums = [left + right for left, right in zip(one, other, strict=True)]
    return Delta(*sums)._replace(largest=farther.largest, at=farther.at)  # type: ignore[arg-type]


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
        found.flips,
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
