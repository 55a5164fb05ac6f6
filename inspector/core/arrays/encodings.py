"""What the stored bits of each dtype mean: one row per dtype whose values can be read.

Layouts: IEEE 754-2019 for the wide types; bfloat16 is the upper half of a float32. float8 and
float4: Open Compute Project, "OCP 8-bit Floating Point Specification" 1.0 (E4M3, E5M2) and
"Microscaling Formats" 1.0 (E8M0, E2M1); the `fnuz` variants: Noune et al. 2022, arXiv:2206.02915.
torch packs two E2M1, four bits each, into a byte, the first in the low half
(`c10/util/Float4_e2m1fn_x2.h`), and so it does with quint4x2 and quint2x4
(`aten/src/ATen/native/quantized/cpu/kernels/QuantizedOpKernels.cpp`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from inspector.core.errors import FormatError
from inspector.core.model import DType

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Meaning = Literal[
    "real",  # a float that numpy has
    "integer",  # too wide for a table
    "complex",
    "code",  # 4 to 16 bits: every pattern has its value in a table
]


class Encoding(NamedTuple):
    """How the values of a dtype are stored."""

    stored: str
    """numpy's code of the stored numbers, without byte order: `f4`, `u2`."""
    meaning: Meaning
    bits: int
    """Bits of one value: fewer than the stored number has where several are packed into it."""


_ROWS: dict[str, Encoding] = {
    "float64": Encoding("f8", "real", 64),
    "float32": Encoding("f4", "real", 32),
    "float16": Encoding("u2", "code", 16),
    "bfloat16": Encoding("u2", "code", 16),
    "float8_e4m3fn": Encoding("u1", "code", 8),
    "float8_e5m2": Encoding("u1", "code", 8),
    "float8_e4m3fnuz": Encoding("u1", "code", 8),
    "float8_e5m2fnuz": Encoding("u1", "code", 8),
    "float8_e8m0fnu": Encoding("u1", "code", 8),
    "float4_e2m1fn_x2": Encoding("u1", "code", 4),
    "complex128": Encoding("c16", "complex", 128),
    "complex64": Encoding("c8", "complex", 64),
    "complex32": Encoding("u4", "complex", 32),  # two float16: the real part in the low half
    "int64": Encoding("i8", "integer", 64),
    "int32": Encoding("i4", "integer", 32),
    "int16": Encoding("u2", "code", 16),
    "int8": Encoding("u1", "code", 8),
    "uint64": Encoding("u8", "integer", 64),
    "uint32": Encoding("u4", "integer", 32),
    "uint16": Encoding("u2", "code", 16),
    "uint8": Encoding("u1", "code", 8),
    "bool": Encoding("u1", "code", 8),
    # Of quantized tensors the stored integers, as torch's `int_repr()` gives them.
    "qint32": Encoding("i4", "integer", 32),
    "qint8": Encoding("u1", "code", 8),
    "quint8": Encoding("u1", "code", 8),
    "quint4x2": Encoding("u1", "code", 4),
    "quint2x4": Encoding("u1", "code", 2),
    "bits16": Encoding("u2", "code", 16),
    "bits8": Encoding("u1", "code", 8),
    "bits1x8": Encoding("u1", "code", 8),
    "bits2x4": Encoding("u1", "code", 8),
    "bits4x2": Encoding("u1", "code", 8),
}

# Exponent bits, mantissa bits, bias; whether the topmost exponent has infinities and NaN (as IEEE
# 754), one NaN with all bits set ("fn"), one NaN in the place of minus zero ("fnuz"), or nothing.
_SMALL_FLOATS: dict[str, tuple[int, int, int, Literal["ieee", "fn", "fnuz", "none"]]] = {
    "float8_e4m3fn": (4, 3, 7, "fn"),
    "float8_e5m2": (5, 2, 15, "ieee"),
    "float8_e4m3fnuz": (4, 3, 8, "fnuz"),
    "float8_e5m2fnuz": (5, 2, 16, "fnuz"),
    "float4_e2m1fn_x2": (2, 1, 1, "none"),
}
_NATIVE = {"int16": "i2", "int8": "i1", "qint8": "i1", "float16": "f2", "uint16": "u2"}


def encoding_of(dtype: DType) -> Encoding:
    """Return how the values are stored; raises FormatError for a dtype that nobody knows."""
    row = _ROWS.get(dtype.name)
    if row is None:
        raise FormatError(f"What the bits of dtype {dtype.name!r} mean is not known.")
    return row


