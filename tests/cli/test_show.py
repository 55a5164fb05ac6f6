"""`inspector show`: the tree for people, and as the JSON that the contract describes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.cli.main import main
from inspector.cli.show import print_tree
from tests.checkpoints import save_pickle, save_safetensors, save_zip, torch_tensors

Capture = pytest.CaptureFixture[str]

TENSOR = {
    "path", "shape", "dtype", "device", "stride", "offset", "storage", "elements", "bytes",
    "layout", "requires_grad", "parameter",
}  # fmt: skip
DOCUMENT = {
    "schema", "source", "format", "kind", "facts", "totals", "devices", "dtypes", "tensors",
    "values", "findings",
}  # fmt: skip


def run(capsys: Capture, *arguments: str | Path) -> str:
    main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def shown(capsys: Capture, *arguments: str | Path) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(run(capsys, "show", "--json", *arguments), parse_constant=refuse)


def paths(document: Any) -> list[str]:
    return ["/".join(map(str, row["path"])) for row in document["tensors"]]


def test_the_document_has_the_keys_of_the_contract(training: Path, capsys: Capture) -> None:
    document = shown(capsys, training)
    assert set(document) >= DOCUMENT
    assert document["schema"] == 1
    assert document["source"] == {"uri": str(training), "size": training.stat().st_size}
    assert (document["format"], document["kind"]) == ("torch-zip", "training")
    assert document["facts"]["epoch"] == 7
    assert document["facts"]["learning_rate"] == 0.125
    assert all(set(row) >= TENSOR for row in document["tensors"])
    assert all({"path", "type", "value"} <= set(row) for row in document["values"])
    finding = {"code", "severity", "message", "path"}
    assert all(set(row) >= finding for row in document["findings"])


def test_the_numbers_are_those_of_torch(training: Path, capsys: Capture) -> None:
    document = shown(capsys, training)
    loaded = dict(torch_tensors(torch.load(training)))
    assert {tuple(row["path"]) for row in document["tensors"]} == set(loaded)
    for row in document["tensors"]:
        tensor = loaded[tuple(row["path"])]
        assert row["shape"] == list(tensor.shape)
        assert row["stride"] == list(tensor.stride())
        assert row["offset"] == tensor.storage_offset()
        assert f"torch.{row['dtype']}" == str(tensor.dtype)
        assert row["device"] == "cpu"
        assert row["elements"] == tensor.numel()
        assert row["bytes"] == tensor.nbytes
    totals = document["totals"]
    assert totals["tensors"] == len(loaded)
    assert totals["elements"] == sum(tensor.numel() for tensor in loaded.values())
    assert totals["bytes"] == sum(tensor.nbytes for tensor in loaded.values())
    assert totals["bytes"] == sum(row["bytes"] for row in document["dtypes"].values())
    assert totals["stored_bytes"] == sum(document["devices"].values())


def test_values_are_spelled_as_the_contract_says(training: Path, capsys: Capture) -> None:
    values = {tuple(row["path"]): row for row in shown(capsys, training)["values"]}
    assert values["epoch",]["value"] == 7
    assert values["best", "loss"]["value"] == "nan"
    assert values["best", "worst"]["value"] == "-inf"
    assert values["config", "layers", 1]["value"] == 4
    assert values["config", 5]["value"] is None
    assert values["config", "(1, 'a')"]["value"] is True


def test_odd_text_is_valid_json(tmp_path: Path, capsys: Capture) -> None:
    value = {"\ud800": "\udfff", "nul\0": b"\xff", "inf": float("inf"), "c": 1j, "big": 1 << 200}
    for path in (save_pickle(tmp_path / "a.pkl", value, 4), save_zip(tmp_path / "b.pt", value)):
        rows = {row["path"][0]: row for row in shown(capsys, path)["values"]}
        assert rows["\ud800"]["value"] == "\udfff"
        assert rows["inf"]["value"] == "inf"
        assert rows["nul\0"]["value"] is None
        assert rows["nul\0"]["text"] == "b'\\xff'"
        assert rows["c"]["text"] == "1j"
        assert rows["big"]["value"] == 1 << 200


def test_shared_objects_are_said_once(tmp_path: Path, capsys: Capture) -> None:
    part = {"weight": torch.ones(2)}
    document = shown(capsys, save_zip(tmp_path / "a.pt", {"model": part, "again": part}))
    assert paths(document) == ["model/weight"]
    (row,) = document["values"]
    assert row["path"] == ["again"]
    assert row["text"] == "same object as model"


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*", 13),
        ("0.weight", 1),  # the key inside the state_dict
        ("*.weight", 2),
        ("model/*", 7),  # the whole path
        ("model/0.weight", 1),
        ("optimizer/*/momentum_buffer", 4),
        ("[01].bias", 2),
        ("?.bias", 2),
        ("weight", 0),  # a glob matches from begin to end
        ("MODEL/*", 0),
        ("0.*", 2),
    ],
)
def test_include_matches_key_or_path(
    training: Path, capsys: Capture, glob: str, expected: int
) -> None:
    document = shown(capsys, training, "--include", glob)
    if glob == "*":
        expected = shown(capsys, training)["totals"]["tensors"]
    assert len(document["tensors"]) == document["totals"]["tensors"] == expected, paths(document)


def test_include_may_be_given_twice(training: Path, capsys: Capture) -> None:
    document = shown(capsys, training, "--include", "0.*", "--include", "epoch")
    assert paths(document) == ["model/0.weight", "model/0.bias"]
    assert [row["path"] for row in document["values"]] == [["epoch"]]


def test_the_tree_for_people(training: Path, capsys: Capture) -> None:
    words = run(capsys, "show", training)
    lines = words.splitlines()
    assert lines[0] == str(training)
    assert lines[1].startswith("Training checkpoint")
    for part in ("epoch 7", "SGD", "24 parameters", "cpu", "torch zip v3"):
        assert part in lines[1]
    row = next(line for line in lines if line.split()[:1] == ["0.weight"])
    assert row.split() == ["0.weight", "4", "×", "3", "float32", "48", "B", "cpu"]
    assert "\x1b" not in words


def test_the_tree_can_be_narrowed(training: Path, capsys: Capture) -> None:
    words = run(capsys, "show", training, "--include", "0.weight")
    assert "0.weight" in words
    assert "0.bias" not in words
    assert "optimizer" not in words.splitlines()[-1]
    assert "Nothing matches." in run(capsys, "show", training, "--include", "nothing*")


def test_names_cannot_act_on_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    key = "\x1b[2J\u202e\r\n\x9b31mkey"
    for path in (
        save_zip(tmp_path / "a.pt", {key: torch.ones(1), "text": key}),
        save_safetensors(tmp_path / "a.safetensors", {key: torch.ones(1)}, {key: key}),
    ):
        words = run(capsys, "show", path)
        assert not {"\x1b", "\u202e", "\r", "\x9b"} & set(words)
        assert "\\x1b[2J\\u202e\\r\\n\\x9b31mkey" in words


def test_findings_are_shown(tmp_path: Path, capsys: Capture) -> None:
    path = save_safetensors(tmp_path / "a.safetensors", {"a": torch.ones(4)})
    path.write_bytes(path.read_bytes()[:-4])
    assert "error: The file ends at byte" in run(capsys, "show", path)
    assert [row["code"] for row in shown(capsys, path)["findings"]] == ["truncated"]


def test_a_single_tensor_and_a_single_value(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "tensor.pt", torch.ones(2, 3))
    document = shown(capsys, path)
    assert document["kind"] == "tensor"
    assert paths(document) == [""]
    assert "2 × 3" in run(capsys, "show", path)
    path = save_zip(tmp_path / "value.pt", 42)
    assert shown(capsys, path)["values"] == [{"path": [], "type": "int", "value": 42}]
    assert "42" in run(capsys, "show", path)


def test_an_empty_dict(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "empty.pt", {})
    document = shown(capsys, path)
    assert (document["kind"], document["tensors"]) == ("other", [])
    assert document["totals"] == {"tensors": 0, "elements": 0, "bytes": 0, "stored_bytes": 0}
    run(capsys, "show", path)


def test_layers_are_shown_as_inferred(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = [torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU()) for _ in range(3)]
    model = torch.nn.Sequential(*blocks, torch.nn.Linear(4, 2))
    torch.save(model.state_dict(), tmp_path / "a.pt")
    print_tree(str(tmp_path / "a.pt"))
    printed = capsys.readouterr().out
    section = printed.split("Layers (inferred from names and shapes)\n")[1].split("\n\n")[0]
    assert [line.strip() for line in section.splitlines()] == [
        "[0-2]  × 3: 60 elements",
        "0: Linear 4 → 4, bias, 20 elements",
        "3: Linear 4 → 2, bias, 10 elements",
    ]


def test_a_long_list_of_numbers_takes_one_line(tmp_path: Path, capsys: Capture) -> None:
    value = {"rng": (3, tuple(range(625)), None), "few": [1, 2], "flags": [True] * 20}
    file = save_zip(tmp_path / "a.pt", {**value, "losses": [0.5] * 9 + [1]})
    lines = run(capsys, "show", file).splitlines()
    assert any("625 integers: 0, 1, 2, 3, …" in line for line in lines)
    assert any("10 numbers: 0.5, 0.5, 0.5, 0.5, …" in line for line in lines)
    assert sum(line.endswith(" int") for line in lines) == 3
    assert sum(" bool" in line for line in lines) == 20
    assert len(shown(capsys, file)["values"]) > 625, "JSON holds every one"
    assert "624" in run(capsys, "show", "--include", "rng/1/624", file)


def test_a_file_cut_off_before_its_first_value(tmp_path: Path, capsys: Capture) -> None:
    path = save_zip(tmp_path / "a.pt", {"a": torch.ones(5000), "b": torch.ones(5000)})
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    main(["show", str(path)])
    assert "structure is whole, but no values of 2 storages are there. " in capsys.readouterr().out
    path.write_bytes(whole[:30_000])
    main(["show", str(path)])
    assert "but the values of only 1 of 2 storages are there. " in capsys.readouterr().out
