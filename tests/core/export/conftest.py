"""What tests of the export share: a network, and a checkpoint with everything in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.checkpoints import save_zip


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the list of unfinished exports away from the person's own."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Linear(4, 2)
    )


@pytest.fixture
def training(tmp_path: Path, network: torch.nn.Module) -> Path:
    """A training checkpoint of a wrapped network, with averaged weights and an optimizer."""
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.randn(2, 3, 3, 6).requires_grad_())[:, :, :, 0].sum().backward()
    optimizer.step()
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    return save_zip(
        tmp_path / "training.pt",
        {
            "epoch": 7,
            "config": {"lr": 0.1, "sizes": (1, 2), "name": "net"},
            "model": state,
            "model_ema": {key: value * 0.5 for key, value in state.items()},
            "optimizer": optimizer.state_dict(),
            "scheduler": {"last_epoch": 7, "_step_count": 8, "base_lrs": [0.1]},
        },
    )
