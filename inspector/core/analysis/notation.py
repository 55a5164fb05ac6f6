"""Values as people write them: the shortest decimals that mean them, or their bits."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from inspector.core.arrays import code_values, encoding_of, values_of
from inspector.core.model import DType, Tensor

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Notation = Literal["decimal", "scientific", "hexadecimal"]

_NATIVE = ("float64", "float32", "float16")  # numpy knows the shortest decimals of these
_MOST_DIGITS = 17


def texts_of(stored: Array, tensor: Tensor, notation: Notation) -> list[str]:
    """Return the text of each stored number of a tensor, in C order.

    Decimal and scientific texts are the shortest that are nearest to no other value of the dtype.
    """
    if notation == "hexadecimal":
        return _bits_of(stored, tensor.dtype)
    values = values_of(stored, tensor)
    if values.ndim > stored.ndim:  # pairs of packed values
        found = [_narrow(tensor.dtype.name, value) for value in values.reshape(-1).tolist()]
        if notation == "scientific":
            found = [_scientific(one) for one in found]
        return [", ".join(found[n : n + 2]) for n in range(0, len(found), 2)]
    flat = values.reshape(-1)
    if values.dtype.kind == "c":
        real, imaginary = flat.real, flat.imag
        pairs = zip(_reals(real, notation), _reals(imaginary, notation), strict=True)
        return [f"{a}{'' if b[:1] == '-' else '+'}{b}j" for a, b in pairs]
    if tensor.dtype.kind == "float" and tensor.dtype.name not in _NATIVE:
        found = [_narrow(tensor.dtype.name, value) for value in flat.tolist()]
        return [_scientific(one) for one in found] if notation == "scientific" else found
    return _reals(flat, notation)


def _reals(flat: Array, notation: Notation) -> list[str]:
    # str() of numpy's own scalars is the shortest text of their width; of plain floats it would
    # be that of a float64.
    plain = flat.dtype.kind != "f"
    found = [str(value) for value in (flat.tolist() if plain else flat)]
    if notation == "scientific" and flat.dtype.kind != "b":
        found = [_scientific(one) for one in found]
    return found


def _scientific(decimal: str) -> str:
    if decimal in ("nan", "inf", "-inf"):
        return decimal
    number = Decimal(decimal)
    if not number:
        return "-0e+00" if number.is_signed() else "0e+00"
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    exponent += len(digits) - 1
    written = "".join(map(str, digits)).rstrip("0")
    fraction = "." + written[1:] if len(written) > 1 else ""
    return f"{'-' if sign else ''}{written[0]}{fraction}e{exponent:+03}"


def _bits_of(stored: Array, dtype: DType) -> list[str]:
    import numpy as np

    bits = min(encoding_of(dtype).bits, dtype.bits) if dtype.bits < 8 else dtype.bits
    digits = -(-bits // 4)
    if bits > 64:
        halves = np.ascontiguousarray(stored).reshape(-1).view("u8").tolist()
        pairs = zip(halves[::2], halves[1::2], strict=True)
        return [f"0x{real:016x} 0x{imaginary:016x}" for real, imaginary in pairs]
    codes = np.ascontiguousarray(stored).reshape(-1).view(f"u{stored.itemsize}").tolist()
    if dtype.kind == "complex":
        half = bits // 2
        mask = (1 << half) - 1
        return [f"0x{c & mask:0{digits // 2}x} 0x{c >> half:0{digits // 2}x}" for c in codes]
    return [f"0x{code:0{digits}x}" for code in codes]


def _narrow(name: str, value: float) -> str:
    # The two zeros are equal, so that a cache would take one for the other.
    return _of_table(name, value) if value else str(value)


@lru_cache(maxsize=1 << 17)
def _of_table(name: str, value: float) -> str:
    """Return the shortest decimal that is nearer to `value` than to any other of its dtype."""
    if not isfinite(value):
        return str(value)
    low, high = _neighbours(name, value)
    for digits in range(_MOST_DIGITS):
        found = f"{value:.{digits}e}"
        # Midpoints belong to neither: how they are rounded is for the reader to decide.
        if low < float(found) < high:
            return str(float(found))
    return repr(value)


def _neighbours(name: str, value: float) -> tuple[float, float]:
    """Return the midpoints to the next smaller and the next larger finite value."""
    import numpy as np

    table = _finite(name)
    at = int(np.searchsorted(table, value))
    below = table[at - 1] if at else 2 * value - table[at + 1]
    above = table[at + 1] if at + 1 < table.size else 2 * value - below
    return float((below + value) / 2), float((above + value) / 2)


@lru_cache(maxsize=16)
def _finite(name: str) -> Array:
    import numpy as np

    values = code_values(name)
    found: Array = np.unique(values[np.isfinite(values)])
    return found
