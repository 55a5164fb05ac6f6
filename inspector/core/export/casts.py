"""Values of one dtype become those of another, bit by bit as torch's `to` makes them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays import code_values, decode, encoding_of, finite_limit
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
    values = _widened(stored) if source.name == "bfloat16" else decode(stored, source)
    if "conj" in lazy:
        values = np.conjugate(values)
    if "neg" in lazy:
        values = np.negative(values)
    with np.errstate(all="ignore"):
        return _stored(values, target)


def _widened(stored: Array) -> Array:
    """Return bfloat16 as float32, which it is the upper half of, NaN with the same bits."""
    import numpy as np

    values: Array = (stored.astype(np.uint32) << 16).view(np.float32)
    return values


def lost_values(stored: Array, source: DType, target: DType) -> Counts:
    """Return how many values a cast makes too large or zero."""
    import numpy as np

    if target.kind == "bool":
        return Counts()
    before = _widened(stored) if source.name == "bfloat16" else decode(stored, source)
    with np.errstate(all="ignore"):
        if target.kind in ("int", "uint"):
            return Counts(overflow=_out_of_range(before, target))
        within = before.size > 0 and source.kind != "complex" and _is_within(before, target)
        if within and before.dtype == np.float32 and target.kind == "float":
            return Counts(0, _zeroed(before, target))
        after = decode(cast(stored, source, target), target)
        underflow = int(np.count_nonzero(before) - np.count_nonzero(after))
        if within:
            return Counts(0, underflow)
        there = np.isfinite(before)
        lost = there & ~np.isfinite(after)
        if target.name == "float8_e4m3fn":  # where torch takes the largest value instead
            lost |= there & (np.abs(before) > finite_limit(target.name))
    return Counts(int(np.count_nonzero(lost)), underflow)


def _is_within(values: Array, target: DType) -> bool:
    """Return whether all values are below the limit, as they nearly always are; no NaN is."""
    if values.dtype.kind == "b":
        return True
    return max(float(values.max()), -float(values.min())) <= finite_limit(target.name)


def _zeroed(values: Array, target: DType) -> int:
    """Return how many float32 values other than zero are nearer to zero than to anything else."""
    import numpy as np

    # Without its sign, a larger number has larger bits; zero wraps around to the largest.
    size = (values.view(np.uint32) << 1) - np.uint32(1)
    return int(np.count_nonzero(size < _zero_limit(target.name)))


@lru_cache(maxsize=16)
def _zero_limit(name: str) -> int:
    """Return the doubled bits of the largest float32 that becomes zero."""
    import numpy as np

    if name in ("float32", "float64"):
        return 0
    smallest = float(code_values(name)[1])  # codes of positive values are in their order
    return int(np.float32(smallest / 2).view(np.uint32)) << 1  # a tie goes to zero, the even one


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
