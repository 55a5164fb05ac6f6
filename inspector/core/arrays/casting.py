"""Numbers become those of another dtype, as torch's `to` would make them.

Floats are rounded to the nearest, ties to even (IEEE 754-2019, 4.3.1); what is too large becomes
infinite where the dtype has infinities and NaN where it has none (torch: `c10/util/Float8_*.h`);
in float8_e4m3fn, the largest value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays.encodings import code_values, encoding_of
from inspector.core.errors import FormatError
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_NOT_CAST = ("float8_e8m0fnu", "float4_e2m1fn_x2")  # scales and pairs, which come with others
_SATURATING = ("float8_e4m3fn",)  # since torch 2.13; earlier ones made it NaN
_NATIVE = {"float64": "f8", "float32": "f4", "float16": "f2"}


def cast_floats(values: Array, dtype: DType) -> Array:
    """Return float32 or float64 values as the stored numbers of a floating dtype.

    Raises FormatError for a dtype that is no float, or that makes sense together with others only.
    """
    import numpy as np

    if dtype.kind != "float" or dtype.name in _NOT_CAST:
        raise FormatError(f"Values are not cast to {dtype.name}.")
    with np.errstate(all="ignore"):
        if dtype.name in _NATIVE:
            cast = values.astype(_NATIVE[dtype.name])
            return cast.view(encoding_of(dtype).stored) if dtype.name == "float16" else cast
        # torch goes by way of float32, which rounds a float64 twice.
        narrow = values.astype(np.float32)
        if dtype.name == "bfloat16":
            return _bfloat16(narrow)
        return _nearest(narrow, dtype.name)


def _bfloat16(values: Array) -> Array:
    import numpy as np

    bits = values.view(np.uint32)
    # Half of the last place that stays, less one where that place is even: ties go to even.
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) >> 16
    codes: Array = np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)
    return codes


class _Ladder(NamedTuple):
    """The finite values of a small float from zero up, and where one becomes the next."""

    middles: Array
    """Between neighbours; from the last one on, a value is too large."""
    beyond: int
    """The code of what is too large: infinity, or NaN where there is none."""
    nan: int
    signed_zero: bool


@lru_cache(maxsize=8)
def _ladder(name: str) -> _Ladder:
    import numpy as np

    values = code_values(name)[:128]  # the codes of positive values are in their order
    finite = values[np.isfinite(values)]
    above = 2 * finite[-1] - finite[-2]
    steps = np.append(finite, above)
    signed_zero = code_values(name)[128] == 0
    nan = int(np.flatnonzero(np.isnan(code_values(name)))[-1 if signed_zero else 0]) & 0x7F
    infinite = np.flatnonzero(np.isinf(values))
    if not signed_zero:
        nan = 0x80
    beyond = int(infinite[0]) if infinite.size else nan
    if name in _SATURATING:
        beyond = int(finite.size) - 1
    return _Ladder((steps[1:] + steps[:-1]) / 2, beyond, nan, bool(signed_zero))


def _nearest(values: Array, name: str) -> Array:
    import numpy as np

    ladder = _ladder(name)
    size = np.abs(values.astype(np.float64))
    codes = np.searchsorted(ladder.middles, size)
    tie = np.append(ladder.middles, np.inf)[codes] == size
    codes += tie & (codes % 2 == 1)  # up to the even one; searchsorted stays below
    too_large = codes >= ladder.middles.size
    codes = np.where(too_large, ladder.beyond, codes)
    codes = np.where(np.isnan(values), ladder.nan, codes)
    negative = np.signbit(values)
    if not ladder.signed_zero:
        negative &= (codes != 0) & (codes != ladder.nan)
    result: Array = np.where(negative, codes | 0x80, codes).astype(np.uint8)
    return result
