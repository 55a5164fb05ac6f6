"""Where there was no C compiler, numpy says the same of the same values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from inspector.core.analysis.comparison import compare, match
from inspector.core.analysis.statistics import Statistics, scan
from inspector.core.arrays import kernels
from inspector.core.engine import ExecutorEngine
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    torch.manual_seed(0)
    weight = torch.randn(700, 900)
    odd = torch.randn(300_000)
    odd[[5, 70_000, 299_999]] = torch.tensor([float("nan"), float("inf"), 0.0])
    one = {
        "weight": weight,
        "half": weight.half(),
        "brain": weight.bfloat16(),
        "odd": odd,
        "near": 1000 + weight * 1e-4,
        "small": torch.randn(3),
    }
    other = {
        "weight": weight + torch.randn(700, 900) * 1e-3 * (torch.rand(700, 900) > 0.3),
        "half": (weight * 1.01).half(),
        "brain": weight.bfloat16(),
        "odd": odd.roll(1),
        "near": 1000 + weight * 2e-4,
        "small": torch.zeros(3),
    }
    paths = tmp_path / "a.pt", tmp_path / "b.pt"
    for path, state in zip(paths, (one, other), strict=True):
        torch.save(state, path)
    return paths


def test_statistics_and_distances_are_the_same(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = numbers_of(pair)
    monkeypatch.setattr(kernels, "LIBRARY", Path("absent"))
    kernels._library.cache_clear()
    try:
        assert kernels.tally(np.ones(1, np.float32)) is None
        plain = numbers_of(pair)
    finally:
        kernels._library.cache_clear()
    assert plain.keys() == compiled.keys()
    for key, number in compiled.items():
        if isinstance(number, float):
            assert plain[key] == pytest.approx(number, rel=1e-10, abs=1e-300), key
        else:
            assert plain[key] == number, key


def numbers_of(pair: tuple[Path, Path]) -> dict[str, object]:
    """Return every number that is told of both files, by a name of its own."""
    told: dict[str, object] = {}
    with (
        ThreadPoolExecutor(1) as executor,
        open_checkpoint(str(pair[0])) as a,
        open_checkpoint(str(pair[1])) as b,
    ):
        engine = ExecutorEngine(executor)
        for checkpoint, side in ((a, "a"), (b, "b")):
            for number, found in scan(
                checkpoint, enumerate(tensor for _, tensor in tensors(checkpoint.root)), engine
            ):
                assert isinstance(found, Statistics)
                told |= {f"{side} {number} {name}": one for name, one in found._asdict().items()}
        for row in compare(a, b, match(a, b), engine):
            if row.sure and row.measures is not None:
                measures = row.measures._asdict()
                told |= {f"{row.number} {name}": one for name, one in measures.items()}
                told[f"{row.number} status"] = row.status
    return told
