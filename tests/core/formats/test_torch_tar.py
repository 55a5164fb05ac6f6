"""The oldest layout of torch.save: nothing writes it any more, but torch.load still reads it."""

import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from tests.core.formats.archives import codes, equal, read_tensors

pytestmark = [
    pytest.mark.filterwarnings("ignore:TypedStorage is deprecated"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

STORAGES = {
    torch.float32: torch.FloatStorage,
    torch.float64: torch.DoubleStorage,
    torch.int64: torch.LongStorage,
    torch.uint8: torch.ByteStorage,
}


class Pickler(pickle.Pickler):
    """Refers to tensors by number, as the torch of then did."""

    def __init__(self, file: io.BytesIO, keys: dict[int, int]) -> None:
        super().__init__(file, 2)
        self.keys = keys

    def persistent_id(self, obj: Any) -> Any:
        return self.keys[id(obj)] if isinstance(obj, torch.Tensor) else None


def storages_member(tensors: list[torch.Tensor], views: list[tuple[int, ...]]) -> bytes:
    """Return the member `storages`; the storage of tensor n has the key 1000 + n."""
    data = pickle.dumps(len(tensors), 2)
    for at, tensor in enumerate(tensors):
        raw = bytes(tensor.untyped_storage())
        data += pickle.dumps((1000 + at, "cpu", STORAGES[tensor.dtype]), 2)
        data += struct.pack("<q", len(raw) // tensor.itemsize) + raw
    return data + pickle.dumps(views, 2)


def tensors_member(rows: list[tuple[int, int, torch.Tensor]]) -> bytes:
    data = pickle.dumps(len(rows), 2)
    for key, storage, tensor in rows:
        numbers = (*tensor.shape, *tensor.stride(), tensor.storage_offset())
        data += pickle.dumps((key, storage, torch.FloatTensor), 2)
        data += struct.pack(f"<i4x{len(numbers)}q", tensor.dim(), *numbers)
    return data


def save_tar(path: Path, value: Any, tensors: list[torch.Tensor]) -> Path:
    """Write `value` by the specification in torch.serialization.legacy_load."""
    keys = {id(tensor): at for at, tensor in enumerate(tensors)}
    buffer = io.BytesIO()
    Pickler(buffer, keys).dump(value)
    members = {
        "storages": storages_member(tensors, []),
        "tensors": tensors_member([(at, 1000 + at, tensor) for at, tensor in enumerate(tensors)]),
        "pickle": buffer.getvalue(),
    }
    return pack(path, members)


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def values() -> dict[str, torch.Tensor]:
    base = torch.arange(24.0).reshape(4, 6)
    return {
        "plain": torch.randn(3, 4),
        "strided": base[1:3, ::2].t(),
        "long": torch.arange(5),
        "double": torch.ones(2, 2, dtype=torch.float64),
        "bytes": torch.zeros(0, dtype=torch.uint8),
        "scalar": torch.tensor(2.5),
    }


def test_torch_and_we_read_the_same(tmp_path: Path):
    state = values()
    value = {"state": state, "again": state["plain"], "epoch": 7}
    path = save_tar(tmp_path / "old.pt", value, list(state.values()))
    wanted = torch.load(path, weights_only=False)
    assert wanted["epoch"] == 7
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format == "torch-tar"
        found = dict(read_tensors(checkpoint))
        paths = {("state", key): tensor for key, tensor in wanted["state"].items()}
        assert equal(found, {**paths, ("again",): wanted["again"]})
        assert not checkpoint.findings


def test_views_of_storages(tmp_path: Path):
    base = torch.arange(10.0)
    part = torch.empty(0).set_(base.untyped_storage()[12:32], 0, (2, 2), (2, 1))
    members = {
        "storages": storages_member([base], [(2000, 1000, 3, 5)]),
        "tensors": tensors_member([(0, 1000, base), (1, 2000, part)]),
        "pickle": b"\x80\x02](K\x00QK\x01Qe.",
    }
    path = pack(tmp_path / "old.pt", members)
    wanted = torch.load(path, weights_only=False)
    assert wanted[1].tolist() == [[3, 4], [5, 6]]
    with open_checkpoint(str(path)) as checkpoint:
        assert equal(read_tensors(checkpoint), {(0,): wanted[0], (1,): wanted[1]})
        assert len(checkpoint.storages) == 1


@pytest.mark.parametrize("member", ["storages", "tensors"])
def test_damaged_tensors_leave_the_structure(tmp_path: Path, member: str):
    state = values()
    path = save_tar(tmp_path / "old.pt", {"state": state, "epoch": 7}, list(state.values()))
    with tarfile.open(path) as tar:
        members = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    members[member] = members[member][:90]
    with open_checkpoint(str(pack(tmp_path / "cut.pt", members))) as checkpoint:
        assert codes(checkpoint) >= {"damaged-tensors"}
        assert [node.key for node in checkpoint.root.children] == ["state", "epoch"]
