"""Checkpoints of other people: what torch loads from an export is what it does itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export import DTypeRule, Recipe, candidates, export, make_plan
from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute
from tests.checkpoints import CORPUS
from tests.core.export.exports import loaded, same

if not CORPUS.exists():
    pytest.skip(f"no corpus at {CORPUS}", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")
_LARGEST = 40_000_000  # bytes


def rows() -> list[Any]:
    lines = (CORPUS / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [
        pytest.param(CORPUS / "files" / row["path"], id=row["path"])
        for row in found
        if row["container"] in ("torch-zip", "torch-legacy-magic", "safetensors")
        and row["n_tensors"]
        and (CORPUS / "files" / row["path"]).stat().st_size < _LARGEST
    ]


def by_torch(path: Path, checkpoint: Checkpoint, at: tuple[Any, ...]) -> dict[str, torch.Tensor]:
    """Return a state_dict as torch reads it; skips what it refuses without the file's classes."""
    if checkpoint.format == "safetensors":
        return load_file(path)
    try:
        value = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - whatever torch says of other people's files
        pytest.skip(f"torch refuses it: {str(error)[:80]}")
    for key in at:
        value = getattr(value, key) if isinstance(key, Attribute) else value[key]
    value = {"tensor": value} if isinstance(value, torch.Tensor) else value
    return {key: item for key, item in _flat(value, "") if isinstance(item, torch.Tensor)}


def _flat(value: Any, prefix: str) -> Any:
    items = enumerate(value) if isinstance(value, list | tuple) else value.items()
    for key, item in items:
        if isinstance(item, dict | list | tuple):
            yield from _flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


@pytest.mark.parametrize("path", rows())
def test_an_export_is_what_torch_makes_of_it(path: Path, tmp_path: Path) -> None:
    with open_checkpoint(str(path)) as checkpoint:
        places = candidates(checkpoint) or ((),)
        at = places[0]
        wanted = by_torch(path, checkpoint, at)
        for name, dtype in (("torch-zip", ""), ("torch-legacy", "bfloat16"), ("safetensors", "")):
            recipe = Recipe(at=at, format=name, dtypes=(DTypeRule(dtype),) if dtype else ())
            plan = make_plan(checkpoint, recipe)
            if not plan.possible:
                assert not wanted or name == "safetensors"
                continue
            target = tmp_path / name
            export(checkpoint, plan, str(target))
            found = (
                load_file(target) if name == "safetensors" else loaded(target, map_location="cpu")
            )
            tensors = {key: x for key, x in found.items() if isinstance(x, torch.Tensor)}
            left_out = {row.source for row in plan.dropped}
            missing = wanted.keys() - tensors.keys()
            assert len(missing) <= len(left_out), missing
            assert tensors.keys() <= wanted.keys()
            for key, value in tensors.items():
                one = wanted[key]
                one = one.to(torch.bfloat16) if dtype and one.is_floating_point() else one
                if value.layout != torch.strided or value.is_quantized:
                    assert value.shape == one.shape
                else:
                    assert same(value.detach(), one.detach()), key


def test_whole_modules_of_other_people_are_written_as_state_dicts(tmp_path: Path) -> None:
    done = 0
    for path in sorted((CORPUS / "files").rglob("*")):
        if not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        try:
            checkpoint = open_checkpoint(str(path))
        except InspectorError:
            continue
        with checkpoint:
            weights = checkpoint.recognition.weights
            if not weights or not weights[0].pickled_module or checkpoint.format == "torchscript":
                continue
            plan = make_plan(checkpoint, Recipe(at=weights[0].path))
            if not plan.possible:
                continue
            target = tmp_path / f"{done}.pt"
            export(checkpoint, plan, str(target))
        assert len(loaded(target, map_location="cpu")) == len(plan.rows)
        done += 1
    assert done


def test_scripted_modules_of_other_people_are_written_as_state_dicts(tmp_path: Path) -> None:
    done = 0
    for path in sorted((CORPUS / "files").rglob("*")):
        try:
            checkpoint = open_checkpoint(str(path))
        except (InspectorError, IsADirectoryError):
            continue
        with checkpoint:
            if checkpoint.format != "torchscript" or path.stat().st_size > _LARGEST:
                continue
            plan = make_plan(checkpoint, Recipe(at=("data.pkl",)))
            wanted = torch.jit.load(str(path), map_location="cpu").state_dict()
            assert [row.key for row in plan.rows] == list(wanted), path
            if not plan.possible:
                continue
            export(checkpoint, plan, str(tmp_path / f"{done}.pt"))
        found = loaded(tmp_path / f"{done}.pt", map_location="cpu")
        assert all(same(found[key], value.detach()) for key, value in wanted.items()), path
        done += 1
    assert done


def test_an_empty_module_beside_constants_says_where_the_weights_are() -> None:
    source = CORPUS / "files" / "gh_pytorch_ios-demo-app" / "vit4mnist.ptl"
    with open_checkpoint(str(source)) as checkpoint:
        assert candidates(checkpoint) == (("data.pkl",),)
        said = [finding.message for finding in make_plan(checkpoint, Recipe()).findings]
    assert any("data.pkl has no tensors" in one and "in constants.pkl" in one for one in said)
