"""numpy: arrays, scalars and dtypes, as numpy 1 and 2 pickle them (`ndarray.__reduce_ex__`)."""

from __future__ import annotations

import struct
from typing import Any

from inspector.core.formats.pickling.standins import (
    Array,
    Builder,
    Caller,
    Global,
    Instance,
    PlainValue,
)

# Below the modulus of Python's integer hash: no two shapes can be chosen to have the same hash.
_MAX_INDEX = (1 << 61) - 1

_NAMES = {
    "f8": "float64", "f4": "float32", "f2": "float16", "i8": "int64", "i4": "int32",
    "i2": "int16", "i1": "int8", "u8": "uint64", "u4": "uint32", "u2": "uint16", "u1": "uint8",
    "b1": "bool", "c8": "complex64", "c16": "complex128", "O8": "object", "O": "object",
}  # fmt: skip
_CODES = {
    "float64": "d", "float32": "f", "float16": "e", "int64": "q", "int32": "i", "int16": "h",
    "int8": "b", "uint64": "Q", "uint32": "I", "uint16": "H", "uint8": "B", "bool": "?",
}  # fmt: skip


def _dtype(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `numpy.dtype("f8", align, copy)`."""
    name = args[0]
    if type(name) is not str:
        raise TypeError("a structured dtype")
    return PlainValue("numpy.dtype", _NAMES.get(name, name))


def _dtype_name(dtype: Any) -> str:
    if not isinstance(dtype, PlainValue) or dtype.type != "numpy.dtype":
        raise TypeError("no dtype")
    return str(dtype.value)


def _scalar(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `scalar(dtype, bytes)`."""
    dtype, data = args
    name = _dtype_name(dtype)
    if type(data) is str:  # Python 2 wrote the bytes as a string that happens to be text
        data = data.encode("utf-8")
    if type(data) is not bytes:
        raise TypeError("no bytes")
    if name[:1] == "U":
        return PlainValue("numpy.str_", data.decode("utf-32-le", "replace").rstrip("\0"))
    if name not in _CODES:
        return PlainValue(f"numpy.{name}", repr(data))
    try:
        return PlainValue(f"numpy.{name}", struct.unpack("<" + _CODES[name], data)[0])
    except struct.error:
        raise ValueError("not the size of its dtype") from None


def _shell(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `_reconstruct(ndarray, (0,), b"b")`: an array that BUILD will fill."""
    cls = args[0]
    if type(cls) is not Global:
        raise TypeError("no class")
    return Instance(cls)


def _from_buffer(caller: Caller, args: tuple[Any, ...]) -> Array:
    """Describe `_frombuffer(bytes, dtype, shape, order)`, the form of protocol 5."""
    _, dtype, shape, _ = args
    return Array(_dtype_name(dtype), _shape(shape))


def _shape(shape: Any) -> tuple[int, ...]:
    if type(shape) is int:
        shape = (shape,)
    if type(shape) is not tuple:
        raise TypeError("no shape")
    if not all(type(length) is int and 0 <= length < _MAX_INDEX for length in shape):
        raise ValueError("impossible shape")
    return shape


def filled_array(instance: Instance) -> Array | None:
    """Return the array that a state `(version, shape, dtype, fortran, data)` describes."""
    state = instance.states[0] if len(instance.states) == 1 else None
    if type(state) is not tuple or len(state) != 5:
        return None
    _, shape, dtype, _, data = state
    try:
        objects = tuple(data) if type(data) is list else ()
        return Array(_dtype_name(dtype), _shape(shape), objects)
    except (TypeError, ValueError):
        return None


NUMPY: dict[tuple[str, str], Builder] = {("numpy", "dtype"): _dtype} | {
    (f"numpy.{core}.{module}", name): build
    for core in ("core", "_core")  # numpy 1, numpy 2
    for module, name, build in (
        ("multiarray", "_reconstruct", _shell),
        ("multiarray", "scalar", _scalar),
        ("numeric", "_frombuffer", _from_buffer),
    )
}
