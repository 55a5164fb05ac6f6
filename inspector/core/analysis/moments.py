"""What the elements of a block amount to: extremes, counts and sums that can be merged.

Everything that is merged is exact: extremes and counts are integers or values that occur, sums are
integers in units of 2^-1074, the smallest step of a float64, and sums of squares in units of
2^-2148. What is rounded is the work inside one block, in float64: the sum and the sum of squares,
with an error of at most 2^16 ulp of the sum of absolute values (in practice below 50, as there are
many partial sums whose errors cancel). Where the mean is far from zero,
squares are those about a point near it. Values of at most 16 bits are counted by bit pattern,
integers are summed as integers: nothing is rounded there before the end, but for tensors of a few
elements that are worked out together (`side_by_side`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from math import fsum, inf, isfinite, isqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import (
    Block,
    Tally,
    code_values,
    counts,
    decode,
    encoding_of,
    load_positions,
    stored_chunks,
    tally,
)

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_UNIT = 1074  # sums are integers in units of 2^-1074
_FEW = 4096  # codes that are sorted quicker than 65,536 counters are cleared
SHIFT_BEYOND = 256  # squares of the mean over the variance, from which cancellation would show
_SHORT = 1 << 16  # elements of a run that is gone through several times
_RUNS = {"f4": 1 << 20, "u1": 1 << 18, "u2": 1 << 18}  # and of one that is once
_ROW = 256  # values of a row that are summed by one dot product
_scratch = threading.local()  # memory that is used again costs less than memory that is new
_HUGE, _TINY = 1e150, 1e-140  # float64 beyond which squares leave its range
_LARGE = 1e140  # the same where each may occur some 10^19 times


class Partial(NamedTuple):
    """What some elements amount to; merged with others of the same tensor by `merge`."""

    elements: int = 0
    nan: int = 0
    posinf: int = 0
    neginf: int = 0
    zero: int = 0
    low: float | int | None = None
    """The smallest finite value; None if there is none."""
    high: float | int | None = None
    total: int = 0
    """The sum of the finite values, in units of 2^-1074."""
    squares: int = 0
    """The sum of their squares, in units of 2^-2148."""


NOTHING = Partial()


def summary(block: Block, watch: Callable[[Iterator[Array]], Iterator[Array]] = iter) -> Partial:
    """Read a block and return what it amounts to; raises InspectorError.

    `watch` sees the stored numbers on their way, but those of a view that overlaps itself densely.
    """
    import numpy as np

    encoding = encoding_of(block.dtype)
    with np.errstate(all="ignore"):
        if block.view.dense:
            return _summary_of_positions(block)
        chunks = watch(stored_chunks(block, _RUNS.get(encoding.stored, _SHORT)))
        if encoding.meaning == "code":
            return times(_summary_of_codes(block, chunks, encoding.bits), block.view.weight)
        if encoding.stored == "f4":
            return times(_summary_of_floats(chunks), block.view.weight)
        kernel = {"real": _real, "integer": _integer, "complex": _complex}[encoding.meaning]
        found = NOTHING
        for stored in chunks:
            chunk = kernel(decode(stored, block.dtype))
            found = merge(found, chunk) if found.elements else chunk
    return times(found, block.view.weight)


def merge(one: Partial, other: Partial) -> Partial:
    """Return what two sets of elements amount to together."""
    return Partial(
        one.elements + other.elements,
        one.nan + other.nan,
        one.posinf + other.posinf,
        one.neginf + other.neginf,
        one.zero + other.zero,
        _either(min, one.low, other.low),
        _either(max, one.high, other.high),
        one.total + other.total,
        one.squares + other.squares,
    )


def times(partial: Partial, weight: int) -> Partial:
    """Return what the elements amount to if each counts so often."""
    if weight == 1:
        return partial
    return Partial(
        weight * partial.elements,
        weight * partial.nan,
        weight * partial.posinf,
        weight * partial.neginf,
        weight * partial.zero,
        partial.low,
        partial.high,
        weight * partial.total,
        weight * partial.squares,
    )


def negated(partial: Partial) -> Partial:
    """Return what the elements amount to with the other sign."""
    return partial._replace(
        posinf=partial.neginf,
        neginf=partial.posinf,
        low=None if partial.high is None else -partial.high,
        high=None if partial.low is None else -partial.low,
        total=-partial.total,
    )


def _summary_of_codes(block: Block, chunks: Iterator[Array], bits: int) -> Partial:
    import numpy as np

    values = code_values(block.dtype.name)
    if block.view.elements <= _FEW and bits > 8:
        found = [np.unique(chunk, return_counts=True) for chunk in chunks]
        codes, often = found[0] if len(found) == 1 else _together(found)
    else:
        counted = counts(chunks, bits)
        codes = np.flatnonzero(counted)
        often = counted[codes]
    return _weighted(values[codes], often, whole=block.dtype.kind != "float")


def _together(found: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    import numpy as np

    codes = np.concatenate([pair[0] for pair in found])
    counts = np.concatenate([pair[1] for pair in found])
    return codes, counts


def _summary_of_positions(block: Block) -> Partial:
    import numpy as np

    stored, seen = load_positions(block)
    if encoding_of(block.dtype).meaning == "code":
        values = code_values(block.dtype.name)[stored]
        return _weighted(values, seen, whole=block.dtype.kind != "float")
    decoded = decode(stored, block.dtype)
    if encoding_of(block.dtype).meaning != "integer":
        values = np.abs(decoded.astype(np.complex128)) if decoded.dtype.kind == "c" else decoded
        return _weighted(values.astype(np.float64), seen, whole=False)
    numbers, often = decoded.tolist(), seen.tolist()
    total = sum(number * count for number, count in zip(numbers, often, strict=True))
    squares = sum(number * number * count for number, count in zip(numbers, often, strict=True))
    zero = int(seen[decoded == 0].sum())
    low, high = int(decoded.min()), int(decoded.max())
    return Partial(int(seen.sum()), 0, 0, 0, zero, low, high, total << _UNIT, squares << 2 * _UNIT)


def _weighted(values: Array, counts: Array, *, whole: bool) -> Partial:
    """Return what float64 values amount to that occur so often each."""
    import numpy as np

    elements = int(counts.sum())
    finite = np.isfinite(values)
    nan = posinf = neginf = 0
    if not finite.all():
        nan = int(counts[np.isnan(values)].sum())
        posinf = int(counts[values == np.inf].sum())
        neginf = int(counts[values == -np.inf].sum())
        values, counts = values[finite], counts[finite]
    if not values.size:
        return Partial(elements, nan, posinf, neginf)
    zero = int(counts[values == 0].sum())
    low, high = float(values.min()), float(values.max())
    number = elements - nan - posinf - neginf
    largest = max(abs(low), abs(high))
    # Float64 that are counted by position: times their number, they leave its range sooner.
    power = int(np.frexp(largest)[1]) if largest and not _TINY < largest < _LARGE else 0
    total, squares = _weighted_sums(np.ldexp(values, -power) if power else values, counts, number)
    total, squares = _rescaled(total, squares, power)
    if whole:
        return Partial(elements, nan, posinf, neginf, zero, int(low), int(high), total, squares)
    return Partial(elements, nan, posinf, neginf, zero, low, high, total, squares)


def _weighted_sums(values: Array, counts: Array, number: int) -> tuple[int, int]:
    """Return the sums of finite values that occur so often, and of squares, in exact units."""
    import numpy as np

    weights = counts.astype(np.float64)
    # Products of values with one exponent are integers of one unit: those of codes, which have few
    # digits, are added up without rounding.
    exponents = np.frexp(values)[1]
    exponents -= exponents.min()
    total = _fixed(fsum(np.bincount(exponents, weights * values).tolist()))
    centre = mean_of(total, number)
    off = values - centre
    near = fsum(np.bincount(exponents, weights * off * off).tolist())
    return total, _about(centre, number, total, near)


def _rescaled(total: int, squares: int, power: int) -> tuple[int, int]:
    """Return the sums of values that are so many powers of two as large."""
    if power >= 0:
        return total << power, squares << 2 * power
    return total >> -power, squares >> -2 * power


def _about(centre: float, number: int, total: int, squares: float) -> int:
    """Return the sum of squares about zero, given that about `centre`; both in exact units."""
    point = _fixed(centre)
    off = total - number * point
    return _fixed_square(squares) + 2 * point * off + number * point * point


def _summary_of_floats(chunks: Iterator[Array]) -> Partial:
    """Return what runs of float32 amount to: `_real` of each, in one pass where that will do."""
    found = NOTHING
    usual: list[Tally] = []
    elements = 0
    for values in chunks:
        one = tally(values)
        if one is None or not _is_usual(one, values.size):
            found = merge(found, _real(values))
            continue
        usual.append(one)
        elements += values.size
    if not elements:
        return found
    totals, squares, lows, highs, zeros = zip(*usual, strict=True)
    return merge(
        found,
        Partial(
            elements,
            zero=sum(zeros),
            low=min(lows),
            high=max(highs),
            total=_fixed(fsum(totals)),
            squares=_fixed_square(fsum(squares)),
        ),
    )


def _is_usual(found: Tally, elements: int) -> bool:
    """Return whether all values are finite, and their squares about zero tell how they differ."""
    aside = found.total * found.total / elements
    return isfinite(found.squares) and aside <= SHIFT_BEYOND * (found.squares - aside)


def _real(values: Array) -> Partial:
    """Return what a run of float32 or float64 amounts to."""
    import numpy as np

    elements = values.size
    nan = posinf = neginf = 0
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        nan = int(np.count_nonzero(np.isnan(values)))
        posinf = int(np.count_nonzero(values == np.inf))
        neginf = int(np.count_nonzero(values == -np.inf))
        values = values[np.isfinite(values)]
        if not values.size:
            return Partial(elements, nan, posinf, neginf)
        low, high = values.min(), values.max()
    zero = int(np.count_nonzero(values == 0)) if low <= 0 <= high else 0
    low, high = float(low), float(high)
    largest = max(abs(low), abs(high))
    if values.dtype.itemsize == 8 and largest and not _TINY < largest < _HUGE:
        total, squares = _scaled_sums(values, largest)
    else:
        total, squares = _sums(_widened(values))
    return Partial(elements, nan, posinf, neginf, zero, low, high, total, squares)


def partial_of_sums(
    elements: int, zero: int, low: float, high: float, total: float, squares: float
) -> Partial:
    """Return what finite elements amount to whose sums are known; exact if they are all alike."""
    if low == high:
        point = _fixed(low)
        return Partial(elements, 0, 0, 0, zero, low, high, elements * point, elements * point**2)
    exact = _fixed(total)
    return Partial(elements, 0, 0, 0, zero, low, high, exact, _fixed_square(squares))


def partial_of_integer(value: int) -> Partial:
    """Return what a single integer amounts to."""
    square = value * value << 2 * _UNIT
    return Partial(1, 0, 0, 0, int(value == 0), value, value, value << _UNIT, square)


def _widened(values: Array) -> Array:
    """Return the values as float64; those of the last call are overwritten."""
    import numpy as np

    room = getattr(_scratch, "room", None)
    if room is None or room.size < values.size:
        room = _scratch.room = np.empty(values.size)
    wide: Array = room[: values.size]
    np.copyto(wide, values)
    return wide


def _total(wide: Array) -> float:
    """Return the sum of float64 values; twice as fast as numpy's `sum`, and as good."""
    import numpy as np

    rows = wide.size // _ROW
    if not rows:
        return float(wide.sum())
    table = wide[: rows * _ROW].reshape(rows, _ROW) @ np.ones(_ROW)
    return float(table.sum() + wide[rows * _ROW :].sum())


