"""The one table of element types: one row per dtype that a checkpoint can name.

Names and sizes are those of torch 2.13 (`c10/core/ScalarType.h`), the storage classes those of
`torch/storage.py`, the safetensors names those of `safetensors/src/tensor.rs` 0.8.
"""

from __future__ import annotations

from typing import NamedTuple


class DType(NamedTuple):
    """An element type: torch's name without `torch.`, and how the formats spell it."""

    name: str
    bits: int
    """Bits one element takes in a storage; below 8 where torch packs several into a byte."""
    kind: str
    """`float`, `complex`, `int`, `uint`, `bool`, `quantized`, `bits` or `unknown`."""
    storage_class: str = ""
    """The class that a pickle names for a storage of this dtype, e.g. `FloatStorage`."""
    safetensors: str = ""


DTYPES = (
    DType("float64", 64, "float", "DoubleStorage", "F64"),
    DType("float32", 32, "float", "FloatStorage", "F32"),
    DType("float16", 16, "float", "HalfStorage", "F16"),
    DType("bfloat16", 16, "float", "BFloat16Storage", "BF16"),
    DType("float8_e4m3fn", 8, "float", "", "F8_E4M3"),
    DType("float8_e5m2", 8, "float", "", "F8_E5M2"),
    DType("float8_e4m3fnuz", 8, "float", "", "F8_E4M3FNUZ"),
    DType("float8_e5m2fnuz", 8, "float", "", "F8_E5M2FNUZ"),
    DType("float8_e8m0fnu", 8, "float", "", "F8_E8M0"),
    # Two values share one element, and torch counts the pair as the element.
    DType("float4_e2m1fn_x2", 8, "float"),
    DType("complex128", 128, "complex", "ComplexDoubleStorage"),
    DType("complex64", 64, "complex", "ComplexFloatStorage", "C64"),
    DType("complex32", 32, "complex"),
    DType("int64", 64, "int", "LongStorage", "I64"),
    DType("int32", 32, "int", "IntStorage", "I32"),
    DType("int16", 16, "int", "ShortStorage", "I16"),
    DType("int8", 8, "int", "CharStorage", "I8"),
    DType("uint64", 64, "uint", "", "U64"),
    DType("uint32", 32, "uint", "", "U32"),
    DType("uint16", 16, "uint", "", "U16"),
    DType("uint8", 8, "uint", "ByteStorage", "U8"),
    DType("bool", 8, "bool", "BoolStorage", "BOOL"),
    DType("qint32", 32, "quantized", "QInt32Storage"),
    DType("qint8", 8, "quantized", "QInt8Storage"),
    DType("quint8", 8, "quantized", "QUInt8Storage"),
    DType("quint4x2", 4, "quantized", "QUInt4x2Storage"),
    DType("quint2x4", 2, "quantized", "QUInt2x4Storage"),
    DType("bits16", 16, "bits"),
    DType("bits8", 8, "bits"),
    DType("bits1x8", 8, "bits"),
    DType("bits2x4", 8, "bits"),
    DType("bits4x2", 8, "bits"),
)

_BY_NAME = {row.name: row for row in DTYPES}


def dtype_named(name: str) -> DType:
    """Return the row of `name`; an unknown name gives a row of kind `unknown` and 8 bits."""
    return _BY_NAME.get(name) or DType(name, 8, "unknown")
