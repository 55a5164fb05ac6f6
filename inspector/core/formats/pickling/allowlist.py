"""The globals that have a meaning here: one row each. Everything else becomes an `Instance`.

A builder describes what the real function would return; it imports and calls nothing that the
stream names. Arguments are hostile: a builder raises TypeError or ValueError on what does not fit,
and the caller then keeps an inert `Instance` instead. Arguments and their order are those of
torch 2.13 (`torch/_utils.py`, `torch/_tensor.py`) and of the Python standard library.
"""

from __future__ import annotations

import struct
from typing import Any

from inspector.core.formats.pickling.standins import (
    Array,
    Builder,
    Caller,
    Global,
    Instance,
    PickledDict,
    PickledSequence,
    PlainValue,
    TypedStorage,
)
from inspector.core.model import Tensor, dtype_named

_MAX_DIMENSIONS = 64  # the most that torch's operators take (MAX_DIMS, ATen/core/TensorBase)
_MAX_INDEX = 1 << 63
_PLAIN_TENSORS = ("Tensor", "Parameter", "Buffer")  # subclasses that add nothing but their name


# ---- tensors -------------------------------------------------------------------------------


def _tensor_v2(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_tensor_v2(storage, offset, size, stride, grad, hooks[, meta])`."""
    typed, offset, shape, stride, requires_grad = args[:5]
    if type(typed) is not TypedStorage:
        raise TypeError("no storage")
    return _view(typed, typed.dtype, offset, shape, stride, requires_grad)


def _tensor_v1(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_tensor(storage, offset, size, stride)`."""
    typed, offset, shape, stride = args
    return _view(typed, typed.dtype, offset, shape, stride, False)


def _tensor_v3(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_tensor_v3(storage, …, hooks, dtype[, meta])` of the newer dtypes."""
    typed, offset, shape, stride, requires_grad, _hooks, dtype = args[:7]
    row = dtype_named(_torch_name(dtype))
    # The storage is untyped: legacy views, whose base counts elements, never meet this function.
    return _view(typed, row, offset, shape, stride, requires_grad)


def _view(
    typed: TypedStorage, dtype: Any, offset: Any, shape: Any, stride: Any, requires_grad: Any
) -> Tensor:
    if type(shape) is not tuple or type(stride) is not tuple or len(shape) != len(stride):
        raise TypeError("shape and stride do not match")
    for number in (offset, *shape):
        if type(number) is not int or not 0 <= number < _MAX_INDEX:
            raise ValueError("negative or huge size")
    for number in stride:
        if type(number) is not int or not -_MAX_INDEX < number < _MAX_INDEX:
            raise ValueError("huge stride")
    if len(shape) > _MAX_DIMENSIONS:
        raise ValueError("too many dimensions")
    return Tensor(
        dtype, shape, stride, offset + typed.base, typed.storage, requires_grad is True
    )  # fmt: skip


def _parameter(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `_rebuild_parameter(data, requires_grad, hooks)` and `Parameter(data, grad)`."""
    data, requires_grad = args[0], args[1] if len(args) > 1 else True
    if not isinstance(data, Tensor):
        raise TypeError("no tensor")
    return data._replace(parameter=True, requires_grad=requires_grad is True)


def _quantized(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_qtensor(storage, offset, size, stride, quantizer, grad, hooks)`."""
    typed, offset, shape, stride, quantizer, requires_grad = args[:6]
    tensor = _view(typed, typed.dtype, offset, shape, stride, requires_grad)
    scheme, *numbers = quantizer
    name = _torch_name(scheme)
    if all(type(number) in (int, float) for number in numbers):
        text = f"{name}, scale {numbers[0]!r}, zero point {numbers[1]!r}"
    else:
        text = f"{name}, axis {numbers[2]}" if len(numbers) > 2 else name
    return tensor._replace(quantization=text)


def _meta_tensor(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad)`."""
    dtype, shape, stride, requires_grad = args
    row = dtype_named(_torch_name(dtype))
    placeholder = TypedStorage(None, row)  # type: ignore[arg-type]
    return _view(placeholder, row, 0, shape, stride, requires_grad)


def _from_type(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `_rebuild_from_type_v2(func, type, args, state)`: a subclass or attributes."""
    function, cls, arguments, state = args
    value = caller.call(function, arguments)
    if not isinstance(value, Tensor) or type(cls) is not Global:
        raise TypeError("no tensor")
    if cls.name in _PLAIN_TENSORS and not _has_items(state):
        return value._replace(parameter=value.parameter or cls.name == "Parameter")
    instance = Instance(cls, (value,))
    instance.states.append(state)
    return instance


def _has_items(state: Any) -> bool:
    return bool(state.pairs) if isinstance(state, PickledDict) else state is not None


def _size(caller: Caller, args: tuple[Any, ...]) -> tuple[int, ...]:
    """Describe `torch.Size((…))`."""
    (sizes,) = args
    return tuple(sizes) if type(sizes) in (tuple, list) else _refuse()


def _device(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `torch.device(type[, index])`."""
    kind, index = args if len(args) == 2 else (args[0], None)
    if type(kind) is not str or type(index) not in (int, type(None)):
        raise TypeError("no device")
    return PlainValue("torch.device", kind if index is None else f"{kind}:{index}")


def _layout(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `torch.serialization._get_layout(name)`."""
    (name,) = args
    return PlainValue("torch.layout", name if type(name) is str else _refuse())


def _torch_name(value: Any) -> str:
    """Return the name of `torch.float32` and the like without its module."""
    if type(value) is not Global or value.module != "torch":
        raise TypeError("no name of torch")
    return value.name


# ---- Python's own containers and values ----------------------------------------------------


def _ordered_dict(caller: Caller, args: tuple[Any, ...]) -> PickledDict:
    """Describe `OrderedDict()` and Python 2's `OrderedDict([[key, value], …])`."""
    value = PickledDict("collections.OrderedDict")
    if args:
        (items,) = args
        if isinstance(items, PickledDict):
            value.pairs.extend(items.pairs)
        else:
            for key, item in items:
                value.pairs += (key, item)
    return value


def _counter(caller: Caller, args: tuple[Any, ...]) -> PickledDict:
    """Describe `Counter({…})`."""
    pairs = args[0].pairs if args else []
    return PickledDict("collections.Counter", list(pairs))


def _default_dict(caller: Caller, args: tuple[Any, ...]) -> PickledDict:
    """Describe `defaultdict(factory)`; the factory is named, not called."""
    factory = args[0].text if args and type(args[0]) is Global else ""
    return PickledDict(f"collections.defaultdict({factory})")


def _dict(caller: Caller, args: tuple[Any, ...]) -> PickledDict:
    """Describe `dict()` and `dict([(key, value), …])`."""
    value = _ordered_dict(caller, args)
    value.type = "dict"
    return value


def _sequence(type_name: str) -> Builder:
    def build(caller: Caller, args: tuple[Any, ...]) -> PickledSequence:
        items = args[0] if args else []
        if isinstance(items, PickledSequence):
            items = items.items
        return PickledSequence(type_name, [*items] if type(items) in (list, tuple) else _refuse())

    return build


def _list(caller: Caller, args: tuple[Any, ...]) -> list[Any]:
    """Describe `list()` and `list([…])`."""
    items = args[0] if args else []
    return list(items) if type(items) in (list, tuple) else _refuse()


def _tuple(caller: Caller, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Describe `tuple([…])`."""
    return tuple(_list(caller, args))


def _complex(caller: Caller, args: tuple[Any, ...]) -> complex:
    """Describe `complex(real, imag)`."""
    real, imag = args
    return complex(real, imag) if type(real) is type(imag) is float else _refuse()


def _range(type_name: str) -> Builder:
    def build(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
        if not all(type(number) in (int, type(None)) for number in args):
            raise TypeError("no numbers")
        return PlainValue(type_name, f"{type_name}({', '.join(map(str, args))})")

    return build


def _encode(caller: Caller, args: tuple[Any, ...]) -> bytes:
    """Describe `_codecs.encode(text, "latin1")`: how protocol 2 spells bytes."""
    text, encoding = args
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise TypeError("no text")
    return text.encode("latin-1")


def _bytes(caller: Caller, args: tuple[Any, ...]) -> bytes:
    """Describe `bytes()`, and `bytearray(b"…")` whose difference does not matter here."""
    if not args:
        return b""
    return args[0] if type(args[0]) is bytes else _refuse()


def _reconstructor(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `copyreg._reconstructor(cls, base, state)`: how protocols 0 and 1 make objects."""
    cls, _base, state = args
    instance = Instance(cls)
    if isinstance(state, PickledDict):
        instance.pairs.extend(state.pairs)
    elif type(state) in (list, tuple):
        instance.items.extend(state)
    elif state is not None:
        instance.args = (state,)
    return instance


# ---- numpy ---------------------------------------------------------------------------------


def _array_shell(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `_reconstruct(ndarray, (0,), b"b")`: an array that BUILD will fill."""
    return Instance(args[0], ())


def _numpy_dtype(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `numpy.dtype("f8", align, copy)`."""
    name = args[0]
    if type(name) is not str:
        raise TypeError("a structured dtype")
    return PlainValue("numpy.dtype", _NUMPY_TYPES.get(name, name))


def _numpy_scalar(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `numpy.core.multiarray.scalar(dtype, bytes)`."""
    dtype, data = args
    name = dtype.value if isinstance(dtype, PlainValue) else _refuse()
    if type(data) is str:  # Python 2 wrote the bytes as a string that happens to be text
        data = data.encode("utf-8")
    if name not in _NUMPY_CODES:
        return PlainValue(f"numpy.{name}", repr(data) if type(data) is bytes else _refuse())
    try:
        return PlainValue(f"numpy.{name}", struct.unpack(_NUMPY_CODES[name], data)[0])
    except struct.error:
        raise ValueError("not the size of its dtype") from None


def numpy_array(states: list[Any]) -> Array | None:
    """Return the description in an ndarray's state `(version, shape, dtype, fortran, data)`."""
    state = states[0] if len(states) == 1 else None
    if type(state) is not tuple or len(state) != 5:
        return None
    _, shape, dtype, _, _ = state
    if not isinstance(dtype, PlainValue) or type(shape) is not tuple:
        return None
    if not all(type(length) is int and 0 <= length < _MAX_INDEX for length in shape):
        return None
    return Array(dtype.value, shape)


_NUMPY_TYPES = {
    "f8": "float64", "f4": "float32", "f2": "float16", "i8": "int64", "i4": "int32",
    "i2": "int16", "i1": "int8", "u8": "uint64", "u4": "uint32", "u2": "uint16", "u1": "uint8",
    "b1": "bool", "c8": "complex64", "c16": "complex128", "O8": "object", "O": "object",
}  # fmt: skip


_NUMPY_CODES = {
    "float64": "<d", "float32": "<f", "float16": "<e", "int64": "<q", "int32": "<i",
    "int16": "<h", "int8": "<b", "uint64": "<Q", "uint32": "<I", "uint16": "<H", "uint8": "<B",
    "bool": "<?",
}  # fmt: skip


def _refuse() -> Any:
    raise TypeError("unexpected argument")


# ---- the table -----------------------------------------------------------------------------


_TORCH: dict[tuple[str, str], Builder] = {
    ("torch._utils", "_rebuild_tensor"): _tensor_v1,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor_v2,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._utils", "_rebuild_qtensor"): _quantized,
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): _meta_tensor,
    ("torch._tensor", "_rebuild_from_type"): _from_type,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("torch.nn.parameter", "Parameter"): _parameter,
    ("torch", "Size"): _size,
    ("torch", "device"): _device,
    ("torch.serialization", "_get_layout"): _layout,
}
_LIBRARY: dict[tuple[str, str], Builder] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("collections", "Counter"): _counter,
    ("collections", "defaultdict"): _default_dict,
    ("collections", "deque"): _sequence("collections.deque"),
    ("_codecs", "encode"): _encode,
    ("copyreg", "_reconstructor"): _reconstructor,
    ("copy_reg", "_reconstructor"): _reconstructor,  # Python 2
}
_BUILTINS: dict[str, Builder] = {
    "dict": _dict,
    "list": _list,
    "tuple": _tuple,
    "set": _sequence("set"),
    "frozenset": _sequence("frozenset"),
    "complex": _complex,
    "bytes": _bytes,
    "bytearray": _bytes,
    "slice": _range("slice"),
    "range": _range("range"),
    "xrange": _range("range"),  # Python 2
}
_NUMPY: dict[tuple[str, str], Builder] = {("numpy", "dtype"): _numpy_dtype} | {
    (f"numpy.{core}.multiarray", name): build
    for core in ("core", "_core")  # numpy 1, numpy 2
    for name, build in (("_reconstruct", _array_shell), ("scalar", _numpy_scalar))
}

ALLOWED: dict[tuple[str, str], Builder] = {
    **_TORCH,
    **_LIBRARY,
    **_NUMPY,
    **{("builtins", name): build for name, build in _BUILTINS.items()},
    **{("__builtin__", name): build for name, build in _BUILTINS.items()},  # Python 2
}
