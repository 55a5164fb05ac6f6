"""`inspector export`: options, what is said before and after, the document of the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from inspector.cli.main import main
from tests.checkpoints import save_zip

Capture = pytest.CaptureFixture[str]
DOCUMENT = {"schema", "target", "tensors", "bytes", "rows", "dropped", "verified", "findings"}
ROW = {"source", "target", "dtype", "device", "bytes"}


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the list of unfinished exports away from the person's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


def run(capsys: Capture, *arguments: object) -> str:
    main(["export", *map(str, arguments)])
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def document(capsys: Capture, *arguments: object) -> Any:
    return json.loads(run(capsys, *arguments, "--json"))


def refused(capsys: Capture, *arguments: object) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["export", *map(str, arguments)])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("inspector: ")
    assert error.count("\n") == 1
    return error


def test_the_document_has_the_keys_of_the_contract(training, tmp_path, capsys: Capture) -> None:
    target = tmp_path / "out.pt"
    told = document(capsys, training, target, "--device", "*=cuda:0", "--dtype", "float16")
    assert set(told) >= DOCUMENT
    assert all(set(row) >= ROW for row in told["rows"])
    assert told["verified"] is True
    assert told["files"] == [str(target)]
    state = torch.load(training)["model"]
    found = torch.load(target, map_location="cpu")
    assert {row["key"] for row in told["rows"]} == set(state) == set(found)
    assert {row["device"] for row in told["rows"]} == {"cuda:0"}
    for row in told["rows"]:
        assert row["source"] == ["model", row["key"]]
        assert row["target"] == [row["key"]]
        assert row["bytes"] == found[row["key"]].nbytes
        assert f"torch.{row['dtype']}" == str(found[row["key"]].dtype)
    assert told["bytes"] == sum(row["bytes"] for row in told["rows"])
    assert told["tensors"] == len(state)


def test_a_dry_run_writes_nothing_and_shows_all(training, tmp_path, capsys: Capture) -> None:
    target = tmp_path / "out.pt"
    arguments = (training, target, "--exclude", "1.*", "--dtype", "bfloat16", "--dry-run")
    said = run(capsys, *arguments)
    assert "model/0.weight" in said
    assert "float32 → bfloat16" in said
    assert "Without 5 not chosen: model/1.weight" in said
    assert "nothing was written" in said
    told = document(capsys, *arguments)
    assert told["verified"] is False
    assert next(drop["source"] for drop in told["dropped"]) == ["model", "1.weight"]
    assert not target.exists()


def test_options_of_several_names_apply_in_the_order_given(training, tmp_path, capsys) -> None:
    told = document(
        capsys, training, tmp_path / "out.pt", "--include", "*", "--exclude", "1.*",
        "--include", "*.running_*", "--add-prefix", "a.b.", "--strip-prefix", "a.",
        "--rename", r"^b\.(\d)=net\1", "--dry-run",
    )  # fmt: skip
    assert [row["key"] for row in told["rows"]] == [
        "net0.weight", "net0.bias", "net1.running_mean", "net1.running_var",
    ]  # fmt: skip
    told = document(
        capsys, training, tmp_path / "out.pt", "--strip-prefix", "a.", "--add-prefix", "a.b.",
        "--dry-run",
    )  # fmt: skip
    assert told["rows"][0]["key"] == "a.b.0.weight"


def test_the_format_follows_from_the_name(training, tmp_path: Path, capsys: Capture) -> None:
    state = torch.load(training)["model"]
    run(capsys, training, tmp_path / "out.safetensors")
    found = load_file(tmp_path / "out.safetensors")
    assert all(torch.equal(found[key], value) for key, value in state.items())
    folder = tmp_path / "set"
    folder.mkdir()
    said = run(capsys, training, f"{folder}/", "--format", "safetensors", "--max-shard-size", "60B")
    assert "model.safetensors.index.json" in said
    assert "read again and compared" in said


def test_a_place_in_the_file_and_a_target(training, tmp_path: Path, capsys: Capture) -> None:
    state = dict(torch.load(training)["model"])
    state["0.weight"] = torch.ones(9, 9)
    del state["0.bias"]
    other = save_zip(tmp_path / "other.pt", {"state_dict": state, "epoch": 1})
    target = tmp_path / "out.pt"
    arguments = (f"{training}::model", target)
    told = document(capsys, *arguments, "--match", other, "--dry-run")
    assert [drop["reason"] for drop in told["dropped"]] == ["does-not-fit"] * 2
    assert told["fit"]["missing"] == ["0.weight"]
    assert told["fit"]["lenient"] is True
    told = document(capsys, *arguments, "--against", f"{other}::state_dict", "--dry-run")
    assert told["fit"]["unexpected"] == ["0.bias"]
    assert told["fit"]["mismatched"] == [{"key": "0.weight", "ours": [4, 3], "theirs": [9, 9]}]
    assert told["fit"]["lenient"] is False
    said = run(capsys, *arguments, "--against", other)
    assert "size mismatch: 0.weight (4 × 3 here, 9 × 9 there)" in said
    assert "refuses it, with strict=False too" in said
    assert "exists already" in refused(capsys, *arguments)
    assert "is the file that is read" in refused(
        capsys, training, other, "--match", other, "--force"
    )


def test_recipes_from_files_are_added_to(training, tmp_path: Path, capsys: Capture) -> None:
    recipe = tmp_path / "recipe.toml"
    run(capsys, training, tmp_path / "a.pt", "--include", "0.*", "--save-recipe", recipe)
    assert "include" in recipe.read_text()
    told = document(capsys, training, tmp_path / "b.pt", "--recipe", recipe, "--add-prefix", "net.")
    assert [row["key"] for row in told["rows"]] == ["net.0.weight", "net.0.bias"]
    assert list(torch.load(tmp_path / "b.pt")) == ["net.0.weight", "net.0.bias"]
    names = tmp_path / "names.json"
    names.write_text('{"0.weight": "first"}')
    told = document(capsys, training, tmp_path / "c.pt", "--recipe", recipe, "--rename-map", names)
    assert [row["key"] for row in told["rows"]] == ["first", "0.bias"]


def test_what_casting_loses_is_said_first(tmp_path: Path, capsys: Capture) -> None:
    source = save_zip(tmp_path / "a.pt", {"big": torch.tensor([1e6, 1e-30]), "b": torch.ones(1)})
    said = run(capsys, source, tmp_path / "b.pt", "--dtype", "half")
    assert said.index("warning: big: 1 value of 2 is too large for float16") < said.index(
        "read again"
    )
    assert "becomes zero" in said
    told = document(capsys, source, tmp_path / "c.pt", "--dtype", "float16")
    assert told["casts"] == [{"target": ["big"], "overflow": 1, "underflow": 1}]


def test_extras_and_what_is_left_out(training, tmp_path: Path, capsys: Capture) -> None:
    run(capsys, training, tmp_path / "a.pt", "--wrap", "net", "--keep", "epoch", "--stamp")
    found = torch.load(tmp_path / "a.pt")
    assert list(found) == ["net", "epoch", "metadata"]
    run(capsys, training, tmp_path / "b.pt", "--as-stored")
    assert list(torch.load(tmp_path / "b.pt")) == ["epoch", "model", "best", "config"]
    run(capsys, training, tmp_path / "c.pt", "--as-stored", "--omit", "nothing")
    assert "optimizer" in torch.load(tmp_path / "c.pt")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--include", "re:(["), "no regular expression"),
        (("--rename", "a"), "lacks a"),
        (("--rename", "(=b"), "no regular expression"),
        (("--rename", r"a=\9"), "does not work"),
        (("--dtype", "float1"), "no dtype"),
        (("--device", "*=moon base"), "no device"),
        (("--device", "gpu"), "'gpu' is no device that torch.load knows. Say cpu, cuda:0"),
        (("--at", "nowhere"), "nothing at"),
        (("--at", "a//b"), "no place"),
        (("--recipe", "none.toml"), "cannot be read"),
        (("--rename-map", "none.json"), "cannot be read"),
        (("--max-shard-size", "much"), "no size"),
        (("--omit", "everything"), "no part"),
        (("--include", "zzz"), "No tensor is left"),
        (("--stamp",), "--wrap"),
        (("--format", "gguf"), "gguf"),
        (("--match", "none.pt"), "does not exist"),
        (("--wrap", "a", "--as-stored"), "either"),
        (("--ema",), "no averaged weights"),
        (("--unknown",), "--unknown"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(options, words, training, tmp_path, capsys) -> None:
    assert words in refused(capsys, training, tmp_path / "out.pt", *options)
    assert not (tmp_path / "out.pt").exists()


def test_a_name_that_promises_another_format(training, tmp_path, capsys) -> None:
    said = refused(capsys, training, tmp_path / "a.gguf")
    assert ".gguf files are not written here. Choose a name that ends with .pt" in said
    assert not (tmp_path / "a.gguf").exists()
    run(capsys, training, tmp_path / "a.gguf", "--format", "torch-zip")
    assert "1.weight" in torch.load(tmp_path / "a.gguf")


def test_a_map_of_names_is_never_written_over(training, tmp_path, capsys) -> None:
    names = tmp_path / "names.json"
    names.write_text('{"0.weight": "first"}', encoding="utf-8")
    said = refused(capsys, training, names, "--rename-map", str(names), "--force")
    assert "never written" in said
    assert names.read_text(encoding="utf-8").startswith("{")


def test_sources_that_cannot_be_read(tmp_path: Path, capsys: Capture) -> None:
    assert "does not exist" in refused(capsys, tmp_path / "none.pt", tmp_path / "out.pt")
    values = save_zip(tmp_path / "values.pt", {"epoch": 3})
    assert "no tensors" in refused(capsys, values, tmp_path / "out.pt")
