"""Small tensors together: the same numbers as each for itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.analysis.health.marks import Marker
from inspector.core.analysis.moments import summary
from inspector.core.analysis.side_by_side import side_by_side
from inspector.core.analysis.statistics import finish
from inspector.core.arrays import Block, blocks_of
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from inspector.core.sources import innermost
from tests.checkpoints import save_legacy, save_safetensors, save_zip

NEAR = 1e-13


def compare(path: Path) -> tuple[int, int]:
    """Return how many tensors there are, and how many were worked out together."""
    with open_checkpoint(str(path)) as checkpoint:
        blocks: list[Block] = []
        for _, tensor in tensors(checkpoint.root):
            assert tensor.storage is not None
            source, offset = innermost(*checkpoint.locate(tensor.storage))
            blocks += blocks_of(tensor, source, offset)
        together = side_by_side(blocks)
        for position, found in together.items():
            marker = Marker(blocks[position].dtype.name)
            alone = summary(blocks[position], marker.watch)
            assert found.partial[:7] == alone[:7]
            one, other = finish(found.partial), finish(alone)
            assert one.mean == pytest.approx(other.mean, rel=NEAR, abs=NEAR * (one.l2 or 0))
            assert one.std == pytest.approx(other.std, rel=NEAR)
            assert one.l2 == pytest.approx(other.l2, rel=NEAR)
            assert found.below_normal == marker.marks().below_normal
        return len(blocks), len(together)


@pytest.mark.parametrize(
    "save", [save_zip, save_legacy, save_safetensors], ids=lambda f: f.__name__
)
def test_many_sizes_in_a_file(save, tmp_path) -> None:
    torch.manual_seed(0)
    state = {f"w{n:03}": torch.randn(n % 90 + 1) * 10.0 ** (n % 30 - 15) for n in range(300)}
    state |= {f"x{n}": torch.randn(n).abs() * 1e-39 for n in (1, 2, 4095, 4096)}
    number, together = compare(save(tmp_path / "a.pt", state))
    assert number == 304
    assert together >= 280  # single numbers and the like are close to their mean


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision(dtype, tmp_path) -> None:
    state = {f"w{n}": (torch.randn(n) * 10.0 ** (n % 9 - 7)).to(dtype) for n in range(1, 90)}
    number, together = compare(save_zip(tmp_path / "a.pt", state))
    assert number == 89
    assert together >= 85


def test_a_network_of_batch_norms(tmp_path) -> None:
    layers = [torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8)) for _ in range(9)]
    state = torch.nn.Sequential(*layers).state_dict()
    for number, key in enumerate(key for key in state if key.endswith("tracked")):
        state[key] = torch.tensor(number * 10**17 - 3)
    number, together = compare(save_zip(tmp_path / "a.pt", state))
    assert number == together == 63


def test_what_is_odd_is_left_to_a_closer_look(tmp_path) -> None:
    state = {f"w{n}": torch.randn(10) for n in range(20)}
    state["w3"][2] = torch.nan
    state["w5"][2] = -torch.inf
    state["w7"] = torch.full((10,), 2.5)
    state["w9"] = torch.randn(10).double()
    state["w11"] = torch.randn(10, 10)[:, 3]
    with open_checkpoint(str(save_zip(tmp_path / "a.pt", state))) as checkpoint:
        blocks: list[Block] = []
        for _, tensor in tensors(checkpoint.root):
            assert tensor.storage is not None
            blocks += blocks_of(tensor, *innermost(*checkpoint.locate(tensor.storage)))
        odd = {3, 5, 9, 11}  # the others have neighbours enough, across these too
        assert side_by_side(blocks).keys() == set(range(20)) - odd


def test_a_file_that_ends_too_early_is_left_to_a_closer_look(tmp_path) -> None:
    path = save_zip(tmp_path / "a.pt", {f"w{n}": torch.randn(100) for n in range(20)})
    with open_checkpoint(str(path)) as checkpoint:
        blocks: list[Block] = []
        for _, tensor in tensors(checkpoint.root):
            assert tensor.storage is not None
            blocks += blocks_of(tensor, *innermost(*checkpoint.locate(tensor.storage)))
        gone = blocks[-1]._replace(start=path.stat().st_size - 8)
        assert side_by_side([*blocks[:-1], gone]).keys() == set(range(19))
        gone = gone._replace(start=blocks[-1].start, view=gone.view._replace(sizes=(4000,)))
        assert side_by_side([*blocks[:-1], gone]) == {}


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    rows=st.lists(
        st.lists(st.floats(width=32, allow_nan=True), min_size=1, max_size=6),
        min_size=4,
        max_size=9,
    )
)
def test_any_values(tmp_path, rows) -> None:
    state = {f"w{n}": torch.tensor(values, dtype=torch.float32) for n, values in enumerate(rows)}
    compare(save_zip(tmp_path / "a.pt", state))