def _sums(wide: Array) -> tuple[int, int]:
    """Return the sums of finite float64 values and of their squares, in exact units."""
    import numpy as np

    number = wide.size
    total, squares = _total(wide), float(np.dot(wide, wide))
    aside = total * total / number
    if aside <= SHIFT_BEYOND * (squares - aside):
        return _fixed(total), _fixed_square(squares)
    # All values are close to their mean: their squares would hide how they differ.
    centre = total / number
    wide = wide - centre
    exact_total = number * _fixed(centre) + _fixed(_total(wide))
    return exact_total, _about(centre, number, exact_total, float(np.dot(wide, wide)))


def _scaled_sums(values: Array, largest: float) -> tuple[int, int]:
    """Return the same for values whose squares leave the range of float64."""
    import numpy as np

    power = int(np.frexp(largest)[1])
    return _rescaled(*_sums(np.ldexp(values, -power)), power)


def _integer(values: Array) -> Partial:
    """Return what a run of 32- or 64-bit integers amounts to; only the squares are rounded."""
    import numpy as np

    elements = values.size
    low, high = int(values.min()), int(values.max())
    zero = elements - int(np.count_nonzero(values))
    if values.dtype.itemsize == 4:
        exact = int(values.sum(dtype=np.int64))
    else:
        exact = (int((values >> 32).sum()) << 32) + int(np.bitwise_and(values, 0xFFFFFFFF).sum())
    centre = exact // elements
    if high - low < 1 << 63 and values.dtype.itemsize == 8:
        # Wraps around and comes out right: the differences fit.
        apart = (values.view(np.uint64) - np.uint64(centre % (1 << 64))).view(np.int64)
        off = apart.astype(np.float64)
    else:
        off = values.astype(np.float64) - float(centre)
    near = _fixed_square(float(np.dot(off, off)))
    total, point = exact << _UNIT, centre << _UNIT
    squares = near + 2 * point * (total - elements * point) + elements * point * point
    return Partial(elements, 0, 0, 0, zero, low, high, total, squares)


