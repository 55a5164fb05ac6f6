"""Pickle streams written by hand: tensors, plain values, and nothing else that could be called.

Protocol 2, as torch writes it (torch/serialization.py, `_save`), with the same values put into the
memo in the same order: `torch.load(weights_only=True)` takes every stream of these.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from inspector.core.errors import FormatError
from inspector.core.export.quantizers import Quantizer, quantizer_of
from inspector.core.model import Attribute, Node, Tensor

_BATCH = 1000  # items of one SETITEMS or APPENDS, as Python's pickler has them
_FLAT = 3  # elements of a tuple that has an opcode of its own
_ORDERED = ("collections", "OrderedDict")
_STATES = (Attribute("_metadata"),)
_UNTYPED = ("torch.storage", "UntypedStorage")


class PickleStream:
    """Collects the opcodes of one object."""

    def __init__(self, *, legacy: bool = False) -> None:
        self._stream = bytearray()  # a list of the opcodes of 50,000 tensors takes 80 MB
        self._emit = self._stream.extend
        self._memo = 0
        self._known: dict[object, int] = {}
        self._legacy = legacy  # a storage's id has one more element

    def of(self, node: Node) -> bytes:
        """Return the whole stream of an object; raises FormatError for what cannot be written."""
        self._emit(b"\x80\x02")
        self._node(node)
        self._emit(b".")
        return bytes(self._stream)

    # ---- values ------------------------------------------------------------------------

    def _node(self, node: Node) -> None:
        if node.kind == "tensor":
            self._any_tensor(node.value)
        elif node.kind == "mapping":
            self._mapping(node)
        elif node.kind == "sequence":
            self._sequence(node)
        elif node.kind == "global":
            self._global(*node.type.rsplit(".", 1))
        elif node.kind == "value" and node.type == "torch.device":
            self._device(node.value)
        elif node.kind == "value":
            self.value(node.value)
        else:
            raise FormatError(f"A {node.kind} cannot be written.")

    def value(self, value: Any) -> None:
        """Write a plain value."""
        write = _VALUES.get(type(value))
        if write is None:
            raise FormatError(f"A value of {type(value).__name__} cannot be written.")
        write(self, value)

    def _constant(self, value: bool | None) -> None:
        self._emit({True: b"\x88", False: b"\x89", None: b"N"}[value])

    def _integer(self, value: int) -> None:
        if 0 <= value < 1 << 8:
            code = b"K" + bytes((value,))
        elif 0 <= value < 1 << 16:
            code = b"M" + value.to_bytes(2, "little")
        elif -(1 << 31) <= value < 1 << 31:
            code = b"J" + value.to_bytes(4, "little", signed=True)
        else:
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            if len(data) > 255:
                raise FormatError("An integer of more than 255 bytes cannot be written.")
            code = b"\x8a" + bytes((len(data),)) + data
        self._emit(code)

    def _float(self, value: float) -> None:
        self._emit(b"G" + struct.pack(">d", value))

    def _text(self, value: str) -> None:
        data = value.encode("utf-8", "surrogatepass")
        self._emit(b"X" + len(data).to_bytes(4, "little") + data)
        self._put()

    def _bytes(self, value: bytes) -> None:
        # Protocol 2 has no bytes: Python writes the text that encodes to them.
        self._global("_codecs", "encode")
        self._text(value.decode("latin1"))
        self._constant_text("latin1")
        self._emit(b"\x86")
        self._put()
        self._call()

    def _complex(self, value: complex) -> None:
        self._global("__builtin__", "complex")
        self._float(value.real)
        self._float(value.imag)
        self._emit(b"\x86")
        self._put()
        self._call()

    def _tuple(self, values: Sequence[Any]) -> None:
        self._tuple_of([partial(self.value, value) for value in values])

    def _tuple_of(self, writes: Sequence[Callable[[], None]]) -> None:
        if not writes:
            self._emit(b")")
            return
        if len(writes) > _FLAT:
            self._emit(b"(")
        for write in writes:
            write()
        self._emit(b"t" if len(writes) > _FLAT else (b"\x85", b"\x86", b"\x87")[len(writes) - 1])
        self._put()

    # ---- containers --------------------------------------------------------------------

    def _mapping(self, node: Node) -> None:
        states = [child for child in node.children if child.key in _STATES]
        items = [child for child in node.children if child.key not in _STATES]
        if node.type == ".".join(_ORDERED):
            self._global(*_ORDERED)
            self._emit(b")")
            self._call()
        else:
            self._emit(b"}")
            self._put()
        self._items(items, repeating=node.type != ".".join(_ORDERED))
        if states and node.type == ".".join(_ORDERED):
            self._emit(b"}")
            self._put()
            self._items([state._replace(key=str(state.key)) for state in states])
            self._emit(b"b")

    def _items(self, children: Sequence[Node], *, repeating: bool = False) -> None:
        """Write keys and values; keys of dicts occur again and again, such as `version`."""
        rest = iter(children)
        while some := list(islice(rest, _BATCH)):
            if len(some) > 1:
                self._emit(b"(")
            for child in some:
                if repeating and type(child.key) is str:
                    self._constant_text(child.key)
                else:
                    self.value(child.key)
                self._node(child)
            self._emit(b"u" if len(some) > 1 else b"s")

    def _sequence(self, node: Node) -> None:
        write = {"tuple": self._node_tuple, "set": self._set, "torch.Size": self._size}
        write.get(node.type, self._list)(node.children)

    def _list(self, children: Iterable[Node]) -> None:
        self._emit(b"]")
        self._put()
        rest = iter(children)
        while some := list(islice(rest, _BATCH)):
            if len(some) > 1:
                self._emit(b"(")
            for child in some:
                self._node(child)
            self._emit(b"e" if len(some) > 1 else b"a")

    def _node_tuple(self, children: Sequence[Node]) -> None:
        self._tuple_of([partial(self._node, child) for child in children])

    def _set(self, children: Sequence[Node]) -> None:
        self._global("__builtin__", "set")
        self._tuple_of([lambda: self._list(children)])
        self._call()

    def _size(self, children: Sequence[Node]) -> None:
        self._global("torch", "Size")
        self._tuple_of([lambda: self._node_tuple(children)])
        self._call()

    def _device(self, name: str) -> None:
        kind, colon, index = name.partition(":")
        self._global("torch", "device")
        self._tuple((kind, int(index)) if colon and index.isdigit() else (kind,))
        self._call()

    # ---- tensors -----------------------------------------------------------------------

    def _any_tensor(self, tensor: Tensor) -> None:
        if not tensor.parameter:
            self._tensor(tensor)
            return
        self._global("torch._utils", "_rebuild_parameter")
        inner = tensor._replace(parameter=False, requires_grad=tensor.requires_grad)
        self._tuple_of(
            [
                lambda: self._tensor(inner),
                lambda: self._constant(tensor.requires_grad),
                self._hooks,
            ]
        )
        self._call()

    def _tensor(self, tensor: Tensor) -> None:
        if tensor.layout != "strided":
            self._sparse(tensor)
        elif tensor.storage is None:
            self._meta(tensor)
        elif tensor.quantization:
            self._quantized(tensor, quantizer_of(tensor))
        else:
            self._strided(tensor)

    def _strided(self, tensor: Tensor) -> None:
        typed = bool(tensor.dtype.storage_class)
        self._global("torch._utils", "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3")
        self._emit(b"(")
        self._view(tensor)
        self._constant(tensor.requires_grad)
        self._hooks()
        if not typed:
            self._global("torch", tensor.dtype.name)
        if tensor.lazy:
            self._emit(b"}")
            self._put()
            names = [name for name in ("conj", "neg") if name in tensor.lazy]
            self._items([Node(name, "value", "bool", True) for name in names])
        self._emit(b"t")
        self._put()
        self._call()

    def _view(self, tensor: Tensor) -> None:
        self._storage(tensor)
        self._integer(tensor.offset)
        self._tuple(tensor.shape)
        self._tuple(tensor.stride)

    def _storage(self, tensor: Tensor) -> None:
        storage, dtype = tensor.storage, tensor.dtype
        assert storage is not None
        self._emit(b"(")
        self._constant_text("storage")
        # torch's legacy reader takes no untyped storages, but bytes in their place.
        untyped = ("torch", "ByteStorage") if self._legacy else _UNTYPED
        self._global(*(("torch", dtype.storage_class) if dtype.storage_class else untyped))
        self._text(storage.key)
        self._constant_text(storage.device)
        self._integer(storage_elements(tensor))
        if self._legacy:
            self._emit(b"N")
        self._emit(b"t")
        self._put()
        self._emit(b"Q")

    def _hooks(self) -> None:
        self._global(*_ORDERED)
        self._emit(b")")
        self._call()

    def _meta(self, tensor: Tensor) -> None:
        self._global("torch._utils", "_rebuild_meta_tensor_no_storage")
        self._tuple_of(
            [
                lambda: self._global("torch", tensor.dtype.name),
                lambda: self._tuple(tensor.shape),
                lambda: self._tuple(tensor.stride),
                lambda: self._constant(tensor.requires_grad),
            ]
        )
        self._call()

    def _quantized(self, tensor: Tensor, quantizer: Quantizer) -> None:
        def params() -> None:
            self._tuple_of(
                [
                    lambda: self._global("torch", quantizer.scheme),
                    lambda: self._part(quantizer.scale),
                    lambda: self._part(quantizer.zero_point),
                    *([] if quantizer.axis is None else [lambda: self.value(quantizer.axis)]),
                ]
            )

        self._global("torch._utils", "_rebuild_qtensor")
        self._emit(b"(")
        self._view(tensor)
        params()
        self._constant(tensor.requires_grad)
        self._hooks()
        self._emit(b"t")
        self._put()
        self._call()

    def _part(self, value: Any) -> None:
        if isinstance(value, Tensor):
            self._any_tensor(value)
        else:
            self.value(value)

    def _sparse(self, tensor: Tensor) -> None:
        def layout() -> None:
            self._global("torch.serialization", "_get_layout")
            self._tuple((f"torch.{tensor.layout}",))
            self._call()

        parts = [partial(self._any_tensor, part) for _, part in tensor.parts]
        data = [*parts, partial(self._tuple, tensor.shape)]
        if tensor.layout == "sparse_coo" and tensor.coalesced is not None:
            data.append(partial(self._constant, tensor.coalesced))
        self._global("torch._utils", "_rebuild_sparse_tensor")
        self._tuple_of([layout, lambda: self._tuple_of(data)])
        self._call()

    # ---- opcodes -----------------------------------------------------------------------

    def _call(self) -> None:
        self._emit(b"R")
        self._put()

    def _put(self) -> None:
        number = self._memo
        self._memo += 1
        self._emit(b"q" + bytes((number,)) if number < 256 else b"r" + number.to_bytes(4, "little"))

    def _remembered(self, name: object) -> bool:
        number = self._known.get(name)
        if number is None:
            self._known[name] = self._memo
            return False
        self._emit(b"h" + bytes((number,)) if number < 256 else b"j" + number.to_bytes(4, "little"))
        return True

    def _global(self, module: str, name: str) -> None:
        if not self._remembered((module, name)):
            self._emit(f"c{module}\n{name}\n".encode())
            self._put()

    def _constant_text(self, value: str) -> None:
        if not self._remembered(value):
            self._text(value)


def storage_elements(tensor: Tensor) -> int:
    """Return how many elements of its dtype a tensor's storage has; untyped ones count bytes."""
    assert tensor.storage is not None
    if not tensor.dtype.storage_class:
        return tensor.storage.nbytes
    return tensor.storage.nbytes * 8 // max(tensor.dtype.bits, 8)


_VALUES: dict[type, Callable[[PickleStream, Any], None]] = {
    type(None): PickleStream._constant,
    bool: PickleStream._constant,
    int: PickleStream._integer,
    float: PickleStream._float,
    complex: PickleStream._complex,
    str: PickleStream._text,
    bytes: PickleStream._bytes,
    tuple: PickleStream._tuple,
}
