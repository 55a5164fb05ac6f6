"""safetensors files: the same as its library says, and every violation of its rules is named."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from inspector.core.errors import Damaged, InspectorError, SourceError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute, tensors
from tests.checkpoints import safetensors_bytes, save_safetensors, storage_bytes

ROW = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def write(path: Path, header: Any, data: bytes = bytes(8)) -> str:
    written = header if isinstance(header, str) else json.dumps(header)
    path.write_bytes(safetensors_bytes(written, data))
    return str(path)


def codes(uri: str) -> list[str]:
    with open_checkpoint(uri) as checkpoint:
        return [finding.code for finding in checkpoint.findings]


def every_dtype() -> dict[str, torch.Tensor]:
    names = """float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 float8_e4m3fnuz
        float8_e5m2fnuz float8_e8m0fnu int64 int32 int16 int8 uint64 uint32 uint16 uint8
        complex64"""
    made = {}
    for name in names.split():
        dtype = getattr(torch, name)
        made[name] = torch.arange(6 * dtype.itemsize, dtype=torch.uint8).view(dtype).reshape(3, 2)
    return made | {"bool": torch.tensor([True, False])}


def test_tensors_are_those_of_its_library(tmp_path: Path) -> None:
    shapes = {"empty": torch.empty(0, 3), "scalar": torch.tensor(1.5)}
    value = every_dtype() | shapes | {"odd\n\u202e key.0": torch.ones(2, 3)}
    path = save_safetensors(tmp_path / "file.safetensors", value, {"format": "pt", "n": "1"})
    with open_checkpoint(str(path)) as checkpoint, safe_open(path, "pt") as theirs:
        assert checkpoint.format == "safetensors"
        ours = {where[-1]: tensor for where, tensor in tensors(checkpoint.root)}
        assert ours.keys() == set(theirs.keys())
        for name, tensor in ours.items():
            other = theirs.get_tensor(name)
            assert tensor.shape == tuple(other.shape)
            assert f"torch.{tensor.dtype.name}" == str(other.dtype)
            assert tensor.stride == other.stride()
            assert tensor.storage is not None
            read = checkpoint.read(tensor.storage, 0, tensor.storage.nbytes)
            assert read == storage_bytes(other)[: len(read)]
        metadata = checkpoint.root.children[-1]
        assert metadata.key == Attribute("__metadata__")
        assert {node.key: node.value for node in metadata.children} == theirs.metadata()
        assert checkpoint.findings == ()
        assert checkpoint.recognition.kind == "state_dict"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ('{"a":%s,"a":%s}' % (json.dumps(ROW), json.dumps(ROW)), "duplicate-key"),  # noqa: UP031
        ({"a": ROW, "b": ROW}, "overlap"),
        ({"a": ROW | {"shape": [1], "data_offsets": [4, 8]}}, "hole"),
        ({"a": ROW | {"shape": [1], "data_offsets": [0, 4]}}, "trailing-bytes"),
        ({"a": ROW | {"shape": [10], "data_offsets": [0, 40]}}, "truncated"),
        ({"a": ROW | {"shape": [3]}}, "storage-size"),
        ({"a": ROW | {"shape": [1 << 60, 1 << 60]}}, "storage-size"),
        ({"a": ROW | {"shape": [1] * 65}}, "malformed-entry"),
        ({"a": ROW | {"shape": [1 << 62]}}, "malformed-entry"),
        ({"a": ROW | {"data_offsets": [8, 0]}}, "malformed-entry"),
        ({"a": ROW | {"data_offsets": [-8, 0]}}, "malformed-entry"),
        ({"a": ROW | {"data_offsets": [0]}}, "malformed-entry"),
        ({"a": ROW | {"data_offsets": None}}, "malformed-entry"),
        ({"a": ROW | {"shape": [-2]}}, "malformed-entry"),
        ({"a": ROW | {"shape": [2.0]}}, "malformed-entry"),
        ({"a": ROW | {"shape": [True]}}, "malformed-entry"),
        ({"a": ROW | {"shape": 2}}, "malformed-entry"),
        ({"a": ROW | {"dtype": 7}}, "malformed-entry"),
        ({"a": {"dtype": "F32"}}, "malformed-entry"),
        ({"a": []}, "malformed-entry"),
    ],
)
def test_violations_are_named_and_the_rest_is_shown(tmp_path: Path, header: Any, code: str) -> None:
    assert code in codes(write(tmp_path / "file.safetensors", header))


def test_an_unknown_dtype_keeps_its_name(tmp_path: Path) -> None:
    uri = write(tmp_path / "file.safetensors", {"a": ROW | {"dtype": "Q7", "shape": [8]}})
    with open_checkpoint(uri) as checkpoint:
        _, tensor = next(tensors(checkpoint.root))
        assert (tensor.dtype.name, tensor.dtype.kind) == ("Q7", "unknown")


@pytest.mark.parametrize(
    "header", ["{ ", "{} {}", '{"a":', '{"a":' + "[" * 5000 + "]" * 5000 + "}", '{"\x00"}']
)
def test_headers_that_are_no_json(tmp_path: Path, header: str) -> None:
    with pytest.raises(Damaged, match="header is not valid JSON"):
        open_checkpoint(write(tmp_path / "file.safetensors", header))


def test_a_header_longer_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(safetensors_bytes("{}", b"", 1000))
    with pytest.raises(SourceError, match="ends in the middle of the header"):
        open_checkpoint(str(path))


@pytest.mark.parametrize("length", [100_000_001, 1 << 63, 0, 1])
def test_other_lengths_are_no_safetensors(tmp_path: Path, length: int) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(safetensors_bytes("{}", b"", length))
    with pytest.raises(InspectorError, match="no checkpoint that this program knows"):
        open_checkpoint(str(path))


def test_a_cut_off_file_keeps_its_tree(tmp_path: Path) -> None:
    value = {"a": torch.ones(4), "b": torch.ones(4)}
    path = save_safetensors(tmp_path / "file.safetensors", value)
    path.write_bytes(path.read_bytes()[:-4])
    with open_checkpoint(str(path)) as checkpoint:
        assert [where for where, _ in tensors(checkpoint.root)] == [("a",), ("b",)]
        assert "truncated" in [finding.code for finding in checkpoint.findings]
        whole, cut = checkpoint.storages["a"], checkpoint.storages["b"]
        assert checkpoint.read(whole, 0, 16) == storage_bytes(value["a"])
        with pytest.raises(SourceError):
            checkpoint.read(cut, 0, 16)


def test_metadata_that_is_no_object(tmp_path: Path) -> None:
    uri = write(tmp_path / "file.safetensors", {"__metadata__": 5, "a": ROW})
    with open_checkpoint(uri) as checkpoint:
        assert [finding.code for finding in checkpoint.findings] == ["malformed-entry"]
        assert len(list(tensors(checkpoint.root))) == 1
