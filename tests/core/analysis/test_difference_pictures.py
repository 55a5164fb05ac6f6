"""Differences as cells and as points, against numpy over real files."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.analysis.difference_pictures import difference_picture_of, points_of
from inspector.core.analysis.pictures import Area
from inspector.core.analysis.planes import plane_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import ExecutorEngine
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from tests.checkpoints import save_zip


@pytest.fixture(scope="module")
def threads() -> Iterator[ExecutorEngine]:
    with ThreadPoolExecutor(2) as executor:
        yield ExecutorEngine(executor)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Any]:
    opened: list[Checkpoint] = []

    def save(a: torch.Tensor, b: torch.Tensor) -> Any:
        files = save_zip(tmp_path / "a.pt", {"x": a}), save_zip(tmp_path / "b.pt", {"x": b})
        opened[:] = [open_checkpoint(str(file)) for file in files]
        found = [next(iter(tensors(one.root)))[1] for one in opened]
        return tuple(opened), tuple(found)

    yield save
    for one in opened:
        one.close()


def picture(opened: Any, most: tuple[int, int], threads: Any, area: Any = None) -> Any:
    sides, (a, b) = opened
    planes = plane_of(a, (0, 1)), plane_of(b, (0, 1))
    return difference_picture_of(sides, planes, most, threads, area)


def points(opened: Any, number: int, threads: Any) -> Any:
    sides, both = opened
    return points_of(sides, both, number, threads)


def test_the_elements_of_a_small_plane(both, threads):
    a, b = torch.randn(7, 5), torch.randn(7, 5)
    found = picture(both(a, b), (100, 100), threads)
    assert np.array_equal(found.values, b.double().numpy() - a.double().numpy())


def test_other_dtypes_and_strides_are_the_same_elements(both, threads):
    a = torch.randn(64, 48)
    b = a.T.contiguous().T.to(torch.float16)
    assert b.stride() != a.stride()
    found = picture(both(a, b), (100, 100), threads)
    assert np.array_equal(found.values, b.double().numpy() - a.double().numpy())


def test_cells_keep_the_one_element_that_changed(both, threads):
    a = torch.zeros(900, 700)
    b = a.clone()
    b[123, 456] = -3.0
    found = picture(both(a, b), (30, 30), threads)
    assert found.cells.low.min() == -3.0
    assert np.count_nonzero(found.cells.low) == 1
    assert found.cells.high.max() == 0.0
    assert found.cells.elements.sum() == a.numel()


def test_what_is_not_finite_stands_out_unless_it_is_the_same(both, threads):
    nan, inf = float("nan"), float("inf")
    a = torch.tensor([[nan, nan, inf, 1.0, inf]])
    b = torch.tensor([[nan, 1.0, inf, nan, -inf]])
    values = picture(both(a, b), (10, 10), threads).values
    assert values[0, 0] == values[0, 2] == 0
    assert np.isnan(values[0, [1, 3, 4]]).all()


def test_whole_numbers_that_float64_cannot_tell_apart(both, threads):
    a = torch.tensor([[2**60, 5]])
    values = picture(both(a, a + torch.tensor([[1, 0]])), (10, 10), threads).values
    assert values.tolist() == [[1.0, 0.0]]


def test_an_area_is_a_part_of_the_plane(both, threads):
    a, b = torch.randn(400, 300), torch.randn(400, 300)
    found = picture(both(a, b), (50, 50), threads, Area(100, 200, 50, 50))
    top, left, rows, columns = found.area
    wanted = (b.double() - a.double()).numpy()[top : top + rows, left : left + columns]
    assert np.array_equal(found.values, wanted)


def test_points_are_pairs_of_the_same_elements(both, threads):
    a = torch.randn(50, 40, 3)
    b = a * 2
    found = points(both(a, b), 10**6, threads)
    assert found.looked_at == found.elements == found.a.size == a.numel()
    assert np.array_equal(found.b, 2 * found.a)


def test_of_many_elements_a_share_is_drawn_and_all_that_moved_far(both, threads):
    a = torch.randn(1000, 1000)
    b = a.clone()
    b[7, 7] = 100.0
    b[3, 3] = float("nan")
    found = points(both(a, b), 5000, threads)
    assert 4500 < found.a.size < 5500
    assert found.odd == 1
    assert found.far_b.tolist() == [100.0]
    again = points(both(a, b), 5000, threads)
    assert np.array_equal(found.a, again.a)


def test_a_scalar_has_one_point(both, threads):
    found = points(both(torch.tensor(1.0), torch.tensor(2.0)), 100, threads)
    assert found.a.tolist() == [1.0]
    assert found.far_b.tolist() == [2.0]
