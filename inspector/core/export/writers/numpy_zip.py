"""numpy's `.npz`: a zip archive with an array per tensor; the counterpart of its reader.

Specification: numpy/lib/format.py, version 1.0, or 3.0 for names that are not Latin-1.
"""

from __future__ import annotations

import struct
import zlib

from inspector.core.export.checksums import joined_crc
from inspector.core.export.writers.base import Document, Finish, Output, Sums, Writer
from inspector.core.export.writers.zip_stream import ZipStream
from inspector.core.model import DType, Tensor

_ALIGNMENT = 64
_CODES = {"float": "f", "complex": "c", "int": "i", "uint": "u"}
_UNKNOWN = ("bfloat16", "complex32", "float4_e2m1fn_x2")


def _write(document: Document, output: Output) -> Finish:
    archive = ZipStream(output, _ALIGNMENT)
    tensors = {
        child.value.storage.key: child
        for child in document.file.root.children
        if child.kind == "tensor"
    }
    heads = []
    for content in document.file.contents:
        node = tensors[content.storage.key]
        head = _header(node.value)
        heads.append(zlib.crc32(head))
        archive.begin(f"{node.key}.npy", len(head) + content.storage.nbytes)
        output.write(head)
        output.fill(content)

    def finish(sums: Sums) -> None:
        contents = document.file.contents
        for number, (head, crc) in enumerate(zip(heads, sums.crcs, strict=True)):
            archive.correct(number, joined_crc(head, crc, contents[number].storage.nbytes))
        archive.close()

    return finish


def _header(tensor: Tensor) -> bytes:
    fields = {"descr": _descr(tensor.dtype), "fortran_order": False, "shape": tensor.shape}
    text = repr(fields).encode("latin1")
    text += b" " * (-(10 + len(text) + 1) % _ALIGNMENT) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _descr(dtype: DType) -> str:
    if dtype.name == "bool":
        return "|b1"
    order = "|" if dtype.bits == 8 else "<"
    return f"{order}{_CODES[dtype.kind]}{dtype.bits // 8}"


def _refuses(tensor: Tensor, dtype: DType) -> str:
    if tensor.device == "meta":
        return "numpy holds no tensors without values"
    if tensor.layout != "strided" or tensor.storage is None:
        return f"numpy holds no {tensor.layout.replace('_', ' ')} tensors"
    small = dtype.kind == "float" and dtype.bits < 16
    if (dtype.kind not in _CODES and dtype.kind != "bool") or dtype.name in _UNKNOWN or small:
        return f"numpy has no dtype {dtype.name} (cast it to float32, say)"
    return ""


WRITER = Writer(
    "numpy",
    "numpy (.npz)",
    (".npz",),
    shares=False,
    objects=False,
    refuses=_refuses,
    write=_write,
)