@lru_cache(maxsize=40)
def code_values(name: str) -> Array:
    """Return the value of every bit pattern of a dtype of at most 16 bits, as float64."""
    import numpy as np

    bits = _ROWS[name].bits
    codes = np.arange(1 << bits)
    if name == "bfloat16":
        with np.errstate(invalid="ignore"):  # widening a signalling NaN
            values = (codes << 16).astype(np.uint32).view(np.float32).astype(np.float64)
    elif name in _NATIVE:
        with np.errstate(invalid="ignore"):
            values = codes.astype(f"u{bits // 8}").view(_NATIVE[name]).astype(np.float64)
    elif name == "bool":
        values = (codes != 0).astype(np.float64)
    elif name == "float8_e8m0fnu":
        values = np.ldexp(1.0, codes - 127)
        values[255] = np.nan
    elif name in _SMALL_FLOATS:
        values = _small_float(codes, *_SMALL_FLOATS[name])
    else:
        values = codes.astype(np.float64)
    values.flags.writeable = False
    return values


def _small_float(codes: Array, exponent_bits: int, bits: int, bias: int, top: str) -> Array:
    import numpy as np

    exponent = (codes >> bits) & ((1 << exponent_bits) - 1)
    mantissa = codes & ((1 << bits) - 1)
    normal = exponent > 0
    fraction = np.where(normal, mantissa + (1 << bits), mantissa).astype(np.float64)
    values: Array = np.ldexp(fraction, np.maximum(exponent, 1) - bias - bits)
    negative = codes >> (bits + exponent_bits) == 1
    last = exponent == (1 << exponent_bits) - 1
    if top == "ieee":
        values[last] = np.where(mantissa[last] == 0, np.inf, np.nan)
    elif top == "fn":
        values[last & (mantissa == (1 << bits) - 1)] = np.nan
    values[negative] *= -1
    if top == "fnuz":
        values[negative & (exponent == 0) & (mantissa == 0)] = np.nan
    return values


def unpack(stored: Array, bits: int) -> Array:
    """Return the codes that are packed into bytes, the lowest bits first."""
    import numpy as np

    if bits >= 8:
        return stored
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    unpacked: Array = ((stored.reshape(-1, 1) >> shifts) & ((1 << bits) - 1)).reshape(-1)
    return unpacked


def decode(stored: Array, dtype: DType) -> Array:
    """Return the values of stored numbers, shape kept, in a dtype of numpy that has them exactly.

    float16, the wide floats, integers and bool keep theirs; bfloat16, float8 and float4 become
    float32, complex32 becomes complex64. Of packed dtypes the last dimension grows.
    """
    import numpy as np

    encoding = encoding_of(dtype)
    if encoding.bits < 8:
        per = 8 // encoding.bits
        shape = (*stored.shape[:-1], stored.shape[-1] * per) if stored.shape else (per,)
        stored = unpack(np.ascontiguousarray(stored), encoding.bits).reshape(shape)
    if dtype.name in _NATIVE:
        return np.ascontiguousarray(stored).view(_NATIVE[dtype.name]).reshape(stored.shape)
    if dtype.name == "bool":
        truth: Array = stored != 0
        return truth
    if dtype.name == "complex32":
        halves = np.ascontiguousarray(stored)[..., None].view(np.float16).astype(np.float32)
        pairs: Array = np.ascontiguousarray(halves).view(np.complex64)
        return pairs.reshape(stored.shape)
    if encoding.meaning == "code" and dtype.kind == "float":
        with np.errstate(invalid="ignore"):
            values: Array = _narrow_values(dtype.name)[stored]
        return values
    return stored


@lru_cache(maxsize=40)
def _narrow_values(name: str) -> Array:
    import numpy as np

    with np.errstate(over="ignore", under="ignore"):
        return code_values(name).astype(np.float32)


@lru_cache(maxsize=40)
def finite_limit(name: str) -> float:
    """Return the largest finite value of a floating dtype, infinity for every other."""
    import numpy as np

    if name in ("float64", "complex128"):
        return float(np.finfo(np.float64).max)
    if name in ("float32", "complex64"):
        return float(np.finfo(np.float32).max)
    if name == "complex32":
        return 65504.0
    if name in ("float16", "bfloat16") or name in _SMALL_FLOATS:
        values = code_values(name)
        return float(values[np.isfinite(values)].max())
    return float("inf")
