"""The zip directory is read as torch reads it, whatever other programs would see."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
import torch

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import Damaged, SourceError, UnknownFormat
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from inspector.core.sources import open_source
from inspector.core.sources.zip_index import ZipIndex
from tests.checkpoints import dict_of, save_zip, stream, tensor, text, torch_zip, zip_archive

VALUE = {"weight": torch.arange(8.0), "bias": torch.ones(3)}
ONE = stream(dict_of((text("w"), tensor())))


def index(path: Path) -> ZipIndex:
    return ZipIndex.read_directory(open_source(str(path)))


def codes(path: Path) -> list[str]:
    with open_checkpoint(str(path)) as checkpoint:
        return [finding.code for finding in checkpoint.findings]


def first_tensor(checkpoint: Checkpoint) -> bytes:
    _, found = next(tensors(checkpoint.root))
    assert found.storage is not None
    return checkpoint.read(found.storage, 0, found.storage.nbytes)


def test_members_are_those_of_zipfile(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    with zipfile.ZipFile(path) as archive:
        expected = {item.filename: (item.file_size, item.CRC) for item in archive.infolist()}
        contents = {name: archive.read(name) for name in expected}
    mine = index(path)
    assert {name: (item.size, item.crc) for name, item in mine.members.items()} == expected
    assert {name: mine.read(name) for name in mine.members} == contents
    assert not mine.shifted


def test_zip64_sizes_and_offsets(tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as archive,
        archive.open("a/data.pkl", "w", force_zip64=True) as member,
    ):
        member.write(stream(b"N"))
    path.write_bytes(buffer.getvalue())
    assert index(path).read("a/data.pkl") == stream(b"N")


def test_zip64_entries(tmp_path: Path) -> None:
    """A directory entry whose numbers all stand in extra field 1, as behind 4 GB."""
    content = stream(b"N")
    name = b"a/data.pkl"
    local = b"PK\3\4" + bytes(22) + struct.pack("<HH", len(name), 0) + name + content
    extra = struct.pack("<HHQQQ", 1, 24, len(content), len(content), 0)
    wide = 0xFFFFFFFF
    entry = struct.pack(
        "<4s4xHH4x3L3H8xL", b"PK\1\2", 0, 0, 0, wide, wide, len(name), len(extra) + 4, 0, wide
    )
    directory = entry + name + struct.pack("<HH", 0x7777, 0) + extra
    at = len(local)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), at)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at + len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, wide, wide, 0)
    path = tmp_path / "file.zip"
    path.write_bytes(local + directory + end64 + locator + end)
    assert index(path).read("a/data.pkl") == content
    assert codes(path) == []


def test_more_than_65535_members(tmp_path: Path) -> None:
    names = [f"a/data/{number}" for number in range(66_000)]
    path = zip_archive(tmp_path / "file.zip", [(name, b"") for name in names])
    assert list(index(path).members) == names


@pytest.mark.parametrize("comment", [b"short", b"x" * 60_000])
def test_a_comment_at_the_end(tmp_path: Path, comment: bytes) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = comment
    assert codes(path) == []


def test_a_signature_in_the_comment_loses_the_directory_but_not_the_tensors(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK\5\6 of another" + b"\xff" * 30
    with pytest.raises(RuntimeError):  # the last signature wins, for torch too
        torch.load(path)
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.findings
        assert first_tensor(checkpoint) == VALUE["weight"].numpy().tobytes()


def test_junk_behind_the_archive(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    path.write_bytes(path.read_bytes() + b"junk" * 100)
    assert torch.load(path).keys() == VALUE.keys()
    with open_checkpoint(str(path)) as checkpoint:
        assert first_tensor(checkpoint) == VALUE["weight"].numpy().tobytes()


def test_a_signature_in_junk_at_the_end(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    path.write_bytes(path.read_bytes() + b"PK\5\6")
    assert torch.load(path).keys() == VALUE.keys()
    assert codes(path) == []


def test_prefixed_bytes_are_no_zip_for_torch(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    path.write_bytes(b"#!" + path.read_bytes())
    with pytest.raises(UnknownFormat):
        open_checkpoint(str(path))


def test_a_shifted_archive_is_reported_or_refused(tmp_path: Path) -> None:
    """Two archives in a row: Python's zipfile shifts the offsets, torch takes them as they are."""
    benign = torch_zip(tmp_path / "a", stream(text("benign"))).read_bytes()
    other = torch_zip(tmp_path / "b", stream(text("hidden"))).read_bytes()
    path = tmp_path / "both.pt"
    path.write_bytes(benign + other)
    with zipfile.ZipFile(path) as archive:
        assert b"hidden" in archive.read("archive/data.pkl")
    assert "shifted-archive" in codes(path)
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.root.value == "benign" == torch.load(path)


