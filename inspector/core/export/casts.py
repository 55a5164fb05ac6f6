"""Values of one dtype become those of another, bit by bit as torch's `to` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import decode, encoding_of, finite_limit
from inspector.core.arrays.casting import cast_floats
from inspector.core.errors import FormatError
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_FAMILIES = {
    "float": "float",
    "complex": "complex",
    "int": "integer",
    "uint": "integer",
    "bool": "bool",
}
_SCALES = ("float8_e8m0fnu", "float4_e2m1fn_x2")  # they mean something with other tensors only


class Counts(NamedTuple):
    """What a cast did to values that were there."""

    overflow: int = 0
    underflow: int = 0


def same_kind(source: DType, target: DType) -> bool:
    """Return whether a cast stays among floats, among integers and so on."""
    family = _FAMILIES.get(source.kind)
    return family is not None and family == _FAMILIES.get(target.kind)


def can_cast(source: DType, target: DType) -> bool:
    """Return whether there is a cast; none leads out of complex, quantized or packed numbers."""
    if source == target:
        return True
    families = _FAMILIES.get(source.kind), _FAMILIES.get(target.kind)
    if None in families or source.name == "float4_e2m1fn_x2" or target.name in _SCALES:
        return False
    return families[0] != "complex" or families[1] == "complex"


def cast(stored: Array, source: DType, target: DType, lazy: str = "") -> Array:
    """Return stored numbers of `source` as stored numbers of `target`.

    `lazy` names what is to be applied to the values: `conj`, `neg`. Raises FormatError.
    """
    import numpy as np

    if source == target and not lazy:
        return stored
    values = decode(stored, source)
    if "conj" in lazy:
        values = np.conjugate(values)
    if "neg" in lazy:
        values = np.negative(values)
    with np.errstate(all="ignore"):
        return _stored(values, target)


def counts(stored: Array, made: Array, source: DType, target: DType) -> Counts:
    """Return how many values a cast made too large or zero."""
    import numpy as np

    before, after = decode(stored, source), decode(made, target)
    with np.errstate(all="ignore"):
        if target.kind == "bool":
            return Counts()
        if target.kind in ("int", "uint"):
            return Counts(overflow=_out_of_range(before, target))
        there = np.isfinite(before)
        lost = there & ~np.isfinite(after)
        if target.name == "float8_e4m3fn":  # where torch takes the largest value instead
            lost |= there & (np.abs(before) > finite_limit(target.name))
        zeroed = (after == 0) & (before != 0)
    return Counts(int(np.count_nonzero(lost)), int(np.count_nonzero(zeroed)))


def _out_of_range(values: Array, target: DType) -> int:
    import numpy as np

    lowest, highest = (-(1 << target.bits - 1), (1 << target.bits - 1) - 1)
    if target.kind == "uint":
        lowest, highest = 0, (1 << target.bits) - 1
    if values.dtype.kind == "f":
        outside = ~((values > lowest - 1) & (values < float(highest) + 1))
        return int(np.count_nonzero(outside))
    if values.dtype.kind == "b":
        return 0
    limits = np.iinfo(values.dtype)
    outside = np.zeros(values.shape, np.bool_)
    if lowest > limits.min:
        outside |= values < lowest
    if highest < limits.max:
        outside |= values > highest
    return int(np.count_nonzero(outside))


def _stored(values: Array, target: DType) -> Array:
    import numpy as np

    if target.kind == "bool":
        truth: Array = (values != 0).view(np.uint8)
        return truth
    if target.kind in ("int", "uint"):
        whole = values.astype(("i" if target.kind == "int" else "u") + str(target.bits // 8))
        return whole.view(encoding_of(target).stored)
    if target.kind == "float":
        wide = target.name == "float64" or values.dtype == np.float64
        # torch takes float16 and integers to the small floats by way of float32.
        return cast_floats(
            values if wide and values.dtype.kind == "f" else _float(values, target), target
        )
    if target.kind == "complex":
        return _complex(values, target)
    raise FormatError(f"Values are not cast to {target.name}.")


def _float(values: Array, target: DType) -> Array:
    import numpy as np

    return values.astype(np.float64 if target.name == "float64" else np.float32)


def _complex(values: Array, target: DType) -> Array:
    import numpy as np

    if target.name != "complex32":
        return values.astype(np.complex128 if target.name == "complex128" else np.complex64)
    narrow = np.ascontiguousarray(values.astype(np.complex64))
    halves: Array = narrow[..., None].view(np.float32).astype(np.float16)
    packed: Array = halves.view(np.uint32)[..., 0]
    return packed
