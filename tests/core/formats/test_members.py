"""Zip and tar archives of checkpoints: members open in place, under their names."""

import io
import json
import pickle
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as safetensors_bytes

from inspector.core.errors import InspectorError, UnknownFormat
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from tests.checkpoints import zip_archive
from tests.core.formats.archives import codes, equal, nodes, read_tensors, saved


def members(folder: Path) -> tuple[dict[str, bytes], dict[tuple[str, str], torch.Tensor]]:
    """Return one member of each format, and the tensors that they hold by path."""
    states = [{"w": torch.arange(6.0) + at, "b": torch.ones(2) * at} for at in range(4)]
    legacy = {"_use_new_zipfile_serialization": False}
    archive = {
        "policy.pth": saved(folder / "x", states[0]),
        "sub folder/old.pth": saved(folder / "x", states[1], **legacy),
        "../../etc/model.safetensors": safetensors_bytes(states[2]),
        "plain.pkl": pickle.dumps(states[3], 4),
        "settings.json": json.dumps({"gamma": 0.99, "layers": [64, 64]}).encode(),
        "notes": b"no checkpoint, but a text",
        "image.png": b"\x89PNG\r\n\x1a\n" + bytes(50),
    }
    paths = list(archive)[:4]
    wanted = {(paths[at], key): v for at, state in enumerate(states) for key, v in state.items()}
    return archive, wanted


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_members(tmp_path: Path, compression: int):
    archive, wanted = members(tmp_path)
    path = zip_archive(tmp_path / "all.zip", archive.items(), compression)
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format == "zip"
        assert equal(read_tensors(checkpoint), wanted)
        found = nodes(checkpoint)
        assert found["settings.json", "layers", 1].value == 64
        assert found["notes",].value == "no checkpoint, but a text"
        assert "PNG" in found["image.png",].value
        assert len(checkpoint.storages) == len(wanted)
        assert checkpoint.demands is not None
    assert sorted(item.name for item in tmp_path.iterdir()) == ["all.zip"]  # nothing unpacked


@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_members(tmp_path: Path, layout: int, mode: str):
    archive, wanted = members(tmp_path)
    path = tmp_path / "all.tar"
    with tarfile.open(path, mode, format=layout) as tar:  # type: ignore[call-overload]
        folder = tarfile.TarInfo("sub folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        for name, content in archive.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format == "tar"
        assert checkpoint.format_text == {
            "w": "tar archive",
            "w:gz": "tar archive in gzip",
            "w:bz2": "tar archive in bzip2",
            "w:xz": "tar archive in xz",
        }[mode]  # fmt: skip
        assert equal(read_tensors(checkpoint), wanted)
        assert ("link",) not in nodes(checkpoint)


@pytest.mark.parametrize("layout", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_in_tars(tmp_path: Path, layout: int):
    name = "/".join(["müller" * 10] * 4) + "/weights.pt"
    content = saved(tmp_path / "x", {"w": torch.ones(3)})
    with tarfile.open(tmp_path / "all.tar", "w", format=layout) as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    with open_checkpoint(str(tmp_path / "all.tar")) as checkpoint:
        assert [path for path, _ in tensors(checkpoint.root)] == [(name, "w")]


def test_findings_name_the_member(tmp_path: Path):
    good = saved(tmp_path / "x", {"w": torch.ones(300)})
    archive = {"good.pt": good, "cut.pt": good[:900], "short.pkl": b"\x80\x02]("}
    path = zip_archive(tmp_path / "all.zip", archive.items())
    with open_checkpoint(str(path)) as checkpoint:
        assert {(f.code, f.path) for f in checkpoint.findings} == {
            ("truncated", ("cut.pt",)),
            ("unreadable-member", ("short.pkl",)),
        }
        assert torch.equal(dict(read_tensors_of(checkpoint, "good.pt"))["w"], torch.ones(300))


def read_tensors_of(checkpoint, member):
    for path, tensor in tensors(checkpoint.root):
        if path[0] == member and tensor.storage is not None:
            data = checkpoint.read(tensor.storage, 0, tensor.storage.nbytes)
            yield path[1], torch.frombuffer(bytearray(data), dtype=torch.float32)


def test_shared_objects_inside_a_member_point_into_it(tmp_path: Path):
    shared = {"lr": 0.1}
    content = saved(tmp_path / "x", {"first": shared, "second": shared})
    path = zip_archive(tmp_path / "all.zip", [("deep/m.pt", content)])
    with open_checkpoint(str(path)) as checkpoint:
        assert nodes(checkpoint)["deep/m.pt", "second"].value == ("deep/m.pt", "first")


def test_archives_within_archives_end_at_some_depth(tmp_path: Path):
    path = zip_archive(tmp_path / "z", [("w.pt", saved(tmp_path / "x", {"w": torch.ones(2)}))])
    for _ in range(3):
        path = zip_archive(tmp_path / "z", [("inner.zip", path.read_bytes())])
    with open_checkpoint(str(path)) as checkpoint:
        wanted = {("inner.zip", "inner.zip", "inner.zip", "w.pt", "w"): torch.ones(2)}
        assert equal(read_tensors(checkpoint), wanted)
    for _ in range(3):
        path = zip_archive(tmp_path / "z", [("inner.zip", path.read_bytes())])
    with pytest.raises(InspectorError, match=r"one inside the other|without any checkpoint"):
        open_checkpoint(str(path))


def test_very_many_members_are_counted(tmp_path: Path):
    content = pickle.dumps({"a": 1})
    path = zip_archive(tmp_path / "all.zip", [(f"{at}.pkl", content) for at in range(1500)])
    with open_checkpoint(str(path)) as checkpoint:
        assert "500 more members" in checkpoint.root.children[-1].value.replace("\u202f", "")


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({"a.txt": b"hello"}, "without any checkpoint; it holds a.txt"),
        ({"m/version": b"3\n", "m/byteorder": b"little"}, "without its record data.pkl"),
        ({"config.json": b"{}", "model.weights.h5": b"\x89HDF"}, "Keras"),
        ({"word/x.xml": b"<", "[Content_Types].xml": b"<"}, "Office"),
    ],
)
def test_archives_without_a_checkpoint_are_named(tmp_path: Path, records, words):
    path = zip_archive(tmp_path / "x.zip", records.items())
    with pytest.raises(UnknownFormat, match=words):
        open_checkpoint(str(path))


def test_a_tar_that_was_cut_off_shows_what_is_whole(tmp_path: Path):
    content = saved(tmp_path / "x", {"w": torch.ones(300)})
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        for name in ("a.pt", "b.pt"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    whole = (tmp_path / "all.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: 512 + len(content) + 2000])
    with open_checkpoint(str(tmp_path / "cut.tar")) as checkpoint:
        assert equal(read_tensors(checkpoint), {("a.pt", "w"): torch.ones(300)})
        assert codes(checkpoint) == {"truncated", "unreadable-member"}


def test_encrypted_members_are_named(tmp_path: Path):
    path = zip_archive(tmp_path / "x.zip", [("a.pt", b"x" * 50), ("b.pkl", pickle.dumps([1]))])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with open_checkpoint(str(path)) as checkpoint:
        assert "encrypted" in nodes(checkpoint)["a.pt",].value
