"""Sums and extremes of float32 in one pass each, added up as float64.

numpy has to write them down as float64 first, which takes as long as everything else together.
NumKong reads them once; where there is no build of it, numpy it is, with the same results up to
the order of adding: over n numbers within n * 2^-53 of the sum of their absolute values however few
partial sums a processor has, in practice within 1e-14.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def sums(values: Array) -> tuple[float, float]:
    """Return the sum and the sum of squares of float32; not finite if one of them is not."""
    import numpy as np

    library = _library()
    if library is None:
        wide = values.astype(np.float64)
        return float(wide.sum()), float(np.dot(wide, wide))
    total, squares = library.moments(_plain(values))
    return total, squares


def extremes(values: Array) -> tuple[float, int, float, int]:
    """Return the smallest of some float32 and where it is, then the largest; none may be NaN."""
    library = _library()
    if library is None:
        low, high = int(values.argmin()), int(values.argmax())
        return float(values[low]), low, float(values[high]), high
    found: tuple[float, int, float, int] = library.minmax(_plain(values))
    return found


def product(one: Array, other: Array) -> float:
    """Return the sum of the products of two runs of float32."""
    import numpy as np

    library = _library()
    if library is None:
        return float(np.dot(one.astype(np.float64), other.astype(np.float64)))
    return float(library.dot(_plain(one), _plain(other)))


@cache
def _library() -> Any:
    try:
        import numkong
    except ImportError:
        return None
    return numkong


def _plain(values: Array) -> Array:
    """Return the values as the library takes them: aligned, one after the other."""
    flags = values.flags
    return values if flags.aligned and flags.c_contiguous else values.copy()
