"""The Python that loads what torch.load does not: run, in a process of its own."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.package import PackageExporter

from inspector.core.formats import open_checkpoint
from inspector.core.loading import loading_of

joblib = pytest.importorskip("joblib")


class Model(torch.nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


def npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.arange(6))


def objects(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([1, "a"], dtype=object), allow_pickle=True)


def npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, x=np.ones(3))


def exported(path: Path) -> None:
    program = torch.export.export(Model(), (torch.ones(1, 2),))
    with path.open("wb") as file:
        torch.export.save(program, file)


def packaged(path: Path) -> None:
    with PackageExporter(str(path)) as exporter:
        exporter.save_pickle("weights", "all.pkl", {"a": torch.ones(2)})


def wrapped_twice(path: Path) -> None:
    torch.save(torch.ones(3), path)
    path.write_bytes(gzip.compress(bz2.compress(path.read_bytes())))


@pytest.mark.parametrize(
    "write",
    [npy, objects, npz, lambda path: joblib.dump({"w": np.ones(3)}, path), exported, packaged,
     wrapped_twice],
    ids=["npy", "npy of objects", "npz", "joblib", "export", "package", "bzip2 in gzip"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_the_program_runs(tmp_path: Path, write: Callable[[Path], object]) -> None:
    path = tmp_path / "file.pt2"
    write(path)
    with open_checkpoint(str(path)) as checkpoint:
        program = loading_of(checkpoint).code
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, f"{program}\n{done.stderr}"
