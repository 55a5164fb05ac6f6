"""Checkpoints inside gzip, zlib, bzip2 and xz, and what happens to bombs."""

import bz2
import gzip
import lzma
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.errors import FormatError, InspectorError, UnknownFormat
from inspector.core.formats import open_checkpoint
from inspector.core.progress import Cancelled
from tests.checkpoints import zip_archive
from tests.core.formats.archives import equal, read_tensors, saved

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("legacy", [True, False])
def test_the_inner_format_decides(tmp_path: Path, kind: str, legacy: bool):
    state = {"w": torch.arange(50_000.0), "b": torch.randn(7)}
    data = saved(tmp_path / "x", state, _use_new_zipfile_serialization=not legacy)
    (tmp_path / "m").write_bytes(COMPRESS[kind](data))
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert checkpoint.format == ("torch-legacy" if legacy else "torch-zip")
        assert checkpoint.format_text.endswith(f" in {kind}")
        assert equal(read_tensors(checkpoint), {(key,): v for key, v in state.items()})


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_streams_that_follow_each_other(tmp_path: Path, kind: str):
    data = pickle.dumps(list(range(1000)))
    halves = COMPRESS[kind](data[:700]) + COMPRESS[kind](data[700:])
    (tmp_path / "m").write_bytes(halves)
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert len(checkpoint.root.children) == 1000


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_holds_no_checkpoint_is_named(tmp_path: Path, kind: str):
    (tmp_path / "m").write_bytes(COMPRESS[kind](b"dear diary, " * 20))
    with pytest.raises(UnknownFormat, match=f"compressed with {kind}, but holds no checkpoint"):
        open_checkpoint(str(tmp_path / "m"))


@pytest.mark.parametrize("kind", COMPRESS)
def test_damage_is_an_error_with_a_sentence(tmp_path: Path, kind: str):
    data = bytearray(COMPRESS[kind](pickle.dumps([torch.randn(4000).tolist()])))
    for at in range(40, 400):
        data[at] ^= 0x5A
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(InspectorError):
        open_checkpoint(str(tmp_path / "m"))


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_stream_cut_off_is_an_error_with_a_sentence(tmp_path: Path, kind: str):
    data = COMPRESS[kind](pickle.dumps([torch.randn(4000).tolist()]))
    (tmp_path / "m").write_bytes(data[: len(data) // 2])
    with pytest.raises(InspectorError):
        open_checkpoint(str(tmp_path / "m"))


@pytest.mark.parametrize("kind", COMPRESS)
def test_bombs_are_refused_early(tmp_path: Path, kind: str):
    piece = bytes(1 << 20)
    packers: dict[str, Any] = {
        "gzip": zlib.compressobj(9, wbits=31),
        "zlib": zlib.compressobj(9),
        "bzip2": bz2.BZ2Compressor(),
        "xz": lzma.LZMACompressor(),
        "lzma": lzma.LZMACompressor(lzma.FORMAT_ALONE),
    }
    bomb = packers[kind]
    with (tmp_path / "m").open("wb") as file:
        file.write(bomb.compress(b"\x80\x02]" + piece))
        for _ in range(200):
            file.write(bomb.compress(piece))
        file.write(bomb.flush())
    with pytest.raises(FormatError, match="not opened"):
        open_checkpoint(str(tmp_path / "m"))


def test_inflating_can_be_cancelled(tmp_path: Path):
    (tmp_path / "m").write_bytes(gzip.compress(torch.randn(1 << 20).numpy().tobytes(), 1))

    def progress(fraction: float, message: str = "", /) -> None:
        if message == "Inflating":
            raise Cancelled

    with pytest.raises(Cancelled):
        open_checkpoint(str(tmp_path / "m"), progress)


def test_inflating_a_long_member_can_be_cancelled(tmp_path: Path):
    data = saved(tmp_path / "x", {"w": torch.zeros(6 << 20)})
    path = zip_archive(tmp_path / "m.zip", [("m.pt", data)], zipfile.ZIP_DEFLATED)

    def progress(fraction: float, message: str = "", /) -> None:
        if message == "Inflating":
            raise Cancelled

    with pytest.raises(Cancelled):
        open_checkpoint(str(path), progress)
    with open_checkpoint(str(path)) as checkpoint:
        assert equal(read_tensors(checkpoint), {("m.pt", "w"): torch.zeros(6 << 20)})
