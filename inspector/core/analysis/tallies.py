"""How often values occur, in a form that can be merged and stays small.

A float's bits, read as an integer, are in the order of the values: that is its key. A tally counts
keys. It is exact as long as there are few of them, or whole numbers in a small range; else the
lower bits of the keys are left out, as few as a bounded number of cells allows. Only powers of two
that occur take cells, so that the outliers of a tensor do not blur the rest. How many bits are left
out depends on which values there are, not on how they were split into blocks: merging in any order
gives the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import Block, code_values, decode, encoding_of, load_positions
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FEW = 1 << 16  # values of their own; every code of 16 bits has one
CELLS = 1 << 18
_NARROW, _WIDE = 23, 52  # bits of the fraction of float32 and float64


class Tally(NamedTuple):
    """Keys in their order, with counts; infinities and NaN are left out."""

    keys: Array
    """Of cells of several keys, the lowest one."""
    counts: Array
    fraction: int = _WIDE
    """Bits of a key below the exponent: 23 of float32, 52 of everything else, as float64."""
    whole: bool = False
    """True if the values are integers."""
    shift: int = 0
    """Bits that are left out; 0 if every value counts for itself."""


def merged(one: Tally, other: Tally) -> Tally:
    """Return the tally of both, of the same tensor."""
    import numpy as np

    shift = max(one.shift, other.shift)
    keys = np.concatenate((one.keys, other.keys))
    return _settled(_summed(keys, np.concatenate((one.counts, other.counts)), one, shift))


def edges_of(tally: Tally) -> tuple[Array, Array]:
    """Return the lowest value of each cell, and where the next one could begin, as float64.

    Both are the value itself where it counts for itself.
    """
    lows = _values(tally.keys, tally.fraction)
    if not tally.shift:
        return lows, lows
    # The key after the last finite one is that of infinity.
    return lows, _values(tally.keys + (1 << tally.shift), tally.fraction)


class Counter:
    """Makes the tally of a block out of its chunks as they pass by."""

    def __init__(self, block: Block, *, negative: bool = False) -> None:
        """Count values with the other sign if `negative`."""
        self._block = block
        self._negative = negative
        self._meaning = encoding_of(block.dtype).meaning
        self._codes: Array | None = None
        self._runs: list[Array] = []
        self._tally: Tally | None = None

    def watch(self, chunks: Iterable[Array]) -> Iterator[Array]:
        """Yield the chunks and count what is in them."""
        for chunk in chunks:
            self._take(chunk)
            yield chunk

    def tally(self) -> Tally:
        """Return what has been counted; a view that overlaps itself densely is read here."""
        import numpy as np

        if self._block.view.dense:
            stored, times = load_positions(self._block)
            if self._meaning == "code":
                values = code_values(self._block.dtype.name)[stored]
            else:
                values = _decoded(stored, self._block.dtype)
            return self._of_values(values, times)
        if self._codes is not None:
            seen = np.flatnonzero(self._codes)
            values = code_values(self._block.dtype.name)[seen]
            return self._weighted(self._of_values(values, self._codes[seen]))
        if self._tally is None:
            self._tally = _in_cells(self._runs, self._fraction)
        return self._weighted(self._tally)

    @property
    def _fraction(self) -> int:
        return _NARROW if self._block.dtype.name == "float32" else _WIDE

    @property
    def _whole(self) -> bool:
        return self._meaning == "integer"

    def _take(self, chunk: Array) -> None:
        import numpy as np

        if self._meaning == "code":
            size = 1 << encoding_of(self._block.dtype).bits
            if self._codes is None:
                self._codes = np.zeros(size, np.int64)
            if chunk.size < FEW:
                np.add.at(self._codes, chunk, 1)
            else:
                self._codes += np.bincount(chunk, minlength=size)
            return
        keys = self._keys(_decoded(chunk, self._block.dtype))
        self._runs.append(keys)
        if len(self._runs) > 1 and self._tally is None:
            return  # too many different ones already
        # Sorting one chunk tells whether a tally of single values has a chance.
        found = self._of_keys(keys)
        if self._tally is not None:
            found = merged(self._tally, found)
        self._tally = None if found.shift else found

    def _of_keys(self, keys: Array) -> Tally:
        import numpy as np

        found, counts = np.unique(keys, return_counts=True)
        finite = _is_finite(found, self._fraction)
        return _settled(Tally(found[finite], counts[finite], self._fraction, self._whole))

    def _of_values(self, values: Array, counts: Array) -> Tally:
        empty = Tally(values, counts, self._fraction, self._whole)
        keys = self._keys(values)
        finite = _is_finite(keys, self._fraction)
        return _settled(_summed(keys[finite], counts[finite], empty, 0))

    def _keys(self, values: Array) -> Array:
        import numpy as np

        kind = np.float32 if self._fraction == _NARROW else np.float64
        values = values.astype(kind, copy=False)
        if self._negative:
            values = -values
        values = values + kind(0)  # minus zero becomes zero
        return _turned(values.view(f"i{values.itemsize}"))

    def _weighted(self, tally: Tally) -> Tally:
        weight = self._block.view.weight
        return tally if weight == 1 else tally._replace(counts=tally.counts * weight)


def _decoded(stored: Array, dtype: DType) -> Array:
    import numpy as np

    values = decode(stored, dtype)
    if values.dtype.kind != "c":
        return values
    wide = values.astype(np.complex128)
    sizes: Array = np.abs(wide)
    sizes[np.isnan(wide)] = np.nan  # the absolute value of (inf, nan) would be infinite
    return sizes


def _is_finite(keys: Array, fraction: int) -> Array:
    # Infinities and NaN have the topmost exponent, on both sides of zero.
    top = (1 << (8 * keys.itemsize - 1)) - (1 << fraction)
    finite: Array = (keys < top) & (keys >= -top)
    return finite


def _values(keys: Array, fraction: int) -> Array:
    import numpy as np

    kind = np.float32 if fraction == _NARROW else np.float64
    return _turned(keys).view(kind).astype(np.float64)


def _turned(bits: Array) -> Array:
    """Return the keys of bits, or the bits of keys: negative values are in the other order."""
    sign = 8 * bits.itemsize - 1
    turned: Array = bits ^ ((bits >> sign) & ((1 << sign) - 1))
    return turned


def _in_cells(runs: list[Array], fraction: int) -> Tally:
    """Return the tally of keys of which there are too many to tell apart."""
    import numpy as np

    half = 1 << (8 * runs[0].itemsize - 1 - fraction)
    present = np.zeros(2 * half, np.int64)
    for keys in runs:
        present += np.bincount((keys >> fraction) + half, minlength=2 * half)
    present[0] = present[-1] = 0  # infinities and NaN
    powers = np.flatnonzero(present)
    shift = _shift(powers.size, fraction)
    width = 1 << (fraction - shift)
    # What is not finite goes behind the cells.
    base = np.full(2 * half, powers.size * width, np.int64)
    base[powers] = np.arange(powers.size) * width
    counted = np.zeros((powers.size + 1) * width, np.int64)
    for keys in runs:
        np.add.at(counted, base[(keys >> fraction) + half] + ((keys >> shift) & (width - 1)), 1)
    seen = np.flatnonzero(counted[: powers.size * width])
    lowest = (powers[seen // width] - half) << fraction
    keys = (lowest + ((seen % width) << shift)).astype(runs[0].dtype)
    return Tally(keys, counted[seen], fraction, shift=shift)


def _summed(keys: Array, counts: Array, like: Tally, shift: int) -> Tally:
    """Return the tally of keys in any order, some of them twice."""
    import numpy as np

    keys = keys >> shift << shift
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if keys.size else order
    summed = np.add.reduceat(counts, first) if keys.size else counts
    return like._replace(keys=keys[first], counts=summed, shift=shift)


def _settled(tally: Tally) -> Tally:
    """Leave out as many bits as there are too many keys."""
    import numpy as np

    keys, fraction = tally.keys, tally.fraction
    if not tally.shift and (keys.size <= FEW or (tally.whole and _range(tally) < CELLS)):
        return tally
    powers = 1 + int(np.count_nonzero(np.diff(keys >> fraction)))
    shift = _shift(powers, fraction)
    return tally if shift == tally.shift else _summed(keys, tally.counts, tally, shift)


def _range(tally: Tally) -> float:
    low, high = _values(tally.keys[[0, -1]], tally.fraction).tolist()
    return float(high - low)


def _shift(powers: int, fraction: int) -> int:
    """Return how many bits to leave out so that the cells of so many powers of two suffice."""
    return fraction - ((CELLS // max(1, powers)).bit_length() - 1)
