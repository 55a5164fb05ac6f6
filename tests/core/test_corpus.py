"""Checkpoints of other people: the same tensors and numbers as torch or its oracle found in them.

`expected.jsonl` beside the files was made by torch; its README says how.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute, Tensor, json_key, tensors
from tests.checkpoints import CORPUS

if not CORPUS.exists():
    pytest.skip(f"no corpus at {CORPUS}", allow_module_level=True)

FORMATS = {
    "torch-zip": "torch-zip",
    "torch-legacy-magic": "torch-legacy",
    "safetensors": "safetensors",
    "pickle": "pickle",
}
# Steps that only say how an object was stored, not where a person finds it.
_STORED = {"_modules", "_parameters", "_buffers", "_args", "_items", "_state", "_map"}
_LARGEST = 4_000_000  # elements whose numbers are computed here


def rows() -> list[dict[str, Any]]:
    lines = (CORPUS / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def named(chosen: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(row, id=row["path"]) for row in chosen]


ROWS = rows()
READ = [row for row in ROWS if row["container"] in FORMATS and row["oracle"] and row["n_tensors"]]
OTHERS = [row for row in ROWS if row not in READ]


def normal(path: tuple[Any, ...] | list[Any]) -> tuple[str, ...]:
    if len(path) > 1 and path[-2] == "_args":  # an old Parameter is made from its tensor
        path = path[:-2]
    return tuple(str(json_key(key)) for key in path if json_key(key) not in _STORED)


def once(checkpoint: Checkpoint) -> Iterator[tuple[tuple[Any, ...], Tensor]]:
    """Yield tensors, each object once: the oracle does not list a Parameter at two places twice."""
    seen = set()
    for path, tensor in tensors(checkpoint.root):
        if tensor.parameter and id(tensor) in seen:
            continue
        seen.add(id(tensor))
        yield path, tensor


def by_path(checkpoint: Checkpoint) -> dict[tuple[str, ...], list[Tensor]]:
    found: dict[tuple[str, ...], list[Tensor]] = {}
    for path, tensor in tensors(checkpoint.root):
        found.setdefault(normal(path), []).append(tensor)
    return found


def as_torch(checkpoint: Checkpoint, tensor: Tensor) -> torch.Tensor:
    """Return the values of a tensor, made by torch from the bytes that `read` gives."""
    assert tensor.storage is not None
    data = bytearray(checkpoint.read(tensor.storage, 0, tensor.storage.nbytes))
    dtype = getattr(torch, tensor.dtype.name.removeprefix("q"))
    return torch.frombuffer(data, dtype=dtype).as_strided(
        tensor.shape, tensor.stride, tensor.offset
    )


def numbers(values: torch.Tensor) -> dict[str, float]:
    wide = values.abs().double() if values.is_complex() else values.double()
    finite = wide[torch.isfinite(wide)]
    return {"min": finite.min().item(), "max": finite.max().item(), "mean": finite.mean().item()}


@pytest.mark.parametrize("row", named(READ))
def test_tensors_are_those_expected(row: dict[str, Any]) -> None:
    with open_checkpoint(str(CORPUS / "files" / row["path"])) as checkpoint:
        assert checkpoint.format == FORMATS[row["container"]]
        assert len(list(once(checkpoint))) == row["n_tensors"]
        found = by_path(checkpoint)
        for expected in row["tensors"]:
            tensor = found[normal(expected["key"])].pop(0)
            names = ("shape", "dtype", "stride", "offset")
            look = [*tensor.shape], tensor.dtype.name, [*tensor.stride], tensor.offset
            got = dict(zip(names, look, strict=True))
            # Where torch gives no single stride (quantized per channel) the oracle has none.
            wanted = {name: expected[name] for name in names if name in expected}
            assert wanted.items() <= got.items(), expected["key"]
        assert not [finding for finding in checkpoint.findings if finding.severity == "error"]


@pytest.mark.parametrize("row", named([row for row in READ if row["locations"]]))
def test_devices_are_those_expected(row: dict[str, Any]) -> None:
    with open_checkpoint(str(CORPUS / "files" / row["path"])) as checkpoint:
        devices = {storage.device for storage in checkpoint.storages.values()}
    assert devices == {name for name in row["locations"] if name != "meta"}


@pytest.mark.parametrize("row", named(READ))
def test_values_are_those_expected(row: dict[str, Any]) -> None:
    with open_checkpoint(str(CORPUS / "files" / row["path"])) as checkpoint:
        found = by_path(checkpoint)
        for expected in row["tensors"][:12]:
            tensor = found[normal(expected["key"])].pop(0)
            whole = tensor.storage is not None and tensor.storage.nbytes
            if expected.get("mean") is None or not whole or tensor.elements > _LARGEST:
                continue
            got = numbers(as_torch(checkpoint, tensor))
            for name in ("min", "max", "mean"):
                assert math.isclose(got[name], expected[name], rel_tol=1e-6, abs_tol=1e-9), (
                    expected["key"],
                    name,
                )


def refusal(path: str) -> str:
    """Return the sentence that refuses a file; empty if it opens."""
    try:
        with open_checkpoint(path) as checkpoint:
            assert checkpoint.root.kind
    except InspectorError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("row", named(OTHERS))
def test_other_files_open_or_are_named(row: dict[str, Any]) -> None:
    path = str(CORPUS / "files" / row["path"])
    sentence = refusal(path)
    assert not sentence or sentence.startswith(path)
    assert len(sentence.splitlines()) <= 1


def test_attributes_are_no_keys() -> None:
    assert normal((Attribute("_modules"), "a", 0)) == ("a", "0")
