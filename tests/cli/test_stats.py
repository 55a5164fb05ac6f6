"""`inspector stats`: the JSON of the contract, the table, comma-separated values, exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.cli import computing
from inspector.cli.main import main
from inspector.cli.stats import scan_of
from inspector.cli.stats_rows import write_table
from inspector.core.formats import open_checkpoint
from inspector.core.model import Selection
from tests.checkpoints import WRITERS, save_safetensors, save_zip, torch_tensors

Capture = pytest.CaptureFixture[str]
KEYS = {
    "path", "elements", "finite", "nan", "posinf", "neginf", "zero", "min", "max", "mean", "std",
    "l2",
}  # fmt: skip


def run(capsys: Capture, *arguments: str | Path, code: int = 0) -> str:
    if code:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert ended.value.code == code
    else:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    if code != 2:
        assert captured.err == ""
    return captured.out if code != 2 else captured.err


def run_out(capsys: Capture) -> list[str]:
    return capsys.readouterr().out.splitlines()


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def stats(capsys: Capture, *arguments: str | Path) -> Any:
    return json.loads(run(capsys, "stats", "--json", *arguments), parse_constant=refuse)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    weight = torch.randn(30, 20)
    weight[3, 4] = torch.nan
    weight[5, 6] = -torch.inf
    state = {
        "fine.weight": torch.randn(9, 4, dtype=torch.float64),
        "broken.weight": weight,
        "steps": torch.tensor(7),
        "empty": torch.empty(0, 3),
        "meta": torch.empty(3, device="meta"),
        "huge": torch.full((2,), 1.7e308, dtype=torch.float64),
    }
    return save_zip(tmp_path / "broken.pt", state)


def test_the_document_has_the_keys_of_the_contract(training: Path, capsys: Capture) -> None:
    document = stats(capsys, training)
    assert document["schema"] == 1
    assert all(set(row) >= KEYS for row in document["tensors"])
    loaded = dict(torch_tensors(torch.load(training)))
    assert [tuple(row["path"]) for row in document["tensors"]] == list(loaded)
    for row in document["tensors"]:
        values = loaded[tuple(row["path"])].double()
        assert row["elements"] == row["finite"] == values.numel()
        assert row["min"] == values.min().item()
        assert row["mean"] == pytest.approx(values.mean().item(), rel=1e-12, abs=1e-300)
        assert row["std"] == pytest.approx(values.std(correction=0).item(), rel=1e-9)
        assert row["l2"] == pytest.approx(values.norm().item(), rel=1e-12)


def test_what_is_not_finite_or_does_not_exist(broken: Path, capsys: Capture) -> None:
    document = stats(capsys, broken)
    rows = {row["path"][0]: row for row in document["tensors"]}
    assert list(rows) == ["fine.weight", "broken.weight", "steps", "empty", "meta", "huge"]
    row = rows["broken.weight"]
    assert (row["elements"], row["finite"], row["nan"], row["neginf"]) == (600, 598, 1, 1)
    assert rows["steps"]["max"] == 7
    assert type(rows["steps"]["max"]) is int
    assert [rows["empty"][key] for key in ("elements", "min", "mean", "std")] == [
        0,
        None,
        None,
        None,
    ]
    assert rows["meta"]["elements"] == 3
    assert rows["meta"]["nan"] is rows["meta"]["mean"] is None
    assert [error["path"] for error in document["errors"]] == [["meta"]]
    assert rows["huge"]["l2"] == "inf"
    codes = {(finding["code"], *finding["path"]) for finding in document["findings"]}
    assert {("nan", "broken.weight"), ("infinite", "broken.weight")} <= codes


@pytest.mark.parametrize("name", [*WRITERS, "safetensors"])
def test_every_container_says_the_same(name, tmp_path, capsys) -> None:
    torch.manual_seed(0)
    state = {f"layer.{n}.weight": torch.randn(n + 1, 7) for n in range(30)}
    save = save_safetensors if name == "safetensors" else WRITERS[name]
    document = stats(capsys, save(tmp_path / "a.pt", state))
    assert {row["path"][0]: row["max"] for row in document["tensors"]} == {
        key: value.max().item() for key, value in state.items()
    }


def test_the_table(broken: Path, capsys: Capture) -> None:
    lines = run(capsys, "stats", broken).splitlines()
    assert " ".join(lines[0].split()) == (
        "Key Dtype Elements Finite Min Max Mean Std L2 Max |x| Zero NaN Inf"
    )
    row = next(line for line in lines if line.startswith("broken.weight"))
    assert row.split()[-2:] == ["1", "1"]
    ends = {line.rstrip().rfind(" ") for line in lines[1:3]}
    assert len(ends) <= 2
    assert any("the first at [3, 4]" in line for line in lines)
    assert "\x1b[" not in "".join(lines)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_a_narrow_table_says_what_it_leaves_out(broken: Path, capsys: Capture, width: int) -> None:
    with open_checkpoint(str(broken)) as checkpoint:
        rows = scan_of(checkpoint, Selection(()))
    write_table(rows, width, styled=False)
    *lines, last = run_out(capsys)
    titles = {"Key", "Dtype", "Elements", "Finite", "Min", "Max", "Mean", "Std", "L2", "Max |x|"}
    titles |= {"Zero", "NaN", "Inf"}
    head = lines[0] if last.startswith("No room for ") else lines.pop(0)
    shown = {title.strip() for title in re.split(r"  +", head.strip())}
    assert shown >= {"Key", "Elements", "Min", "Max", "Mean", "NaN", "Inf"}
    if last.startswith("No room for "):
        gone = last.removeprefix("No room for ").partition(":")[0].split(", ")
        assert shown.isdisjoint(gone)
        assert shown.union(gone) == titles
    else:
        assert shown == titles
    assert width < 80 or all(len(line) <= width for line in lines)
    assert len({line.rfind("broken.weight") for line in lines}) <= 2


def test_long_keys_are_shortened_in_their_middle(tmp_path: Path, capsys: Capture) -> None:
    name = "module.backbone.encoder.layers.11.attention.self.query.weight"
    with open_checkpoint(str(save_zip(tmp_path / "a.pt", {name: torch.ones(3)}))) as checkpoint:
        write_table(scan_of(checkpoint, Selection(())), 80, styled=False)
    row = run_out(capsys)[1]
    assert row.startswith("module.")
    assert "…" in row
    assert ".weight" in row
    assert len(row) <= 80


def test_arrays_without_numbers_are_named(tmp_path: Path, capsys: Capture) -> None:
    arrays = {"w": np.ones(3), "names": np.array(["a"])}
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    lines = run(capsys, "stats", tmp_path / "a.npz").splitlines()
    assert "names (U1) has no statistics. The elements are texts." in lines
    assert [row["path"] for row in stats(capsys, tmp_path / "a.npz")["tensors"]] == [["w"]]


def test_what_a_mask_hides_is_no_damage(tmp_path: Path, capsys: Capture) -> None:
    values = torch.tensor([1.0, 2.0, torch.nan])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masked = torch.masked.masked_tensor(values, torch.tensor([True, True, False]))
    path = save_zip(tmp_path / "a.pt", {"m": masked})
    lines = run(capsys, "stats", path).splitlines()
    assert "m: These are all 3 values, including those that the mask hides." in lines
    (finding,) = stats(capsys, path)["findings"]
    assert (finding["code"], finding["severity"]) == ("nan", "info")
    assert finding["message"].endswith("The mask may hide what this is about.")
    run(capsys, "check", path)


def test_what_the_numbers_are_of_is_said(tmp_path: Path, capsys: Capture) -> None:
    eye = torch.eye(3)
    state = {"a": eye.to_sparse(), "b": eye, "c": torch.tensor([3 + 4j]), "d": eye.to_sparse()}
    path = save_zip(tmp_path / "a.pt", state)
    sparse = "These are the 3 stored values; the other 6 elements are zero."
    size = "Complex numbers count by their absolute values."
    assert run(capsys, "stats", path).splitlines()[-2:] == [f"a, d: {sparse}", f"c: {size}"]
    notes = [row["note"] for row in stats(capsys, path)["tensors"]]
    assert notes == [sparse, "", size, sparse]
    rows = csv.DictReader(io.StringIO(run(capsys, "stats", "--csv", path)))
    assert [row["note"] for row in rows] == notes


def test_what_matches_only(broken: Path, capsys: Capture) -> None:
    document = stats(capsys, broken, "--include", "fine.*", "--include", "st?ps")
    assert [row["path"] for row in document["tensors"]] == [["fine.weight"], ["steps"]]
    assert run(capsys, "stats", broken, "--include", "nothing") == "No tensor matches.\n"
    assert stats(capsys, broken, "--include", "nothing")["tensors"] == []


def test_comma_separated_values(broken: Path, capsys: Capture) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, "stats", "--csv", broken))))
    assert [row["path"] for row in rows][:2] == ["fine.weight", "broken.weight"]
    assert (rows[1]["shape"], rows[1]["nan"], rows[1]["error"]) == ("30x20", "1", "")
    assert rows[4]["mean"] == ""
    assert "meta" in rows[4]["error"]


def test_a_key_with_commas_quotes_and_newlines(tmp_path, capsys) -> None:
    path = save_zip(tmp_path / "a.pt", {'a,"b"\nc': torch.ones(2), 3: {"\x1b[31m": torch.ones(1)}})
    rows = list(csv.DictReader(io.StringIO(run(capsys, "stats", "--csv", path))))
    assert [row["path"] for row in rows] == ['a,"b"\nc', "3/\x1b[31m"]
    assert stats(capsys, path)["tensors"][1]["path"] == [3, "\x1b[31m"]
    assert "\x1b" not in run(capsys, "stats", path)


def test_exit_codes(broken: Path, training: Path, capsys: Capture, tmp_path: Path) -> None:
    run(capsys, "stats", "--fail-on-nonfinite", broken, code=1)
    run(capsys, "stats", "--fail-on-nonfinite", training)
    error = run(capsys, "stats", tmp_path / "none.pt", code=2)
    assert "does not exist" in error
    assert len(error.splitlines()) == 1


def test_values_that_are_cut_off_are_an_error_after_the_rest(tmp_path, capsys) -> None:
    path = save_zip(tmp_path / "a.pt", {f"w{n}": torch.randn(500) for n in range(10)})
    path.write_bytes(path.read_bytes()[:12_000])
    with pytest.raises(SystemExit) as ended:
        main(["stats", str(path), "--json"])
    captured = capsys.readouterr()
    assert ended.value.code == 2
    assert len(captured.err.splitlines()) == 1
    assert "tensors cannot be read" in captured.err
    document = json.loads(captured.out)
    assert len(document["tensors"]) == 10
    assert 0 < len(document["errors"]) < 10


def test_much_is_read_by_worker_processes(broken: Path, capsys: Capture, monkeypatch) -> None:
    here = stats(capsys, broken)
    monkeypatch.setattr(computing, "_WORTH_PROCESSES", 0)
    assert stats(capsys, broken) == here


def test_a_bar_on_a_terminal(broken: Path, capsys: Capture, monkeypatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    main(["stats", str(broken)])
    captured = capsys.readouterr()
    assert "100%" in captured.err
    assert "%" not in captured.out.splitlines()[1]
