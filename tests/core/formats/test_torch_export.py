"""Programs of torch.export: the newest layout as torch writes it, the older two rebuilt from it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from tests.checkpoints import zip_archive
from tests.core.formats.archives import codes, equal, nodes, read_tensors, saved

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:No complete tensor found"),
]


class Model(torch.nn.Module):  # type: ignore[misc]
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.tied = self.linear.weight
        self.narrow = torch.nn.Parameter(torch.ones(4, 2, dtype=torch.bfloat16).t())
        self.register_buffer("count", torch.arange(4))
        self.register_buffer("hidden", torch.ones(2), persistent=False)

    def forward(self, x):
        return self.linear(x) + self.hidden + self.narrow.sum() + torch.tensor([1.0, 2.0])


@pytest.fixture(scope="module")
def program() -> Any:
    return torch.export.export(Model(), (torch.zeros(1, 3),))


def save(program: Any, path: Path) -> Path:
    torch.export.save(program, path, extra_files={"note.txt": "hello"})
    return path


def members(path: Path) -> dict[str, bytes]:
    """Return the records by their names without the root folder."""
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def test_tensors_have_their_names_and_values(tmp_path: Path, program: Any):
    path = save(program, tmp_path / "m.pt2")
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format == "torch-export"
        found = dict(read_tensors(checkpoint))
        weights = {path[2]: value for path, value in found.items() if path[0] == "weights"}
        assert equal(weights, dict(program.state_dict))
        constants = {path[2]: value for path, value in found.items() if path[0] == "constants"}
        assert equal(constants, dict(program.constants))
        samples = [value for path, value in found.items() if path[0] == "sample_inputs"]
        assert [value.shape for value in samples] == [(1, 3)]
        described = {path[2]: tensor for path, tensor in tensors(checkpoint.root)}
        assert described["narrow"].parameter
        assert not described["count"].parameter
        assert described["narrow"].stride == program.state_dict["narrow"].stride()
        assert described["tied"].storage == described["linear.weight"].storage
        assert not checkpoint.findings


def test_the_program_and_extra_files_are_shown(tmp_path: Path, program: Any):
    with open_checkpoint(str(save(program, tmp_path / "m.pt2"))) as checkpoint:
        found = nodes(checkpoint)
        assert found["extra", "note.txt"].value == "hello"
        targets = [
            node.value
            for path, node in found.items()
            if path[0:1] == ("models",) and "target" in path
        ]
        assert "torch.ops.aten.linear.default" in targets


def test_whole_torch_files_as_weights(tmp_path: Path, program: Any):
    """The layout around torch 2.7: `data/weights/model.pt` instead of one record per tensor."""
    records = members(save(program, tmp_path / "m.pt2"))
    kept = {name: data for name, data in records.items() if not name.startswith("data/")}
    kept["data/weights/model.pt"] = saved(tmp_path / "x", dict(program.state_dict))
    kept["data/constants/model.pt"] = saved(tmp_path / "x", dict(program.constants))
    path = zip_archive(tmp_path / "m", [(f"m/{name}", data) for name, data in kept.items()])
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format == "torch-export"
        found = {path[2]: value for path, value in read_tensors(checkpoint)}
        assert equal(found, {**program.state_dict, **program.constants})
        assert len(checkpoint.storages) == len({id(v) for v in found.values()}) - 1  # one is tied
        assert not checkpoint.findings


@pytest.mark.parametrize("ending", ["pt", "json"])
def test_the_layout_up_to_2_6(tmp_path: Path, program: Any, ending: str):
    """A plain zip without a root folder; before 2.2 torch files had the ending `.json`."""
    model = members(save(program, tmp_path / "m.pt2"))["models/model.json"]
    records = {
        "version": b"8.2",
        "serialized_exported_program.json": model,
        f"serialized_state_dict.{ending}": saved(tmp_path / "x", dict(program.state_dict)),
        f"serialized_constants.{ending}": saved(tmp_path / "x", dict(program.constants)),
        "serialized_example_inputs.pt": saved(tmp_path / "x", ((torch.zeros(1, 3),), {})),
        "extra_files/note.txt": b"hello",
    }
    path = zip_archive(tmp_path / "m", records.items())
    with open_checkpoint(str(path)) as checkpoint:
        assert checkpoint.format_text == "torch.export v8.2"
        found = dict(read_tensors(checkpoint))
        state = {(f"serialized_state_dict.{ending}", k): v for k, v in program.state_dict.items()}
        assert equal({path: v for path, v in found.items() if path in state}, state)
        assert nodes(checkpoint)["extra_files", "note.txt"].value == "hello"
        assert not checkpoint.findings


def test_tensor_subclasses_are_pickled(tmp_path: Path, program: Any):
    records = members(save(program, tmp_path / "m.pt2"))
    name = "data/weights/model_weights_config.json"
    config = json.loads(records[name])
    config["config"]["count"] |= {"use_pickle": True}
    where = config["config"]["count"]["path_name"]
    records[name] = json.dumps(config).encode()
    records[f"data/weights/{where}"] = saved(tmp_path / "x", torch.arange(4))
    path = zip_archive(tmp_path / "m", [(f"m/{name}", data) for name, data in records.items()])
    with open_checkpoint(str(path)) as checkpoint:
        found = {path[2]: value for path, value in read_tensors(checkpoint) if path[0] == "weights"}
        assert equal(found, dict(program.state_dict))


def test_what_does_not_fit_is_a_finding(tmp_path: Path, program: Any):
    records = members(save(program, tmp_path / "m.pt2"))
    name = "data/weights/model_weights_config.json"
    config = json.loads(records[name])["config"]
    del records[f"data/weights/{config['count']['path_name']}"]
    config["linear.bias"]["tensor_meta"]["sizes"] = [{"as_int": 1 << 40}]
    config["narrow"]["tensor_meta"]["sizes"] = [{"as_expr": {"expr_str": "s0"}}]
    records[name] = json.dumps({"config": config}).encode()
    records["data/constants/model_constants_config.json"] = b'{"config": []}'
    path = zip_archive(tmp_path / "m", [(f"m/{name}", data) for name, data in records.items()])
    with open_checkpoint(str(path)) as checkpoint:
        assert codes(checkpoint) == {
            "missing-storage",
            "out-of-bounds",
            "malformed-entry",
            "unreadable-member",
        }
