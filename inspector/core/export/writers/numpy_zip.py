"""numpy's `.npz`: a zip archive with an array per tensor; the counterpart of its reader.

Specification: numpy/lib/format.py, version 1.0, or 3.0 for names that are not Latin-1.
"""

from __future__ import annotations

import struct
import zlib

from inspector.core.export.writers.base import Document, Output, Writer
from inspector.core.export.writers.zip_stream import ZipStream
from inspector.core.model import DType, Tensor

_ALIGNMENT = 64
_CODES = {"float": "f", "complex": "c", "int": "i", "uint": "u"}
_UNKNOWN = ("bfloat16", "complex32", "float4_e2m1fn_x2")


def _write(document: Document, output: Output) -> None:
    archive = ZipStream(output, _ALIGNMENT)
    tensors = {
        child.value.storage.key: child
        for child in document.file.root.children
        if child.kind == "tensor"
    }
    for content in document.file.contents:
        node = tensors[content.storage.key]
        head = _header(node.value)
        archive.begin(f"{node.key}.npy", len(head) + content.storage.nbytes)
        output.write(head)
        crc = output.fill(content, checksum=True)
        archive.end(_joined(zlib.crc32(head), crc, content.storage.nbytes))
    archive.close()


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


def _joined(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two runs of bytes from those of each, the second so long.

    Appending zeros is a linear map over the bits of a CRC: it is squared for each bit of the
    length (as in zlib's `crc32_combine`).
    """
    if not length:
        return first
    step = [0xEDB88320, *(1 << bit for bit in range(31))]  # one zero bit
    for _ in range(3):  # one zero byte
        step = [_times(step, column) for column in step]
    while length:
        if length & 1:
            first = _times(step, first)
        step = [_times(step, column) for column in step]
        length >>= 1
    return first ^ second


def _times(matrix: list[int], vector: int) -> int:
    result = 0
    for column in matrix:
        if not vector:
            break
        if vector & 1:
            result ^= column
        vector >>= 1
    return result


WRITER = Writer(
    "numpy",
    "numpy (.npz)",
    (".npz",),
    shares=False,
    objects=False,
    refuses=_refuses,
    write=_write,
)
