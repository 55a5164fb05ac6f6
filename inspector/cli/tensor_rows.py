"""The tensors in the JSON of `inspector show`, put together by hand.

With 50,000 of them, a dict and `json.dumps` for each would take as long as everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inspector.core.model import (
    NO_TENSORS,
    Key,
    Node,
    Path,
    Selection,
    Tensor,
    Totals,
    json_key,
    tensor_items,
)


class _Look:
    """What tensors of the same kind share: layers repeat the same few."""

    __slots__ = ("count", "described", "extras", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.described = json.dumps(_shared_members(tensor))[1:-1]
        self.extras = _extras(tensor)
        self.count = 0


class TensorRows:
    """A JSON object for every selected tensor, made one after the other."""

    def __init__(self, root: Node, selection: Selection) -> None:
        self._root = root
        self._selection = selection
        self._looks: dict[Any, _Look] = {}

    def __iter__(self) -> Iterator[str]:
        looks, root = self._looks, self._root
        above: Path | None = None
        prefix = ""
        chooses, quote = self._selection.chooses, json.encoder.encode_basestring_ascii
        for parent, key, tensor in tensor_items(root):
            if chooses and (*parent, key) not in self._selection:
                continue
            if parent is not above:
                above, prefix = parent, "".join([f"{_key(step)}, " for step in parent])
            storage = tensor.storage
            kind = (
                tensor.dtype.name, tensor.shape, tensor.stride, tensor[5:],
                storage and storage.device,
            )  # fmt: skip
            look = looks.get(kind)
            if look is None:
                look = looks[kind] = _Look(tensor)
            look.count += 1
            yield (
                f'{{"path": [{prefix}{quote(key) if type(key) is str else _key(key)}], '
                f'{look.described}, "offset": {tensor.offset}, '
                f'"storage": {quote(storage.key) if storage else "null"}{look.extras}}}'
            )
        if root.kind == "tensor" and () in self._selection:
            looks[None] = _Look(root.value)
            looks[None].count = 1
            row = {"path": []} | _members(root.value)
            yield json.dumps(row)[:-1] + looks[None].extras + "}"

    def by_dtype(self) -> dict[str, Totals]:
        """Return how much there was of each dtype in the rows that were made."""
        totals: dict[str, Totals] = {}
        for look in self._looks.values():
            tensor, count = look.tensor, look.count
            before = totals.get(tensor.dtype.name, NO_TENSORS)
            totals[tensor.dtype.name] = Totals(
                before.tensors + count,
                before.elements + count * tensor.elements,
                before.nbytes + count * tensor.nbytes,
            )
        return totals


def _shared_members(tensor: Tensor) -> dict[str, Any]:
    return {
        "shape": tensor.shape,
        "dtype": tensor.dtype.name,
        "device": tensor.device,
        "stride": tensor.stride,
        "elements": tensor.elements,
        "bytes": tensor.nbytes,
        "layout": tensor.layout,
        "requires_grad": tensor.requires_grad,
        "parameter": tensor.parameter,
    }


def _members(tensor: Tensor) -> dict[str, Any]:
    storage = tensor.storage.key if tensor.storage else None
    return _shared_members(tensor) | {"offset": tensor.offset, "storage": storage}


def _extras(tensor: Tensor) -> str:
    """Return the members that only quantized, sparse and lazily changed tensors have."""
    members: dict[str, Any] = {}
    if tensor.quantization:
        members["quantization"] = tensor.quantization
    if tensor.lazy:
        members["lazy"] = tensor.lazy
    if tensor.parts:
        members["parts"] = {name: _members(part) for name, part in tensor.parts}
    return ", " + json.dumps(members)[1:-1] if members else ""


def _key(key: Key) -> str:
    return json.dumps(json_key(key))
