"""TorchScript archives as torch.jit writes them."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.formats import open_checkpoint
from inspector.core.model import Attribute
from tests.checkpoints import zip_archive
from tests.core.formats.archives import codes, equal, nodes, read_tensors, tiny

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class WithConstants(torch.nn.Module):  # type: ignore[misc]
    """Tracing turns the tensors in its code into constants."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)

    def forward(self, x):
        return self.linear(x) + torch.tensor([[1.5, 2.5]]) * torch.arange(2)


def state_of(module: Any) -> dict[tuple[str, ...], torch.Tensor]:
    return {
        ("data.pkl", *map(Attribute, key.split("."))): value
        for key, value in module.state_dict().items()
    }


@pytest.fixture
def scripted() -> Any:
    return torch.jit.script(tiny())


@pytest.fixture
def traced() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(WithConstants().eval(), torch.zeros(1, 3))


def test_parameters_and_buffers_have_their_values(tmp_path: Path, scripted: Any):
    torch.jit.save(scripted, tmp_path / "m.pt")
    with open_checkpoint(str(tmp_path / "m.pt")) as checkpoint:
        assert checkpoint.format == "torchscript"
        assert equal(read_tensors(checkpoint), state_of(scripted))
        assert not checkpoint.findings


def test_constants_are_a_tree_of_their_own(tmp_path: Path, traced: Any):
    torch.jit.save(traced, tmp_path / "m.pt")
    with open_checkpoint(str(tmp_path / "m.pt")) as checkpoint:
        found = dict(read_tensors(checkpoint))
        constants = [value.tolist() for path, value in found.items() if path[0] == "constants.pkl"]
        assert [[1.5, 2.5]] in constants
        assert torch.equal(
            found["data.pkl", Attribute("linear"), Attribute("weight")], traced.linear.weight
        )
        assert len(checkpoint.storages) == len(found)


def test_code_is_text_and_extra_files_are_shown(tmp_path: Path, scripted: Any):
    extra = {"notes.txt": "trained on\nmice", "config.json": '{"width": 4}', "raw": b"\0\1"}
    torch.jit.save(scripted, tmp_path / "m.pt", _extra_files=extra)
    with open_checkpoint(str(tmp_path / "m.pt")) as checkpoint:
        found = nodes(checkpoint)
        with zipfile.ZipFile(tmp_path / "m.pt") as archive:
            code = [name for name in archive.namelist() if name.endswith(".py")]
            for name in code:
                shown = found["code", name.removeprefix("m/code/")]
                assert shown.value == archive.read(name).decode()
        assert code
        assert found["extra", "notes.txt"].value == "trained on\nmice"
        assert found["extra", "config.json", "width"].value == 4
        assert found["extra", "raw"].kind == "cut"


def test_mobile_files_share_constants_with_their_bytecode(tmp_path: Path, traced: Any):
    traced._save_for_lite_interpreter(str(tmp_path / "m.ptl"))
    with open_checkpoint(str(tmp_path / "m.ptl")) as checkpoint:
        assert "mobile" in checkpoint.format_text
        found = dict(read_tensors(checkpoint))
        members = {path[0] for path in found}
        assert members == {"data.pkl", "constants.pkl", "bytecode.pkl"}
        assert len(checkpoint.storages) < len(found)


def test_a_damaged_constants_pickle_leaves_the_module_whole(tmp_path: Path, scripted: Any):
    torch.jit.save(scripted, tmp_path / "m.pt")
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    records["m/constants.pkl"] = b"\x80\x02("
    zip_archive(tmp_path / "broken.pt", records.items())
    with open_checkpoint(str(tmp_path / "broken.pt")) as checkpoint:
        assert codes(checkpoint) == {"unreadable-member"}
        assert checkpoint.findings[0].path == ("constants.pkl",)
        assert equal(read_tensors(checkpoint), state_of(scripted))
