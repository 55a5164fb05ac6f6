"""safetensors: a JSON header, then the bytes of all tensors; the counterpart of its reader."""

from __future__ import annotations

import json
import struct

from inspector.core.export.plain import metadata_text
from inspector.core.export.writers.base import Document, Finish, Output, Sums, Writer, with_hash
from inspector.core.model import DType, Tensor

_ALIGNMENT = 8  # of the data behind the header, as the format's own writer has it


def _write(document: Document, output: Output) -> Finish:
    header: dict[str, object] = {
        "__metadata__": {
            "format": "pt",
            **{key: metadata_text(value) for key, value in document.metadata.items()},
        }
    }
    begin = 0
    tensors = {
        child.value.storage.key: child
        for child in document.file.root.children
        if child.kind == "tensor"
    }
    for content in document.file.contents:
        node = tensors[content.storage.key]
        end = begin + content.storage.nbytes
        header[node.key] = {
            "dtype": node.value.dtype.safetensors,
            "shape": node.value.shape,
            "data_offsets": [begin, end],
        }
        begin = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    output.write(struct.pack("<Q", len(text)) + text)
    for content in document.file.contents:
        output.fill(content)

    def finish(sums: Sums) -> None:
        final = with_hash(text, sums.content_hash)
        if final != text:
            output.patch(8, final)

    return finish


def _refuses(tensor: Tensor, dtype: DType) -> str:
    if tensor.device == "meta":
        return "safetensors holds no tensors without values"
    if tensor.layout != "strided" or tensor.storage is None:
        return f"safetensors holds no {tensor.layout.replace('_', ' ')} tensors"
    if not dtype.safetensors or tensor.quantization:
        return f"safetensors has no dtype {dtype.name}"
    return ""


WRITER = Writer(
    "safetensors",
    "safetensors",
    (".safetensors",),
    shares=False,
    objects=False,
    refuses=_refuses,
    write=_write,
    shards=True,
)
