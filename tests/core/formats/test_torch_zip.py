"""Torch zips of every age, and repacked: what torch opens we open, and some that it refuses."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from tests.checkpoints import zip_archive
from tests.core.formats.archives import codes, equal, read_tensors

STATE = {"weight": torch.arange(12.0).reshape(3, 4), "row": torch.arange(4), "lr": 0.1}
WANTED = {("weight",): STATE["weight"], ("row",): STATE["row"]}


@pytest.fixture
def records(tmp_path: Path) -> dict[str, bytes]:
    """Return the records of a torch zip by their names without the root folder."""
    torch.save(STATE, tmp_path / "m.pt")
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def pack(path: Path, records: dict[str, bytes], root: str, **options: Any) -> Path:
    return zip_archive(path, [(root + name, data) for name, data in records.items()], **options)


def loads(path: Path) -> bool:
    try:
        torch.load(path)
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    ("root", "torch_loads", "finding"),
    [
        ("archive/", True, set()),
        ("my.model v1/", True, set()),
        ("модель/", True, set()),
        ("", False, {"no-root"}),
        ("home/me/archive/", False, {"no-root"}),
    ],
)
def test_roots(tmp_path, records, root, torch_loads, finding, compression):
    path = pack(tmp_path / "x.pt", records, root, compression=compression)
    assert loads(path) == torch_loads
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format == "torch-zip"
        assert equal(read_tensors(checkpoint), WANTED)
        assert codes(checkpoint) == finding


@pytest.mark.parametrize(
    "absent",
    [
        {".format_version", ".storage_alignment"},
        {".format_version", ".storage_alignment", "byteorder", ".data/serialization_id"},
        {"version", "byteorder"},
    ],
)
def test_records_that_older_versions_do_not_write(tmp_path, records, absent):
    kept = {name: data for name, data in records.items() if name not in absent}
    with open_checkpoint(str(pack(tmp_path / "x.pt", kept, "archive/"))) as checkpoint:
        assert equal(read_tensors(checkpoint), WANTED)
        assert checkpoint.byte_order == "little"
        assert not checkpoint.findings


def test_folders_and_other_order(tmp_path, records):
    """As `zip -r` packs an unpacked checkpoint: folders are members, names are sorted."""
    names = ["archive/", "archive/data/", *sorted("archive/" + name for name in records)]
    content = [(name, records.get(name.partition("/")[2], b"")) for name in names]
    with open_checkpoint(str(zip_archive(tmp_path / "x.pt", content))) as checkpoint:
        assert equal(read_tensors(checkpoint), WANTED)
        assert not checkpoint.findings


def test_big_endian_is_a_fact(tmp_path: Path):
    torch.save(STATE, tmp_path / "m.pt")
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["m/byteorder"] = b"big"
    with open_checkpoint(str(zip_archive(tmp_path / "big.pt", content.items()))) as checkpoint:
        assert checkpoint.byte_order == "big"
        assert codes(checkpoint) == {"big-endian"}


def test_legacy_big_endian_is_a_fact(tmp_path: Path):
    torch.save(STATE, tmp_path / "m.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "m.pt").read_bytes()
    name = b"little_endian"
    at = data.index(name) + len(name)
    assert data[at : at + 3] == b"q\x02\x88"
    (tmp_path / "big.pt").write_bytes(data[: at + 2] + b"\x89" + data[at + 3 :])
    with open_checkpoint(str(tmp_path / "big.pt")) as checkpoint:
        assert checkpoint.byte_order == "big"


def test_big_endian_members_of_an_archive(tmp_path, records):
    little = pack(tmp_path / "l.pt", records, "m/").read_bytes()
    big = pack(tmp_path / "b.pt", {**records, "byteorder": b"big"}, "m/").read_bytes()
    path = zip_archive(tmp_path / "x.zip", [("one.pt", big), ("two.pt", big)])
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.byte_order == "big"
    path = zip_archive(tmp_path / "x.zip", [("one.pt", big), ("two.pt", little)])
    with open_checkpoint(str(path)) as checkpoint:
        assert "mixed-byte-order" in codes(checkpoint)
