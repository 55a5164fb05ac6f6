"""Builders of checkpoint files, shared by all tests; every file is written by the real library.

Streams that no library writes are assembled from opcodes with the functions at the end.
"""

from __future__ import annotations

import importlib
import io
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from inspector.core.model import Attribute

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
"""Checkpoints of other people; absent outside the team's machines."""


# ---- the four formats ----------------------------------------------------------------------


def save_zip(path: Path, value: Any) -> Path:
    torch.save(value, path)
    return path


def save_legacy(path: Path, value: Any) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=False)
    return path


def save_pickle(path: Path, value: Any, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def save_safetensors(
    path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None
) -> Path:
    from safetensors.torch import save_file

    save_file(tensors, path, metadata)
    return path


def save_deflated(path: Path, value: Any) -> Path:
    """Write a torch zip, then pack it again with compression, as people do by hand."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    with zipfile.ZipFile(buffer) as packed, zipfile.ZipFile(path, "w", 8) as again:
        for member in packed.infolist():
            again.writestr(member.filename, packed.read(member))
    return path


WRITERS: dict[str, Callable[[Path, Any], Path]] = {
    "zip": save_zip,
    "legacy": save_legacy,
    "pickle": save_pickle,
    "deflated": save_deflated,
}
"""Every way to write any object."""


# ---- archives and headers by hand ----------------------------------------------------------


def zip_archive(
    path: Path, records: Iterable[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED
) -> Path:
    """Write a zip archive of exactly these members, names repeated or not."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in records:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return path


def torch_zip(
    path: Path, stream: bytes, storages: dict[str, bytes] | None = None, root: str = "archive"
) -> Path:
    """Write what torch.save would, around a pickle stream of our own."""
    records = [(f"{root}/data.pkl", stream), (f"{root}/byteorder", b"little")]
    records += [(f"{root}/data/{key}", content) for key, content in (storages or {}).items()]
    return zip_archive(path, [*records, (f"{root}/version", b"3\n")])


def safetensors_bytes(header: bytes | str, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a safetensors file with this header text, and another length of it if given."""
    header = header.encode("utf-8", "surrogatepass") if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def legacy_bytes(stream: bytes, keys: list[str], storages: Iterable[tuple[int, bytes]]) -> bytes:
    """Return a legacy torch file around a pickle stream; storages are (count, bytes)."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    head = (pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, system))
    tail = b"".join(struct.pack("<q", count) + content for count, content in storages)
    return b"".join(head) + stream + pickle.dumps(keys, 2) + tail


# ---- modules whose class is gone when they are read ----------------------------------------

VANISHING = '''
"""Deleted again before the checkpoint is read."""
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.weight = nn.Parameter(torch.ones(width, 2), requires_grad=False)
        self.none = None
        self.register_buffer("empty", None)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4, bias=False))
        self.blocks = nn.ModuleList([Block(4), Block(4)])
        self.heads = nn.ModuleDict({"a-b": nn.Linear(4, 2), "class": nn.Linear(4, 1)})
        self.register_buffer("scale", torch.arange(3.0))
        self.tied = self.stem[0].weight
        self.extra = {"plain": torch.zeros(2), "name": "net"}
        self.width = 4
'''


class Vanishing:
    """A module of models that can be imported inside the `with` statement only."""

    def __init__(self, folder: Path, name: str = "vanishing_models") -> None:
        self._folder, self._name = folder, name

    def __enter__(self) -> ModuleType:
        (self._folder / f"{self._name}.py").write_text(VANISHING)
        sys.path.insert(0, str(self._folder))
        importlib.invalidate_caches()
        return importlib.import_module(self._name)

    def __exit__(self, *_: object) -> None:
        sys.path.remove(str(self._folder))
        del sys.modules[self._name]
        (self._folder / f"{self._name}.py").unlink()


# ---- what torch says of the same object ----------------------------------------------------


def torch_tensors(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every tensor of a loaded object with the path that our tree gives it."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, torch.nn.Module):
        parts = (value._parameters, value._buffers, value._modules)
        members = [item for part in parts for item in part.items()]
        rest = [item for item in vars(value).items() if not item[0].startswith("_")]
        for name, part in (*members, *rest):
            yield from torch_tensors(part, (*path, Attribute(name)))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from torch_tensors(part, (*path, key))
        for name, part in getattr(value, "__dict__", {}).items():
            yield from torch_tensors(part, (*path, Attribute(name)))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from torch_tensors(part, (*path, index))


def storage_bytes(tensor: torch.Tensor) -> bytes:
    """Return the bytes of the whole storage under a tensor."""
    raw = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
    return raw.numpy().tobytes()


# ---- pickle streams by hand ----------------------------------------------------------------


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    if len(data) < 256:
        return b"\x8a" + bytes([len(data)]) + data
    return b"\x8b" + struct.pack("<i", len(data)) + data


def tuple_of(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + tuple_of(*arguments) + b"R"


def dict_of(*pairs: tuple[bytes, bytes]) -> bytes:
    return b"}(" + b"".join(key + value for key, value in pairs) + b"u"


def stream(body: bytes, protocol: int = 2) -> bytes:
    return bytes([0x80, protocol]) + body + b"."


def storage_id(
    key: bytes = text("0"),
    numel: bytes = integer(8),
    *,
    cls: bytes = named("torch", "FloatStorage"),
    device: bytes = text("cpu"),
    view: bytes = b"",
) -> bytes:
    return tuple_of(text("storage"), cls, key, device, numel, view) + b"Q"


def sizes(*lengths: int) -> bytes:
    return tuple_of(*map(integer, lengths))


def tensor(
    storage: bytes | None = None,
    offset: bytes = integer(0),
    shape: bytes = sizes(8),
    stride: bytes = sizes(1),
) -> bytes:
    hooks = call(named("collections", "OrderedDict"))
    rebuild = named("torch._utils", "_rebuild_tensor_v2")
    return call(rebuild, storage or storage_id(), offset, shape, stride, b"\x89", hooks)
