"""`torch.save` since torch 1.6: the pickle first, then a record per storage, 64-byte aligned.

The counterpart of `formats/torch_zip.py`. `.format_version` is left out: it would promise the
descriptors that torch writes behind each record.
"""

from __future__ import annotations

import zlib

from inspector.core.errors import FormatError
from inspector.core.export.pickles import PickleStream
from inspector.core.export.quantizers import quantizer_of
from inspector.core.export.writers.base import Document, Finish, Output, Sums, Writer, with_hash
from inspector.core.export.writers.zip_stream import ZipStream
from inspector.core.model import DType, Tensor

_ALIGNMENT = 64
_PLAIN_KINDS = frozenset({"float", "complex", "int", "uint", "bool", "quantized", "bits"})


def _write(document: Document, output: Output) -> Finish:
    archive = ZipStream(output, _ALIGNMENT)
    root = document.name

    def add(name: str, data: bytes) -> int:
        archive.begin(f"{root}/{name}", len(data), zlib.crc32(data))
        position = output.position
        output.write(data)
        return position

    pickled = PickleStream().of(document.file.root)
    where = add("data.pkl", pickled)
    add(".storage_alignment", b"%d" % _ALIGNMENT)
    add("byteorder", b"little")
    members = []
    for content in document.file.contents:
        members.append(archive.begin(f"{root}/data/{content.storage.key}", content.storage.nbytes))
        output.fill(content)
    add("version", b"3\n")

    def finish(sums: Sums) -> None:
        for member, crc in zip(members, sums.crcs, strict=True):
            archive.correct(member, crc)
        final = with_hash(pickled, sums.content_hash)
        if final != pickled:
            output.patch(where, final)
            archive.correct(0, zlib.crc32(final))
        archive.close()

    return finish


def refuses(tensor: Tensor, dtype: DType) -> str:
    """Return why torch would not take a tensor from a file; empty if it does."""
    if dtype.kind not in _PLAIN_KINDS:
        return f"{dtype.name} is no dtype that is known here"
    sparse = tensor.layout.startswith("sparse_")
    if tensor.storage is None and tensor.parts and not sparse:
        return "it consists of parts that only its own class can put together"
    if tensor.layout != "strided" and not sparse:
        return f"layout {tensor.layout} is not written"
    if dtype.kind == "quantized" and tensor.device != "meta":
        try:
            quantizer_of(tensor)
        except FormatError as error:
            return error.message[0].lower() + error.message[1:].rstrip(".")
    return ""


WRITER = Writer(
    "torch-zip",
    "torch.save since 1.6 (zip)",
    (".pt", ".pth", ".bin", ".ckpt"),
    shares=True,
    objects=True,
    refuses=refuses,
    write=_write,
    shards=True,
)
