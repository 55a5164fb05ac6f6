"""A pickle that would run commands is said to, and nothing of it is run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from inspector.core.formats import open_checkpoint


class Evil:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.canary}",)


def test_commands_are_named(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    torch.save({"w": torch.ones(2), "x": Evil(canary)}, tmp_path / "a.pt")
    with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
        (finding,) = checkpoint.findings
    assert (finding.code, finding.severity) == ("dangerous-global", "error")
    assert f"{os.system.__module__}.system" in finding.message
    assert not canary.exists()


def test_usual_checkpoints_name_nothing_dangerous(tmp_path: Path) -> None:
    model = torch.nn.Linear(2, 2)
    value = {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.1)}
    torch.save(value, tmp_path / "a.pt")
    with open_checkpoint(str(tmp_path / "a.pt")) as checkpoint:
        assert checkpoint.findings == ()
