"""The bundled checkpoints are what resources/README.md says they are."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

RESOURCES = Path(__file__).parents[2] / "resources"
SAMPLES = sorted((RESOURCES / "samples").glob("*.pt"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_sample_loads_with_the_documented_keys(path: Path) -> None:
    checkpoint: dict[str, Any] = torch.load(path, weights_only=True)
    text = (RESOURCES / "README.md").read_text()
    (keys,) = re.findall(r"training scripts usually write: (.*?)\. `head", text, re.DOTALL)
    assert list(checkpoint) == re.findall(r"`(\w+)`", keys)
    assert path.stem.endswith(f"epoch{checkpoint['epoch']}")
    state = checkpoint["model_state_dict"]
    assert state["head.weight"].data_ptr() == state["prototypes.weight"].data_ptr()
    assert state["features.1.num_batches_tracked"].dtype == torch.int64
    assert checkpoint["optimizer_state_dict"]["state"][0].keys() == {
        "step",
        "exp_avg",
        "exp_avg_sq",
    }


def test_samples_are_two_moments_of_one_run() -> None:
    late, early = (torch.load(path, weights_only=True) for path in SAMPLES)
    assert early["epoch"] < late["epoch"]
    assert early["history"] == late["history"][: early["epoch"]]
    assert late["loss"] < early["loss"]


def test_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES) < 500_000


def test_every_resource_has_its_origin_written_down() -> None:
    text = (RESOURCES / "README.md").read_text()
    for path in RESOURCES.rglob("*"):
        name = path.relative_to(RESOURCES).as_posix()
        if path.is_file() and path.name != "README.md" and "__pycache__" not in name:
            alike = f"{name.removesuffix(path.name)}*{path.suffix}"
            assert f"`{name}`" in text or f"`{alike}`" in text, name
