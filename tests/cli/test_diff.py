"""`inspector diff`: its text, its contract, its exit codes."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.cli.main import main
from tests.checkpoints import save_zip
from tests.core.analysis.comparison.training import Net, copied, run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def epochs(tmp_path: Path) -> list[Path]:
    return [save_zip(tmp_path / f"epoch{n}.pt", value) for n, value in enumerate(run(3))]


def ended(*arguments: str | Path) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else -1
    return 0


def printed(capsys: Capture, *arguments: str | Path, code: int = 1) -> str:
    assert ended("diff", *arguments) == code
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def document(capsys: Capture, *arguments: str | Path, code: int = 1) -> Any:
    return json.loads(printed(capsys, *arguments, "--json", code=code))


def refused(capsys: Capture, *arguments: str | Path) -> str:
    assert ended("diff", *arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("inspector: ")
    assert captured.err.count("\n") == 1
    return captured.err


def pair(folder: Path, a: Any, b: Any) -> tuple[Path, Path]:
    return save_zip(folder / "a.pt", a), save_zip(folder / "b.pt", b)


def test_what_changed_is_told(epochs, capsys) -> None:
    told = printed(capsys, *epochs[:2])
    assert "46 tensors: 46 changed · 3 values differ" in told
    assert "epoch: 0 → 1" in told
    assert "optimizer/param_groups/0/lr: 0.01 → 0.005" in told
    assert "… and 6 rows more" in told
    assert "rows more" not in printed(capsys, *epochs[:2], "--all")


def test_the_largest_changes_come_first(tmp_path, capsys) -> None:
    a = {name: torch.ones(3) for name in "abc"}
    b = {"a": torch.ones(3) * 2, "b": torch.ones(3) * 9, "c": torch.ones(3) * 4}
    rows = printed(capsys, *pair(tmp_path, a, b)).splitlines()[3:]
    assert [row[0] for row in rows[1:]] == ["b", "c", "a"]


def test_the_same_file_twice(epochs, capsys) -> None:
    told = printed(capsys, epochs[0], epochs[0], code=0)
    assert "46 tensors: 46 same · no other value differs" in told


def test_what_was_looked_through_and_left_out(tmp_path, capsys) -> None:
    value = run(1)[0]
    bare = {f"module.{name}": tensor for name, tensor in value["model"].items()}
    told = printed(capsys, *pair(tmp_path, value, {"state_dict": bare, "epoch": 0}))
    assert "Compared: model in the first, state_dict in the second." in told
    assert "Looked through in keys of the second: module." in told
    assert "Left out: 30 tensors of the first" in told
    assert "optimizer: 22 values only in the first" in told
    told = printed(capsys, tmp_path / "a.pt", tmp_path / "b.pt", "--no-prefixes", "--all")
    assert "16 same" not in told
    assert "now module.head.weight: same content" in told


def test_places_inside_files(tmp_path, capsys) -> None:
    model = run(1)[0]["model"]
    a, b = pair(tmp_path, {"one": model, "two": copied(model)}, {"other": {"deep": model}})
    assert document(capsys, a, b, "--at-a", "two", "--at-b", "other/deep", code=0)
    found = document(capsys, f"{a}::one", f"{a}::two", code=0)
    assert found["matching"]["root_a"] == ["one"]
    assert found["summary"]["same"] == 16
    assert "no tensors below three" in refused(capsys, a, b, "--at-a", "three")
    assert "no path of keys" in refused(capsys, a, b, "--at-a", "a//b")


def test_renames(tmp_path, capsys) -> None:
    torch.manual_seed(0)
    one, other = torch.randn(5), torch.randn(7)
    a = {"old": one, "first": other, "kept": torch.ones(1)}
    b = {"new": one.clone(), "second": other + 1, "kept": torch.ones(1)}
    told = printed(capsys, *pair(tmp_path, a, b))
    assert "now new: same content, and no other tensor has it" in told
    assert "  first → second (same shape and dtype" in told


def test_json_has_the_keys_of_the_contract(epochs, capsys) -> None:
    found = document(capsys, *epochs[:2])
    assert {"schema", "summary", "tensors", "values"} <= set(found)
    assert found["summary"]["changed"] == 46
    assert {"path": ["epoch"], "change": "changed", "a": 0, "b": 1} in found["values"]
    names = {module["name"]: module for module in found["modules"]}
    assert names["model.head"]["frozen"] is False


def test_csv(epochs, capsys) -> None:
    rows = list(csv.DictReader(io.StringIO(printed(capsys, *epochs[:2], "--csv"))))
    assert {row["kind"] for row in rows} == {"tensor", "value"}


def test_a_report_is_written_and_no_checkpoint(epochs, tmp_path, capsys) -> None:
    report = tmp_path / "report.html"
    printed(capsys, *epochs[:2], "--html", report)
    assert report.read_text("utf-8").startswith("<!DOCTYPE html>")
    before = epochs[1].read_bytes()
    assert "not written over" in refused(capsys, *epochs[:2], "--html", epochs[1])
    assert epochs[1].read_bytes() == before
    assert "cannot be written" in refused(capsys, *epochs[:2], "--html", tmp_path / "no" / "r")


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"x": torch.zeros(3)}, "changed"),
        ({"x": torch.ones(3).half()}, "cast"),
        ({"x": torch.zeros(3).half()}, "dtype"),
        ({"x": torch.ones(4)}, "shape"),
        ({"new": torch.ones(9)}, "added,unexpected"),
        ({"y": None}, "removed,missing,values"),
        ({"epoch": 2}, "values"),
        ({"x": torch.full((3,), math.nan)}, "changed,nonfinite"),
        ({}, ""),
    ],
)
def test_exit_codes(change, reasons, tmp_path, capsys) -> None:
    base = {"x": torch.ones(3), "y": torch.ones(7), "epoch": 1}
    files = pair(tmp_path, base, base | change)
    every = {
        "changed", "cast", "noise", "added", "removed", "renamed", "shape", "dtype", "missing",
        "unexpected", "values", "nonfinite",
    }  # fmt: skip
    expected = set(filter(None, reasons.split(",")))
    assert ended("diff", *files) == bool(expected)
    for reason in every:
        assert ended("diff", *files, "--fail-on", reason) == (reason in expected), reason
    assert ended("diff", *files, "--fail-on", " , ".join(sorted(every))) == bool(expected)
    capsys.readouterr()


def test_noise_is_no_difference(tmp_path, capsys) -> None:
    files = pair(tmp_path, {"x": torch.ones(3)}, {"x": torch.ones(3) + 1e-6})
    assert document(capsys, *files)["summary"]["changed"] == 1
    assert document(capsys, *files, "--rtol", "1e-5", code=0)["summary"]["noise"] == 1
    assert document(capsys, *files, "--atol", "1e-5", code=0)["summary"]["noise"] == 1


def test_values_only(epochs, capsys) -> None:
    found = document(capsys, *epochs[:2], "--values-only")
    assert found["tensors"] == []
    assert len(found["values"]) == 3


def test_bad_usage_is_one_line(epochs, tmp_path, capsys) -> None:
    assert "none of changed" in refused(capsys, *epochs[:2], "--fail-on", "changed,odd")
    assert "Name two files" in refused(capsys, epochs[0])
    assert "does not exist" in refused(capsys, epochs[0], tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("hello")
    refused(capsys, epochs[0], tmp_path / "text.pt")


def test_what_cannot_be_read_is_no_silence(epochs, tmp_path, capsys) -> None:
    cut = tmp_path / "cut.pt"
    big = save_zip(tmp_path / "big.pt", {f"l{n}": torch.ones(2000) for n in range(20)})
    cut.write_bytes(big.read_bytes()[:90_000])
    assert ended("diff", big, cut) == 2
    captured = capsys.readouterr()
    assert "unread" in captured.out
    assert "cannot be compared" in captured.err


def test_a_series(epochs, capsys) -> None:
    told = printed(capsys, *epochs[::-1])
    assert "3 checkpoints, ordered by epoch" in told
    assert "model.head.weight" in told
    assert "NaN" not in told.replace("with NaN/Inf", "")
    folder = printed(capsys, epochs[0].parent)
    assert folder == told
    lost = epochs[0].parent / "interrupted.pt"
    lost.touch()
    (lost.parent / "log.txt").write_text("epoch 1\n")
    with_lost = printed(capsys, epochs[0].parent)
    assert f"{lost} is empty (0 bytes)" in with_lost
    assert "log.txt" not in with_lost
    found = json.loads(printed(capsys, epochs[0].parent, "--json"))
    assert [one["facts"]["epoch"] for one in found["snapshots"]] == [0, 1, 2]
    assert found["last_without_nan"] == 2
    rows = list(csv.DictReader(io.StringIO(printed(capsys, *epochs, "--csv"))))
    assert len(rows) == 3 * 46
    assert "Of a series everything is compared" in refused(capsys, *epochs, "--rtol", "1")


def test_the_report_of_a_series(epochs, tmp_path, capsys) -> None:
    page = tmp_path / "series.html"
    told = printed(capsys, *epochs, "--html", page)
    assert "norm" in told
    written = page.read_text("utf-8")
    assert "3 snapshots, ordered by epoch" in written
    assert written.count("<polyline") > 46
    assert "<script" not in written
    assert "model.head.weight" in written
    assert "is not written over" in refused(capsys, *epochs, "--html", epochs[1])


def test_the_window_is_asked_for_what_it_can_show(epochs, capsys, monkeypatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "no display here" in refused(capsys, *epochs, "--gui")
    assert "no display here" in refused(capsys, *epochs[:2], "--gui", "--through", "wrappers")
    assert "prints nothing" in refused(capsys, *epochs, "--gui", "--json")
    assert "leaves nothing" in refused(
        capsys, *epochs[:2], "--no-prefixes", "--through", "wrappers"
    )


def test_a_series_with_nan(tmp_path, capsys) -> None:
    states = [{"w": torch.full((3,), value)} for value in (1.0, 2.0, math.nan)]
    files = [save_zip(tmp_path / f"{n}.pt", state) for n, state in enumerate(states)]
    told = printed(capsys, *files)
    assert f"NaN or infinity first in {files[2]}: w" in told
    assert f"Last checkpoint without: {files[1]}" in told


def test_a_pickled_module_equals_its_state_dict(tmp_path, capsys) -> None:
    net = Net()
    a, b = pair(tmp_path, net, net.state_dict())
    for files, side in (((a, b), "first"), ((b, a), "second")):
        told = printed(capsys, *files, code=0)
        assert f"{len(net.state_dict())} tensors: {len(net.state_dict())} same" in told
        assert "no other value differs" in told
        found = document(capsys, *files, code=0)
        left_out = sum(found["matching"][name] for name in ("attributes_a", "attributes_b"))
        assert left_out > 20
        said = f"Left out: {left_out} attributes of the {side}'s pickled module, "
        assert f"{said}for which a state_dict has no place.\n" in told
    whole = pair(tmp_path, {"model": net, "epoch": 1}, {"model": net.state_dict(), "epoch": 2})
    assert [one["path"] for one in document(capsys, *whole)["values"]] == [["epoch"]]


def test_two_pickled_modules_are_compared_with_their_attributes(tmp_path, capsys) -> None:
    net = Net()
    trained, evaluated = tmp_path / "train.pt", tmp_path / "eval.pt"
    torch.save(net, trained)
    torch.save(net.eval(), evaluated)
    found = document(capsys, trained, evaluated)
    assert {one["path"][-1] for one in found["values"]} == {"training"}
    assert found["matching"]["attributes_a"] == found["matching"]["attributes_b"] == 0


def test_what_became_nan_has_no_measures(tmp_path, capsys) -> None:
    values = ([1.0, 2.0], [1.5, 2.0], [math.nan, 2.0], [math.nan, 2.0])
    states = ({"w": torch.tensor(value), "v": torch.tensor(value[1:])} for value in values)
    files = [save_zip(tmp_path / f"{n}.pt", state) for n, state in enumerate(states)]
    line = next(line for line in printed(capsys, *files).splitlines() if line.startswith("w "))
    assert line.split() == ["w", "2.236", "NaN", "NaN", "0.2236", "NaN", "NaN", "1"]
