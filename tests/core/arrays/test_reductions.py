"""Sums and extremes of float32 are those of float64 arithmetic, with the library and without."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from inspector.core.arrays import extremes, product, reductions, sums


@pytest.fixture(params=["library", "numpy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Take the numbers from NumKong, then from numpy, as where there is no build of the former."""
    reductions._library.cache_clear()
    if request.param == "numpy":
        monkeypatch.setitem(sys.modules, "numkong", None)
    else:
        pytest.importorskip("numkong")
    yield request.param
    reductions._library.cache_clear()


@pytest.mark.parametrize("size", [1, 2, 7, 15, 16, 17, 63, 64, 65, 1000, 1 << 16])
@pytest.mark.parametrize("power", [-38, -20, 0, 20, 37])
def test_sums_are_of_float64(way: str, size: int, power: int) -> None:
    random = np.random.default_rng(size)
    values = (random.standard_normal(size) * 10.0**power).astype(np.float32)
    wide = values.astype(np.float64)
    total, squares = sums(values)
    assert abs(total - math.fsum(wide.tolist())) <= 1e-14 * math.fsum(np.abs(wide).tolist())
    assert squares == pytest.approx(math.fsum((wide * wide).tolist()), rel=1e-13)
    turned = wide[::-1] * wide
    found = product(values, values[::-1])
    assert abs(found - math.fsum(turned.tolist())) <= 1e-14 * math.fsum(np.abs(turned).tolist())
    low, at_low, high, at_high = extremes(values)
    assert (low, high) == (values.min(), values.max())
    assert (values[at_low], values[at_high]) == (low, high)


def test_equal_values_add_up_without_drift(way: str) -> None:
    values = np.full(1 << 16, 0.1, np.float32)
    exact = float(np.float32(0.1))
    total, squares = sums(values)
    assert total == pytest.approx(exact * values.size, rel=1e-13)
    assert squares == pytest.approx(exact * exact * values.size, rel=1e-13)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 17, 99])
def test_what_is_not_finite_shows_in_the_squares(way: str, odd: float, place: int) -> None:
    values = np.ones(100, np.float32)
    values[place] = odd
    assert not math.isfinite(sums(values)[1])


def test_the_largest_float32_has_a_square(way: str) -> None:
    values = np.full(1 << 16, np.finfo(np.float32).max)
    assert math.isfinite(sums(values)[1])


def test_values_may_lie_crooked_or_apart(way: str) -> None:
    room = bytearray(4001)
    crooked = np.frombuffer(memoryview(room)[1:], np.float32)
    crooked[:] = np.arange(1000)
    assert not crooked.flags.aligned
    assert sums(crooked) == (499_500.0, 332_833_500.0)
    assert extremes(crooked) == (0.0, 0, 999.0, 999)
    assert sums(np.arange(10, dtype=np.float32)[::3]) == (18.0, 126.0)
    read_only = np.frombuffer(bytes(room)[1:], np.float32)
    assert extremes(read_only)[2] == 999.0
