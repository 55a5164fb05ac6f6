"""Files that name what can run commands: the program offered loads an export instead."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.cli.main import main
from inspector.core.formats import open_checkpoint
from inspector.core.loading import loading_of
from tests.checkpoints import WRITERS, save_zip


class Trap:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


def code_for(file):
    with open_checkpoint(str(file)) as checkpoint:
        return loading_of(checkpoint).code


@pytest.mark.parametrize("writer", ["zip", "legacy"])
@pytest.mark.parametrize("nested", [False, True])
def test_the_command_and_the_program_load_the_weights_and_nothing_else(tmp_path, writer, nested):
    network, canary = torch.nn.Linear(3, 2), tmp_path / "ran"
    weights = network.state_dict()
    wrapped = {f"module.{key}": value for key, value in weights.items()}
    trap = Trap(canary)
    value = {"net": {"w": wrapped}, "x": trap} if nested else {**weights, "x": trap}
    code = code_for(WRITERS[writer](tmp_path / "it's a file.pt", value))
    assert "weights_only=False" not in code
    command = next(line for line in code.splitlines() if "inspector export" in line)
    main(shlex.split(command.strip("# "))[1:])
    model = torch.nn.Linear(3, 2)
    exec(compile(code, "loading code", "exec"), {"model": model})
    assert torch.equal(model.weight, network.weight)
    assert not canary.exists()


def test_tensors_without_a_state_dict(tmp_path):
    code = code_for(save_zip(tmp_path / "a.pt", [torch.ones(3), Trap(tmp_path / "ran")]))
    command = next(line for line in code.splitlines() if "inspector export" in line)
    main(shlex.split(command.strip("# "))[1:])
    scope: dict[str, Any] = {}
    exec(compile(code, "loading code", "exec"), scope)
    assert any(torch.equal(value, torch.ones(3)) for value in scope["checkpoint"].values())
    assert not (tmp_path / "ran").exists()


def test_without_tensors_there_is_no_program(tmp_path):
    code = code_for(save_zip(tmp_path / "a.pt", {"x": Trap(tmp_path / "ran")}))
    assert all(line.startswith("#") for line in code.splitlines())


def test_names_of_files_stay_in_their_comment(tmp_path):
    file = save_zip(tmp_path / "a\nraise SystemExit.pt", [torch.ones(1), Trap(tmp_path / "ran")])
    assert "\nraise" not in code_for(file)
