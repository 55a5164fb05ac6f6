"""Files that are dragged out: what is in them, and how long they stay."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from inspector.core.errors import InspectorError
from inspector.core.export.handouts import (
    HandoutFolder,
    clear_handouts,
    handout_name,
    write_handout,
)
from tests.core.export.exports import loaded

ROOT = Path(__file__).parents[3]
MOST = 1 << 30


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "checkpoint-inspector" / "dragged"


def test_an_handout_has_the_keys_of_its_state_dict(training: Path, tmp_path: Path) -> None:
    source = torch.load(training, weights_only=False)["model"]
    key = "module.0.weight"
    write_handout(str(training), [("model", key)], tmp_path / "one.pt", MOST)
    found = loaded(tmp_path / "one.pt")
    assert list(found) == [key]
    assert torch.equal(found[key], source[key])
    write_handout(str(training), [("model",)], tmp_path / "all.pt", MOST)
    assert loaded(tmp_path / "all.pt").keys() == source.keys()


def test_what_cannot_be_dragged_is_said(training: Path, tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="too much to be dragged"):
        write_handout(str(training), [("model",)], tmp_path / "a.pt", 10)
    with pytest.raises(InspectorError):
        write_handout(str(training), [("epoch",)], tmp_path / "a.pt", MOST)
    assert not (tmp_path / "a.pt").exists()


@pytest.mark.parametrize(
    ("uri", "row", "others", "name"),
    [
        ("/x/train.pt", "head.weight", 0, "train-head.weight.pt"),
        ("/x/train.pt", "a/../b", 3, "train-a_.._b and 3 more.pt"),
        ("s3://bucket/x/net.safetensors", "\x1b[31mred\n", 0, "net-_[31mred_.pt"),
        ("/x/.pt", "", 0, "pt-tensors.pt"),
    ],
)
def test_names_are_those_of_files(uri: str, row: str, others: int, name: str) -> None:
    assert handout_name(uri, row, others) == name
    assert len(handout_name("ä" * 300, "€" * 300, 5).encode()) < 255


def test_files_stay_as_long_as_the_process_or_a_day(own_cache: Path) -> None:
    code = """
import sys
from inspector.core.export.handouts import HandoutFolder
folder = HandoutFolder()
(folder.new() / "theirs.pt").write_text("theirs")
print("there", flush=True)
sys.stdin.read()
"""
    ours = HandoutFolder()
    old, new = ours.new(), ours.new()
    assert old != new
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "there\n"
        assert clear_handouts() == []
        assert len(list(own_cache.glob("*/*/theirs.pt"))) == 1
        other.kill()
    clear_handouts()
    assert not list(own_cache.glob("*/*/theirs.pt"))
    yesterday = time.time() - 90_000
    os.utime(old, (yesterday, yesterday))
    assert clear_handouts() == [old]
    assert new.is_dir()


def test_clearing_follows_no_link(own_cache: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    old = time.time() - 90_000
    gone = own_cache / "1-000000000000"
    gone.mkdir(parents=True)
    (gone / "1").symlink_to(precious)
    (own_cache / "2-000000000000").symlink_to(precious)
    for path in (gone, precious / "file", precious):
        os.utime(path, (old, old))
    clear_handouts()
    assert not gone.exists()
    assert (precious / "file").exists()