def test_names_that_occur_twice(tmp_path: Path) -> None:
    records = [("a/data.pkl", stream(text("first"))), ("a/data.pkl", stream(text("second")))]
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zip_archive(tmp_path / "file.zip", records)
    assert codes(path) == ["ambiguous-archive"]
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.root.value == "second"


def test_names_that_differ_in_case_only(tmp_path: Path) -> None:
    records = [("a/data.pkl", stream(text("x"))), ("a/DATA.PKL", stream(text("y")))]
    assert codes(zip_archive(tmp_path / "file.zip", records)) == ["ambiguous-archive"]


def test_several_roots(tmp_path: Path) -> None:
    records = [("a/data.pkl", stream(text("a"))), ("b/data.pkl", stream(text("b")))]
    path = zip_archive(tmp_path / "file.zip", records)
    assert codes(path) == ["several-roots"]
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.root.value == "a"


def test_no_root(tmp_path: Path) -> None:
    path = zip_archive(tmp_path / "file.zip", [("notes.txt", b"x"), ("inner.pth", b"y")])
    with pytest.raises(UnknownFormat, match=r"holds notes\.txt, inner\.pth"):
        open_checkpoint(str(path))


@pytest.mark.parametrize("kept", [0.99, 0.9, 0.5, 0.1])
def test_cut_off_archives_say_so(tmp_path: Path, kept: float) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    try:
        with open_checkpoint(str(path)) as checkpoint:
            assert "truncated" in [finding.code for finding in checkpoint.findings]
    except Damaged as error:
        assert "cut off" in str(error)  # noqa: PT017 - both answers are fine


def test_missing_and_short_records(tmp_path: Path) -> None:
    path = torch_zip(tmp_path / "missing.pt", ONE)
    assert codes(path) == ["missing-storage"]
    with open_checkpoint(str(path)) as checkpoint, pytest.raises(SourceError):
        first_tensor(checkpoint)
    path = torch_zip(tmp_path / "short.pt", ONE, {"0": bytes(20)})
    assert codes(path) == ["storage-size"]
    with open_checkpoint(str(path)) as checkpoint, pytest.raises(SourceError):
        first_tensor(checkpoint)
    path = torch_zip(tmp_path / "long.pt", ONE, {"0": bytes(40)})
    assert codes(path) == ["storage-size"]
    with open_checkpoint(str(path)) as checkpoint:
        assert first_tensor(checkpoint) == bytes(32)


def test_reads_stay_inside_the_storage(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    with open_checkpoint(str(path)) as checkpoint:
        storage = checkpoint.storages["0"]
        for start, stop in ((-1, 3), (0, 33), (4, 3)):
            with pytest.raises(SourceError):
                checkpoint.read(storage, start, stop)


def test_a_file_cut_short_while_it_is_open(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "file.pt", VALUE)
    with open_checkpoint(str(path)) as checkpoint:
        with path.open("r+b") as file:
            file.truncate(64)
        with pytest.raises(SourceError, match="has changed since it was opened"):
            first_tensor(checkpoint)


def test_big_endian_is_said(tmp_path: Path) -> None:
    records = [("a/data.pkl", stream(b"N")), ("a/byteorder", b"big")]
    assert "big-endian" in codes(zip_archive(tmp_path / "file.zip", records))


def test_a_damaged_version_record_costs_only_the_version(tmp_path: Path) -> None:
    path = torch_zip(tmp_path / "file.pt", stream(text("whole")))
    data = path.read_bytes()
    at = data.index(b"archive/version") - 30
    path.write_bytes(data[:at] + b"XXXX" + data[at + 4 :])
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.root.value == "whole"
