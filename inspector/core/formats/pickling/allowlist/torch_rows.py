"""torch: tensors in all their forms. Arguments are those of torch 2.13, `torch/_utils.py`."""

from __future__ import annotations

from typing import Any

from inspector.core.formats.pickling.standins import (
    Builder,
    Caller,
    DressedTensor,
    Global,
    Instance,
    PickledDict,
    PickledSequence,
    PlainValue,
    TypedStorage,
)
from inspector.core.model import DType, Tensor, dtype_named

_MAX_DIMENSIONS = 64  # the most that torch's operators take (MAX_DIMS, ATen/core/TensorBase)
# Below the modulus of Python's integer hash: no two shapes can be chosen to have the same hash.
_MAX_INDEX = (1 << 61) - 1
_PLAIN_TENSORS = ("Tensor", "Parameter", "Buffer")  # subclasses that add nothing but their name


def _tensor_v2(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_tensor_v2(storage, offset, size, stride, grad, hooks[, metadata])`."""
    typed, offset, shape, stride, requires_grad = args[:5]
    tensor = _view(typed, None, offset, shape, stride, requires_grad)
    return tensor._replace(lazy=_lazy(args[6])) if len(args) > 6 else tensor


def _tensor_v1(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_tensor(storage, offset, size, stride)`."""
    typed, offset, shape, stride = args
    return _view(typed, None, offset, shape, stride, False)


def _tensor_v3(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_tensor_v3(storage, …, hooks, dtype[, metadata])` of the newer dtypes."""
    typed, offset, shape, stride, requires_grad, _hooks, dtype = args[:7]
    # The storage is untyped: legacy views, whose base counts elements, never meet this function.
    tensor = _view(typed, _dtype(dtype), offset, shape, stride, requires_grad)
    return tensor._replace(lazy=_lazy(args[7])) if len(args) > 7 else tensor


def _view(
    typed: Any, dtype: DType | None, offset: Any, shape: Any, stride: Any, requires_grad: Any
) -> Tensor:
    """Return a strided view; `dtype` None is that of the storage."""
    if type(typed) is not TypedStorage:
        raise TypeError("no storage")
    (start,) = _sizes((_sizes((offset,))[0] + typed.base,))
    sizes, strides = _sizes(shape), _strides(stride)
    if len(sizes) != len(strides):
        raise TypeError("shape and stride do not match")
    return Tensor(dtype or typed.dtype, sizes, strides, start, typed.storage, requires_grad is True)


def _sizes(numbers: Any) -> tuple[int, ...]:
    if isinstance(numbers, PickledSequence) and numbers.type == "torch.Size":
        numbers = numbers.items
    if type(numbers) is not tuple or len(numbers) > _MAX_DIMENSIONS:
        raise TypeError("no tuple of sizes")
    for number in numbers:
        if type(number) is not int or not 0 <= number < _MAX_INDEX:
            raise ValueError("negative or huge size")
    return numbers


def _strides(numbers: Any) -> tuple[int, ...]:
    if type(numbers) is not tuple:
        raise TypeError("no tuple of strides")
    for number in numbers:
        if type(number) is not int or not -_MAX_INDEX < number < _MAX_INDEX:
            raise ValueError("huge stride")
    return numbers


def _lazy(metadata: Any) -> str:
    """Return which of conj and neg are set (`torch/_utils.py`, `set_tensor_metadata`)."""
    if not isinstance(metadata, PickledDict):
        return ""
    pairs = zip(metadata.pairs[::2], metadata.pairs[1::2], strict=True)
    return ", ".join(key for key, value in pairs if key in ("conj", "neg") and value is True)


def _torch_name(value: Any) -> str:
    """Return the name of `torch.float32` and the like without its module."""
    if type(value) is not Global or value.module != "torch":
        raise TypeError("no name of torch")
    return value.name


def _dtype(value: Any) -> DType:
    return dtype_named(_torch_name(value))


def _parameter(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `_rebuild_parameter(data, grad, hooks)` and `Parameter(data, grad)`."""
    data, requires_grad = args[0], args[1] if len(args) > 1 else True
    if not isinstance(data, Tensor):
        raise TypeError("no tensor")
    return data._replace(parameter=True, requires_grad=requires_grad is True)


def _parameter_with_state(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `_rebuild_parameter_with_state(data, grad, hooks, state)`."""
    tensor = _parameter(caller, args)
    return DressedTensor(tensor, "Parameter", args[3]) if _has_items(args[3]) else tensor


def _quantized(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_qtensor(storage, offset, size, stride, quantizer, grad, hooks)`."""
    typed, offset, shape, stride, quantizer, requires_grad = args[:6]
    tensor = _view(typed, None, offset, shape, stride, requires_grad)
    scheme, scale, zero_point, *axis = quantizer
    name = _torch_name(scheme)
    if isinstance(scale, Tensor) and isinstance(zero_point, Tensor):
        named = axis and type(axis[0]) is int
        text = f"{name}, axis {axis[0]}, {scale.elements} scales" if named else name
        parts = (("scales", scale), ("zero_points", zero_point))
        return tensor._replace(quantization=text, parts=parts)
    if type(scale) is not float or type(zero_point) is not int:
        raise TypeError("no scale and zero point")
    return tensor._replace(quantization=f"{name}, scale {scale!r}, zero point {zero_point!r}")


_COMPRESSED_INDICES = {
    "sparse_csr": ("crow_indices", "col_indices"),
    "sparse_bsr": ("crow_indices", "col_indices"),
    "sparse_csc": ("ccol_indices", "row_indices"),
    "sparse_bsc": ("ccol_indices", "row_indices"),
}


def _sparse(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_sparse_tensor(layout, data)`, COO and the four compressed layouts."""
    layout, data = args
    if not isinstance(layout, PlainValue) or layout.type != "torch.layout":
        raise TypeError("no layout")
    name = layout.value.removeprefix("torch.")
    parts: tuple[tuple[str, Any], ...]
    coalesced = None
    if name == "sparse_coo":
        indices, values, shape, *said = data
        coalesced = said[0] if said and type(said[0]) is bool else None
        parts = (("indices", indices), ("values", values))
    else:
        compressed, plain, values, shape = data
        outer, inner = _COMPRESSED_INDICES[name]
        parts = ((outer, compressed), (inner, plain), ("values", values))
    if not all(isinstance(part, Tensor) for _, part in parts):
        raise TypeError("no tensors")
    return Tensor(
        values.dtype, _sizes(shape), (), 0, None, layout=name, parts=parts, coalesced=coalesced
    )


def _nested(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `_rebuild_nested_tensor(buffer, sizes, strides, storage_offsets)`."""
    names = ("buffer", "sizes", "strides", "storage_offsets")
    return _attributes(Global("torch", "nested tensor"), dict(zip(names, args, strict=True)))


def _meta(caller: Caller, args: tuple[Any, ...]) -> Tensor:
    """Describe `_rebuild_meta_tensor_no_storage(dtype, size, stride, grad)`."""
    dtype, shape, stride, requires_grad = args
    sizes, strides = _sizes(shape), _strides(stride)
    if len(sizes) != len(strides):
        raise TypeError("shape and stride do not match")
    return Tensor(_dtype(dtype), sizes, strides, 0, None, requires_grad is True)


def _device_tensor(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `_rebuild_device_tensor_from_cpu_tensor(data, dtype, device, grad)`."""
    data, _dtype_now, device, requires_grad = args
    name = device.value if isinstance(device, PlainValue) else device
    if not isinstance(data, Tensor) or type(name) is not str:
        raise TypeError("no tensor")
    return data._replace(moved_to=name, requires_grad=requires_grad is True)


def _device_array(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `_rebuild_device_tensor_from_numpy(array, dtype, device, grad)`."""
    names = ("data", "dtype", "device", "requires_grad")
    return _attributes(Global("torch", "tensor from numpy"), dict(zip(names, args, strict=True)))


def _from_type(caller: Caller, args: tuple[Any, ...]) -> Any:
    """Describe `_rebuild_from_type_v2(func, type, args, state)`: a subclass or attributes."""
    function, cls, arguments, state = args
    if type(cls) is not Global or type(function) is not Global:
        raise TypeError("no class")
    if function.name == "_rebuild_wrapper_subclass":
        return _wrapper(cls, arguments, state)
    value = caller.call(function, arguments)
    if isinstance(value, DressedTensor):
        value.states = (*value.states, state)
        return value
    if not isinstance(value, Tensor):  # a subclass with a function of its own, jagged tensors say
        instance = Instance(cls, arguments)
        instance.states = (state,)
        return instance
    if cls.name in _PLAIN_TENSORS:
        value = value._replace(parameter=value.parameter or cls.name == "Parameter")
        return DressedTensor(value, cls.name, state) if _has_items(state) else value
    return DressedTensor(value, cls.text, state)


def _wrapper(cls: Global, arguments: Any, state: Any) -> DressedTensor | Instance:
    """Describe a tensor subclass that only wraps others, such as DTensor: they are in its state.

    `_rebuild_wrapper_subclass(cls, dtype, size, stride, storage_offset, layout, device, grad)`.
    """
    _, dtype, shape, stride, _offset, layout, device, requires_grad = arguments
    parts, rest = _inner_tensors(state)
    if not parts:
        names = ("dtype", "size", "stride", "storage_offset", "layout", "device", "requires_grad")
        instance = _attributes(cls, dict(zip(names, arguments[1:], strict=True)))
        instance.states = (*instance.states, state)
        return instance
    place = device.value if isinstance(device, PlainValue) else ""
    name = layout.value.removeprefix("torch.") if isinstance(layout, PlainValue) else "strided"
    tensor = Tensor(
        _dtype(dtype), _sizes(shape), _strides(stride), 0, None, requires_grad is True,
        layout=name, parts=parts, moved_to=place if place != parts[-1][1].device else "",
    )  # fmt: skip
    return DressedTensor(tensor, cls.text, rest)


def _inner_tensors(state: Any) -> tuple[tuple[tuple[str, Tensor], ...], PickledDict]:
    """Return the tensors among a subclass's attributes, and the other attributes."""
    rest = PickledDict()
    halves = state if type(state) is tuple and len(state) == 2 else (state,)  # with __slots__: two
    if not all(half is None or isinstance(half, PickledDict) for half in halves):
        return (), rest
    pairs = [item for half in halves if half is not None for item in half.pairs]
    found, others = [], []
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        inner = value.tensor if isinstance(value, DressedTensor) else value
        if isinstance(inner, Tensor) and type(name) is str:
            found.append((name, inner))
        else:
            others += [name, value]
    rest.pairs = others
    return tuple(found), rest


def _attributes(cls: Global, attributes: dict[str, Any]) -> Instance:
    instance = Instance(cls)
    pairs = [item for pair in attributes.items() for item in pair]
    instance.states = (PickledDict(pairs=pairs),)
    return instance


def _has_items(state: Any) -> bool:
    return bool(state.pairs) if isinstance(state, PickledDict) else state is not None


def _graph_module(caller: Caller, args: tuple[Any, ...]) -> Instance:
    """Describe `torch.fx.graph_module.reduce_graph_module(body, import_block)`.

    The body is the module's `__dict__`; `_code` in it is the generated Python, as text.
    """
    body = args[-2] if isinstance(args[-2], PickledDict) else args[0]
    if not isinstance(body, PickledDict):
        raise TypeError("no module")
    instance = Instance(Global("torch.fx.graph_module", "GraphModule"))
    instance.states = (body,)
    return instance


def _size(caller: Caller, args: tuple[Any, ...]) -> PickledSequence:
    """Describe `torch.Size((…))`."""
    (sizes,) = args
    if type(sizes) not in (tuple, list):
        raise TypeError("no sizes")
    caller.spend(len(sizes))
    return PickledSequence("torch.Size", tuple(sizes))


def _device(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `torch.device(type[, index])`."""
    kind, index = args if len(args) == 2 else (args[0], None)
    if type(kind) is not str or type(index) not in (int, type(None)):
        raise TypeError("no device")
    return PlainValue("torch.device", kind if index is None else f"{kind}:{index}")


def _layout(caller: Caller, args: tuple[Any, ...]) -> PlainValue:
    """Describe `torch.serialization._get_layout(name)`."""
    (name,) = args
    if type(name) is not str:
        raise TypeError("no name")
    return PlainValue("torch.layout", name)


def old_tensor(instance: Instance) -> Any:
    """Return the tensor that torch before 0.4 pickled as an object of a class per dtype.

    `torch.FloatTensor` gets its state `(storage, storage_offset, size, stride)` by BUILD.
    """
    state = instance.states[0] if len(instance.states) == 1 else None
    if type(state) is not tuple or len(state) != 4:
        return None
    typed, offset, shape, stride = state
    try:
        return _view(typed, None, offset, shape, stride, False)
    except (TypeError, ValueError):
        return None


TORCH: dict[tuple[str, str], Builder] = {
    ("torch._utils", "_rebuild_tensor"): _tensor_v1,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor_v2,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter_with_state,
    ("torch._utils", "_rebuild_qtensor"): _quantized,
    ("torch._utils", "_rebuild_sparse_tensor"): _sparse,
    ("torch._utils", "_rebuild_sparse_csr_tensor"): _sparse,
    ("torch._utils", "_rebuild_nested_tensor"): _nested,
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): _meta,
    ("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"): _device_tensor,
    ("torch._utils", "_rebuild_device_tensor_from_numpy"): _device_array,
    ("torch._utils", "_rebuild_xla_tensor"): _device_array,  # its name before torch 2.0
    ("torch._tensor", "_rebuild_from_type"): _from_type,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("torch.nn.parameter", "Parameter"): _parameter,
    ("torch.fx.graph_module", "reduce_graph_module"): _graph_module,
    ("torch.fx.graph_module", "reduce_package_graph_module"): _graph_module,
    ("torch.fx.graph_module", "reduce_deploy_graph_module"): _graph_module,
    ("torch", "Size"): _size,
    ("torch", "device"): _device,
    ("torch.serialization", "_get_layout"): _layout,
}
