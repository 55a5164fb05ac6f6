"""`inspector check`: damage in bytes and values, and what loading would set going."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.cli.main import main
from tests.checkpoints import WRITERS, save_safetensors, save_zip

Capture = pytest.CaptureFixture[str]


class Runner:
    def __reduce__(self):
        return os.system, ("true",)


class Own:
    pass


def run(capsys: Capture, *arguments: str | Path, code: int = 0) -> str:
    if code:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert ended.value.code == code
    else:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "safe" not in captured.out.lower().replace("safetenso", "")
    return captured.out


def checked(capsys: Capture, path: Path, code: int = 0) -> Any:
    return json.loads(run(capsys, "check", "--json", path, code=code))


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {f"layer.{n}.weight": torch.randn(60, 50) for n in range(6)}


def test_a_good_file(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", state())
    document = checked(capsys, path)
    assert set(document) >= {"schema", "integrity", "globals", "weights_only", "findings"}
    assert document["schema"] == 1
    assert document["integrity"] == {"checked": 6, "failed": 0, "unstated": 0, "failures": []}
    assert document["weights_only"]["loads"] is True
    assert document["findings"] == []
    assert {row["name"]: row["class"] for row in document["globals"]} == {
        "collections.OrderedDict": "plain",
        "torch.FloatStorage": "tensor",
        "torch._utils._rebuild_tensor_v2": "tensor",
    }
    assert all(set(row) == {"name", "class", "count", "where"} for row in document["globals"])
    printed = run(capsys, "check", path)
    assert "All of them have the bytes that were written." in printed
    assert "  None." in printed


def test_one_storage_and_an_empty_one(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", {"w": torch.ones(3)})
    told = run(capsys, "check", path)
    assert "1 storage held against the file's checksums.\n  It has the bytes" in told
    path = save_zip(tmp_path / "b.pt", {"w": torch.ones(3), "none": torch.empty(0)})
    integrity = checked(capsys, path)["integrity"]
    assert (integrity["checked"], integrity["unstated"]) == (2, 0)
    path = tmp_path / "c.pt"
    torch.save({"w": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    told = run(capsys, "check", path)
    assert "1 storage without a checksum: seen to be there; its bytes cannot be" in told


def test_a_changed_byte(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", state())
    data = bytearray(path.read_bytes())
    data[data.index(state()["layer.2.weight"].numpy().tobytes()) + 401] ^= 1
    path.write_bytes(data)
    document = checked(capsys, path, code=1)
    assert (document["integrity"]["checked"], document["integrity"]["failed"]) == (6, 1)
    (finding,) = document["findings"]
    assert (finding["code"], finding["severity"]) == ("damaged-storage", "error")
    assert finding["path"] == ["layer.2.weight"]
    assert "layer.2.weight" in run(capsys, "check", path, code=1)


def test_a_nan_is_an_error_and_a_note_is_none(tmp_path: Path, capsys: Capture) -> None:
    values = state()
    values["layer.1.weight"][2, 3] = torch.nan
    document = checked(capsys, save_zip(tmp_path / "a.pt", values), code=1)
    assert [finding["code"] for finding in document["findings"]] == ["nan"]
    values = state() | {"half": torch.randn(2000).bfloat16().float()}
    document = checked(capsys, save_zip(tmp_path / "b.pt", values))
    assert [finding["code"] for finding in document["findings"]] == ["fits-half"]


def test_what_loading_would_run(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", {"w": torch.randn(3), "x": Own(), "y": [Runner()]})
    document = checked(capsys, path, code=1)
    classes = {row["name"].rpartition(".")[2]: row for row in document["globals"]}
    assert classes["system"]["class"] == "dangerous"
    assert classes["Own"]["class"] == "unknown"
    assert classes["Own"]["where"] == ["x"]
    assert document["weights_only"]["loads"] is False
    assert len(document["weights_only"]["refused"]) == 2
    printed = run(capsys, "check", path, code=1)
    assert "can run commands" in printed
    assert "unknown here" in printed


@pytest.mark.parametrize("name", [*WRITERS, "safetensors"])
def test_every_container(name: str, tmp_path: Path, capsys: Capture) -> None:
    save = save_safetensors if name == "safetensors" else WRITERS[name]
    path = save(tmp_path / f"a.{name}", state())
    document = checked(capsys, path)
    integrity = document["integrity"]
    assert integrity["checked"] == (6 if name in ("zip", "deflated") else 0)
    assert integrity["checked"] + integrity["unstated"] == 6
    assert (document["globals"] == []) == (name == "safetensors")
    assert "Findings" in run(capsys, "check", path)


def test_a_file_that_is_cut_off(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", state())
    path.write_bytes(path.read_bytes()[:40_000])
    document = checked(capsys, path, code=1)
    codes = [finding["code"] for finding in document["findings"]]
    assert "truncated" in codes
    assert codes.count("unreadable") == codes.count("damaged-storage") > 0
    assert document["integrity"]["failed"] == codes.count("damaged-storage")


def test_a_meta_tensor_is_no_damage(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", {"a": torch.empty(5, device="meta")})
    assert checked(capsys, path)["findings"] == []


def test_many_findings_of_a_sort_are_cut_short(tmp_path: Path, capsys: Capture) -> None:
    values = {f"w{n}.weight": torch.zeros(8, 8) for n in range(20)}
    printed = run(capsys, "check", save_zip(tmp_path / "a.pt", values), code=1)
    assert printed.count("All 64 elements are zero.") == 5
    assert "and 15 tensors more (all-zero)" in printed


def test_a_file_that_is_none(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.pt"
    path.write_text("hello")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
