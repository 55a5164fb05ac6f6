"""What the bits of a tensor's elements tell besides its statistics, collected on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.side_by_side import NORMAL
from inspector.core.arrays import Block, bit_marks, fits_float16

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_HEAD = 1024  # elements that usually tell that a narrower dtype would not do
NARROWER = {"float64": ("float32",), "float32": ("bfloat16", "float16")}
"""The dtypes of half the size that may hold the same values."""
NARROW_FROM = 1024  # elements: a few numbers fit anything
_WIDER_THAN_ANY = frozenset(NARROWER["float32"])
# Bits of the wide dtype that are zero in every number that the narrow one holds.
_LOST = {"float32": (1 << 29) - 1, "bfloat16": (1 << 16) - 1, "float16": (1 << 13) - 1}
_INTEGER = {"float64": "u8", "float32": "u4"}


class Marks(NamedTuple):
    """Merged like statistics, block by block."""

    below_normal: int = 0
    """Zeros, and numbers below the smallest normal one of the dtype."""
    too_wide: frozenset[str] = frozenset()
    """Narrower dtypes that do not hold all values exactly."""
    suspects: tuple[Suspect, ...] = ()


class Suspect(NamedTuple):
    """A block in which there is something that is not finite."""

    block: Block
    nan: bool
    infinite: bool


NO_MARKS = Marks()


class Marker:
    """Sees the stored numbers of one block on their way to the statistics."""

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype
        self._below_normal = 0
        self._narrower = NARROWER.get(dtype, ())

    def watch(self, chunks: Iterable[Array]) -> Iterator[Array]:
        """Yield the chunks as they come."""
        normal = NORMAL.get(self._dtype)
        counter = _Counter(*normal) if normal is not None else None
        for chunk in chunks:
            if counter is not None and chunk.size:
                seen = bit_marks(chunk) if self._dtype == "float32" else None
                used = None if seen is None else seen.used
                self._below_normal += counter.count(chunk) if seen is None else seen.below_normal
                self._narrower = tuple(
                    name for name in self._narrower if fits(chunk, self._dtype, name, used)
                )
            yield chunk

    def marks(self, weight: int = 1) -> Marks:
        """Return what was seen, each element so often."""
        wide = NARROWER.get(self._dtype, ())
        too_wide = frozenset(name for name in wide if name not in self._narrower)
        return Marks(weight * self._below_normal, too_wide)


def merge_marks(one: Marks, other: Marks) -> Marks:
    """Return the marks of two blocks of a tensor together."""
    return Marks(
        one.below_normal + other.below_normal,
        one.too_wide | other.too_wide,
        one.suspects + other.suspects,
    )


def unseen(dtype: str, zeros: int) -> Marks:
    """Return the marks of a block whose elements were not seen one by one: nothing is claimed."""
    return Marks(zeros, frozenset(NARROWER.get(dtype, ())))


def marks_of_bits(dtype: str, elements: int, below_normal: int, bits: int) -> Marks | None:
    """Return the marks of a small tensor; None if its elements have to be seen for that."""
    if dtype != "float32":
        return Marks(below_normal)
    if elements < NARROW_FROM:
        return Marks(below_normal, _WIDER_THAN_ANY)
    if all(bits & _LOST[name] for name in NARROWER["float32"]):
        return Marks(below_normal, _WIDER_THAN_ANY)
    return None


class _Counter:
    """Counts what is zero or below the smallest normal number, in memory that is used again."""

    def __init__(self, integer: str, doubled: int) -> None:
        import numpy as np

        self._integer = integer
        self._limit = np.array(doubled, integer)
        self._twice = np.empty(0, integer)
        self._flags = np.empty(0, bool)

    def count(self, chunk: Array) -> int:
        import numpy as np

        bits = chunk.view(self._integer)
        if bits.size > self._twice.size:
            self._twice, self._flags = np.empty_like(bits), np.empty(bits.shape, bool)
        twice, flags = self._twice[: bits.size], self._flags[: bits.size]
        np.add(bits, bits, out=twice)  # the sign is gone
        np.less(twice, self._limit, out=flags)
        return int(np.count_nonzero(flags))


def fits(chunk: Array, wide: str, narrow: str, used: int | None = None) -> bool:
    """Return whether a narrower dtype holds every value of the chunk; NaN counts as held.

    `used` has the bits that are set in some value, where that is known already.
    """
    import numpy as np

    bits = chunk.view(_INTEGER[wide])
    for part in (bits[:_HEAD], bits) if used is None else ():
        if np.bitwise_or.reduce(part) & np.array(_LOST[narrow], bits.dtype):
            return False
    if used is not None and used & _LOST[narrow]:
        return False
    if narrow == "bfloat16":
        return True
    held = fits_float16(chunk) if narrow == "float16" else None
    if held is not None:
        return held
    back = chunk.astype("f4" if narrow == "float32" else "f2").astype(chunk.dtype)
    return bool(((back == chunk) | np.isnan(chunk)).all())