def _complex(values: Array) -> Partial:
    """Return what the absolute values of complex numbers amount to."""
    import numpy as np

    wide = values.astype(np.complex128)
    sizes = np.abs(wide)
    sizes[np.isnan(wide)] = np.nan  # the absolute value of (inf, nan) would be infinite
    return _real(sizes)


def _fixed(number: float) -> int:
    """Return a finite float64 in units of 2^-1074."""
    top, bottom = number.as_integer_ratio()
    return top << (_UNIT + 1 - bottom.bit_length())


def _fixed_square(number: float) -> int:
    """Return a finite float64 in units of 2^-2148."""
    return _fixed(number) << _UNIT


def mean_of(total: int, count: int) -> float:
    """Return a sum in units of 2^-1074 over a count, rounded once."""
    return _quotient(total, count << _UNIT)


def root(square: int, divisor: int) -> float:
    """Return the square root of a number in units of 2^-2148 over an integer; inf if too large."""
    # 128 bits are enough: their root is more precise than a float64.
    spare = square.bit_length() - 128
    spare -= spare % 2
    if spare > 0:
        return _quotient(isqrt(square >> spare) << spare // 2, divisor << _UNIT)
    return _quotient(isqrt(square << -spare), divisor << (_UNIT - spare // 2))


def _quotient(top: int, bottom: int) -> float:
    try:
        return top / bottom
    except OverflowError:
        return inf if top > 0 else -inf


def _either(choose: Any, one: float | int | None, other: float | int | None) -> float | int | None:
    if one is None or other is None:
        return other if one is None else one
    chosen: float | int = choose(one, other)
    return chosen
