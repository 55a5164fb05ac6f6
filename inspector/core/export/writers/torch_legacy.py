"""`torch.save` before 1.6: five pickles in a row, then the storages with their lengths.

The counterpart of `formats/torch_legacy.py`, for programs with a torch of that time.
"""

from __future__ import annotations

import struct

from inspector.core.export.pickles import PickleStream, storage_elements
from inspector.core.export.plain import value_node
from inspector.core.export.writers.base import Document, Finish, Output, Sums, Writer, with_hash
from inspector.core.export.writers.torch_zip import refuses
from inspector.core.model import Node, Tensor

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_SYSTEM = {
    "protocol_version": _PROTOCOL,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def _write(document: Document, output: Output) -> Finish:
    for value in (_MAGIC, _PROTOCOL, _SYSTEM):
        output.write(PickleStream().of(value_node("", value)))
    where = output.position
    pickled = PickleStream(legacy=True).of(document.file.root)
    output.write(pickled)
    contents = document.file.contents
    keys = [content.storage.key for content in contents]
    output.write(PickleStream().of(value_node("", list(keys))))
    counts = _counts(document.file.root)
    for content in contents:
        output.write(struct.pack("<q", counts[content.storage.key]))
        output.fill(content)

    def finish(sums: Sums) -> None:
        final = with_hash(pickled, sums.content_hash)
        if final != pickled:
            output.patch(where, final)

    return finish


def _counts(root: Node) -> dict[str, int]:
    """Return the number of elements of every storage, as the pickle states it."""
    counts: dict[str, int] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        stack += node.children
        if node.kind == "tensor":
            tensor: Tensor = node.value
            for view in (tensor, *(part for _, part in tensor.parts)):
                if view.storage is not None:
                    counts[view.storage.key] = storage_elements(view)
    return counts


WRITER = Writer(
    "torch-legacy",
    "torch.save before 1.6 (legacy stream)",
    (".pt", ".pth"),
    shares=True,
    objects=True,
    refuses=refuses,
    write=_write,
)
