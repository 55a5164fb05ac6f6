"""What tests of the command line share."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.checkpoints import save_zip


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """Collect garbage again: `inspector show` stops that, as its process ends soon."""
    yield
    gc.enable()


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """A training checkpoint with everything that people keep in one."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.125, momentum=0.9)
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    value = {
        "epoch": 7,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "best": {"loss": float("nan"), "worst": float("-inf")},
        "config": {"name": "net", "layers": [3, 4], 5: None, (1, "a"): True},
    }
    return save_zip(tmp_path / "training.pt", value)
