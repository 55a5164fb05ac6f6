"""Sets of files with an index, as transformers reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from inspector.core.errors import InspectorError
from inspector.core.export import ExportError, Recipe
from tests.checkpoints import save_zip
from tests.core.export.exports import exported, loaded

STATE = {f"layer.{n}.weight": torch.full((100,), float(n)) for n in range(10)}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return save_zip(tmp_path / "a.pt", STATE | {"tied": STATE["layer.0.weight"]})


@pytest.mark.parametrize("name", ["safetensors", "torch-zip"])
def test_a_set_is_what_its_index_says(name: str, source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    exported(source, folder, Recipe(format=name, max_shard_size=1000))
    (index,) = folder.glob("*.index.json")
    stem, ending = ("model", "safetensors") if name == "safetensors" else ("pytorch_model", "bin")
    assert index.name == f"{stem}.{ending}.index.json"
    weights = json.loads(index.read_text())
    read = load_file if name == "safetensors" else loaded
    found: dict[str, torch.Tensor] = {}
    for file in sorted(set(weights["weight_map"].values())):
        assert file.startswith(f"{stem}-0")
        there = read(folder / file)
        assert {key for key, where in weights["weight_map"].items() if where == file} == set(there)
        assert sum(value.nbytes for value in there.values()) <= 1000 or "tied" in there
        found |= there
    assert all(torch.equal(found[key], value) for key, value in STATE.items())
    assert torch.equal(found["tied"], STATE["layer.0.weight"])
    count = len(set(weights["weight_map"].values()))
    assert len(list(folder.iterdir())) == count + 2
    assert weights["metadata"]["total_size"] == (4400 if name == "safetensors" else 4000)
    if name == "torch-zip":  # tied tensors are one in one file
        assert weights["weight_map"]["tied"] == weights["weight_map"]["layer.0.weight"]


def test_a_new_set_takes_the_place_of_the_old(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "net.safetensors"
    exported(source, target, Recipe(format="safetensors", max_shard_size=500))
    before = set(tmp_path.glob("net-*"))
    with pytest.raises(ExportError, match="exists already"):
        exported(source, target, Recipe(format="safetensors", max_shard_size=500))
    recipe = Recipe(format="safetensors", max_shard_size=2000)
    exported(source, target, recipe, overwrite=True)
    after = set(tmp_path.glob("net-*"))
    assert before.isdisjoint(after)
    index = json.loads((tmp_path / "net.safetensors.index.json").read_text())
    assert {path.name for path in after} == set(index["weight_map"].values())


def test_what_fits_into_one_file_is_one(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    exported(source, folder, Recipe(format="safetensors", max_shard_size=10**9))
    assert [path.name for path in folder.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(max_shard_size=100, wrap="state_dict"),
        Recipe(max_shard_size=100, format="numpy"),
        Recipe(max_shard_size=100, format="torch-legacy"),
    ],
)
def test_only_bare_state_dicts_are_cut(recipe: Recipe, source: Path, tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="cut into shards"):
        exported(source, tmp_path / "b.pt", recipe)
