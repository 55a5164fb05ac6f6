"""TorchScript of PyTorch 1.0 to 1.2, by its specification: no torch of today writes or reads it."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.errors import Damaged
from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute, tensors
from tests.checkpoints import zip_archive
from tests.core.formats.archives import equal, nodes, read_tensors

WEIGHT = torch.arange(6.0).reshape(2, 3)
MODEL: dict[str, Any] = {
    "protoVersion": "2",
    "mainModule": {
        "torchscriptArena": {"key": "code/net.py"},
        "name": "net",
        "submodules": [
            {
                "name": "fc",
                "parameters": [
                    {"isBuffer": False, "tensorId": "0", "name": "weight"},
                    {"isBuffer": True, "tensorId": "1", "name": "row"},
                ],
            }
        ],
        "attributes": [{"type": "List[Tensor]", "name": "more", "id": "0"}],
    },
    "producerName": "pytorch",
    "tensors": [
        {
            "dims": ["2", "3"],
            "offset": "0",
            "strides": ["3", "1"],
            "requiresGrad": True,
            "dataType": "FLOAT",
            "data": {"key": "tensors/0"},
            "device": "cpu",
        },
        {
            "dims": ["3"],
            "offset": "3",
            "strides": ["1"],
            "dataType": "FLOAT",
            "data": {"key": "tensors/0"},
            "device": "cuda:0",
        },
    ],
}


def archive(path: Path, model: Any) -> Path:
    stream = b"\x80\x02](ctorch.jit._pickle\nbuild_tensor_from_id\nK\x01\x85RK\x07e."
    assert pickle.dumps([], 2)[:2] == stream[:2]
    records = {
        "version": b"1\n",
        "model.json": json.dumps(model).encode(),
        "attributes.pkl": stream,
        "code/net.py": b"op_version_set = 1\n",
        "tensors/0": bytes(WEIGHT.untyped_storage()),
    }
    return zip_archive(path, [(f"net/{name}", data) for name, data in records.items()])


def test_tensors_and_code(tmp_path: Path):
    with open_checkpoint(str(archive(tmp_path / "net.pt", MODEL))) as checkpoint:
        assert checkpoint.format == "torchscript"
        wanted = {
            ("model.json", Attribute("fc"), Attribute("weight")): WEIGHT,
            ("model.json", Attribute("fc"), Attribute("row")): WEIGHT[1],
            ("attributes.pkl", 0): WEIGHT[1],
        }
        assert equal(read_tensors(checkpoint), wanted)
        assert len(checkpoint.storages) == 1
        described = [tensor for _, tensor in tensors(checkpoint.root)]
        assert [tensor.parameter for tensor in described] == [True, False, False]
        assert nodes(checkpoint)["code", "net.py"].value == "op_version_set = 1\n"
        assert nodes(checkpoint)["attributes.pkl", 1].value == 7
        assert not checkpoint.findings


@pytest.mark.parametrize(
    "model",
    [
        [],
        {},
        {"mainModule": {"parameters": [{"name": "w", "tensorId": "3"}]}},
        {"mainModule": {"parameters": 5}},
        {"mainModule": {}, "tensors": [{"dims": ["-1"], "strides": ["1"], "data": {"key": "x"}}]},
        {"mainModule": {}, "tensors": [{"dims": ["9" * 5000], "strides": [1], "data": 3}]},
    ],
)
def test_hostile_models(tmp_path: Path, model: Any):
    with pytest.raises(Damaged):
        open_checkpoint(str(archive(tmp_path / "net.pt", model)))
