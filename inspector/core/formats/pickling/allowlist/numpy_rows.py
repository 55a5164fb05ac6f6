"""numpy: arrays, scalars and dtypes, as numpy 1 and 2 pickle them (`ndarray.__reduce_ex__`)."""

from __future__ import annotations

import struct
from math import prod
from typing import Any

from inspector.core.formats.pickling.numpy_types import NumpyType, PickledDType
from inspector.core.formats.pickling.standins import (
    Builder,
    Bulk,
    Caller,
    Global,
    Instance,
    MaskedArray,
    PlainValue,
    RawArray,
)

# Below the modulus of Python's integer hash: no two shapes can be chosen to have the same hash.
_MAX_INDEX = (1 << 61) - 1

_CODES = {
    "float64": "d", "float32": "f", "float16": "e", "int64": "q", "int32": "i", "int16": "h",
    "int8": "b", "uint64": "Q", "uint32": "I", "uint16": "H", "uint8": "B", "bool": "?",
}  # fmt: skip


def _dtype(caller: Caller, args: tuple[Any, ...]) -> PickledDType:
    """Describe `numpy.dtype("f8", align, copy)`; byte order and fields come by BUILD."""
    name = args[0]
    if type(name) is bytes:  # Python 2
        name = name.decode("latin-1")
    if type(name) is not str:
        raise TypeError("a structured dtype")
    return PickledDType(name)


def _dtype_of(dtype: Any) -> NumpyType:
    if type(dtype) is not PickledDType:
        raise TypeError("no dtype")
    return dtype.finished()


def _scalar(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `scalar(dtype, bytes)`."""
    dtype, data = args
    kind = _dtype_of(dtype)
    name = kind._replace(big_endian=False).text
    if type(data) is str:  # Python 2 wrote the bytes as a string that happens to be text
        data = data.encode("utf-8")
    if type(data) is not bytes:
        raise TypeError("no bytes")
    if name[:1] == "U":
        order = "utf-32-be" if kind.big_endian else "utf-32-le"
        return PlainValue("numpy.str_", data.decode(order, "replace").rstrip("\0"))
    if name not in _CODES:
        return PlainValue(f"numpy.{name}", repr(data))
    try:
        order = ">" if kind.big_endian else "<"
        return PlainValue(f"numpy.{name}", struct.unpack(order + _CODES[name], data)[0])
    except struct.error:
        raise ValueError("not the size of its dtype") from None


def _shell(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `_reconstruct(ndarray, (0,), b"b")`: an array that BUILD will fill."""
    cls = args[0]
    if type(cls) is not Global:
        raise TypeError("no class")
    return Instance(cls)


def _masked_shell(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `_mareconstruct(MaskedArray, ndarray, (0,), b"b")`, which BUILD will fill."""
    return Instance(Global("numpy.ma", "MaskedArray"))


def _from_buffer(caller: Caller, args: tuple[Any, ...]) -> RawArray:
    """Describe `_frombuffer(bytes, dtype, shape, order)`, the form of protocol 5."""
    data, dtype, shape, order = args
    return RawArray(_dtype_of(dtype), _shape(shape), data, order == "F")


def _shape(shape: Any) -> tuple[int, ...]:
    if type(shape) is int:
        shape = (shape,)
    if type(shape) is not tuple:
        raise TypeError("no shape")
    if not all(type(length) is int and 0 <= length < _MAX_INDEX for length in shape):
        raise ValueError("impossible shape")
    return shape


def filled_array(instance: Instance) -> RawArray | None:
    """Return the array that a state `(version, shape, dtype, fortran, data)` describes."""
    state = instance.states[0] if len(instance.states) == 1 else None
    if type(state) is not tuple or len(state) != 5:
        return None
    _, shape, dtype, fortran, data = state
    try:
        objects = tuple(data) if type(data) is list else ()
        array = RawArray(_dtype_of(dtype), _shape(shape), None, fortran is True, objects)
        return array._replace(data=_octets(data, array))
    except (TypeError, ValueError):
        return None


def filled_masked_array(instance: Instance) -> MaskedArray | None:
    """Return what `(version, shape, dtype, fortran, data, mask, fill value)` describes."""
    state = instance.states[0] if len(instance.states) == 1 else None
    if type(state) is not tuple or len(state) != 7:
        return None
    _, shape, dtype, fortran, data, mask, _ = state
    try:
        array = RawArray(_dtype_of(dtype), _shape(shape), None, fortran is True)
        hidden = array._replace(type=NumpyType("b1"))
        data, mask = _octets(data, array), _octets(mask, hidden)
        return MaskedArray(array._replace(data=data), hidden._replace(data=mask))
    except (TypeError, ValueError):
        return None


def _octets(data: Any, array: RawArray) -> bytes | Bulk | None:
    """Return the bytes of an array, which Python 2 wrote as a string that may be text."""
    if type(data) is str and len(data) <= prod(array.shape) * (array.type.width or 0):
        return data.encode("utf-8")
    return data if type(data) in (bytes, Bulk) else None


NUMPY: dict[tuple[str, str], Builder] = (
    {("numpy", "dtype"): _dtype}
    | {
        (f"numpy.{core}.{module}", name): build
        for core in ("core", "_core")  # numpy 1, numpy 2
        for module, name, build in (
            ("multiarray", "_reconstruct", _shell),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    }
    | {("numpy.ma.core", "_mareconstruct"): _masked_shell}
)
