"""Checksums of storages, held against files that torch wrote and that were damaged afterwards."""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.analysis import integrity as module
from inspector.core.analysis.integrity import (
    Integrity,
    integrity_findings,
    integrity_of,
    joined,
)
from inspector.core.engine import Engine, ExecutorEngine
from inspector.core.formats import open_checkpoint
from inspector.core.model import Finding
from tests.checkpoints import WRITERS, save_deflated, save_legacy, save_safetensors, save_zip


def verified(path: Path, engine: Engine | None = None) -> tuple[Integrity, list[Finding]]:
    with ThreadPoolExecutor(2) as executor, open_checkpoint(str(path)) as checkpoint:
        found = integrity_of(checkpoint, engine or ExecutorEngine(executor))
        return found, list(integrity_findings(checkpoint, found))


def state(count: int = 6, size: int = 3000) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {f"layer.{n}.weight": torch.randn(size) for n in range(count)}


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_checksums_of_two_runs_give_that_of_both(first: bytes, second: bytes) -> None:
    assert joined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def test_of_long_runs_too() -> None:
    second = bytes(range(256)) * 70_000
    assert joined(zlib.crc32(b"a"), zlib.crc32(second), len(second)) == zlib.crc32(b"a" + second)


@pytest.mark.parametrize("save", [save_zip, save_deflated], ids=lambda f: f.__name__)
def test_whole_files_have_the_bytes_that_were_written(save, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 5000)
    found, findings = verified(save(tmp_path / "a.pt", state()))
    assert found == Integrity(6, 0, ())
    assert findings == []


@pytest.mark.parametrize("save", [save_legacy, save_safetensors], ids=lambda f: f.__name__)
def test_formats_without_checksums_can_only_be_seen_to_be_there(save, tmp_path) -> None:
    found, findings = verified(save(tmp_path / "a.pt", state()))
    assert found == Integrity(0, 6, ())
    assert findings == []


def test_one_changed_bit_is_found_and_named(tmp_path, monkeypatch, engine) -> None:
    path = save_zip(tmp_path / "a.pt", state())
    wanted = state()["layer.4.weight"].numpy().tobytes()
    data = bytearray(path.read_bytes())
    data[data.index(wanted) + 7777] ^= 0x10
    path.write_bytes(data)
    found, (finding,) = verified(path)
    assert (found.checked, found.unstated, len(found.failures)) == (6, 0, 1)
    assert (finding.code, finding.severity) == ("damaged-storage", "error")
    assert finding.path == ("layer.4.weight",)
    assert f"not {zlib.crc32(wanted):08x}" in finding.message
    monkeypatch.setattr(module, "_PIECE", 5000)
    assert verified(path, engine) == (found, [finding])


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_cut_off_is_named(name, tmp_path) -> None:
    if name == "pickle":
        pytest.skip("a pickle has its bytes in the stream: cut off, it cannot be read at all")
    path = WRITERS[name](tmp_path / "a.pt", state())
    whole, _ = verified(path)
    assert whole.failures == ()
    if name == "deflated":
        return  # a compressed archive without its directory cannot be read at all
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found, findings = verified(path)
    assert 2 <= len(found.failures) <= 4
    assert len(findings) == len(found.failures)


def test_an_empty_storage_has_nothing_to_compare(tmp_path) -> None:
    found, findings = verified(
        save_zip(tmp_path / "a.pt", {"a": torch.empty(0), "b": torch.ones(1)})
    )
    assert found.checked + found.unstated == 2
    assert findings == []


def test_nothing_at_all(tmp_path) -> None:
    assert verified(save_zip(tmp_path / "a.pt", {})) == (Integrity(0, 0, ()), [])
