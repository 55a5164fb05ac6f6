"""What is compiled says the same as numpy; what is not compiled is worked out by numpy."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.arrays import (
    bit_marks,
    counts,
    distance,
    fits_float16,
    kernels,
    same_bytes,
    tally,
)

SIZES = [1, 2, 7, 15, 16, 17, 63, 64, 65, 1000, 4095, 4096, 4097, 1 << 16, (1 << 18) + 3]


@pytest.fixture(autouse=True)
def _compiled(request: pytest.FixtureRequest) -> None:
    if "uncompiled" not in request.fixturenames and not kernels.LIBRARY.exists():
        pytest.skip("there was no C compiler when the package was installed")


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be on a machine that had no C compiler."""
    monkeypatch.setattr(kernels, "LIBRARY", kernels.LIBRARY.with_name("absent"))
    kernels._library.cache_clear()
    yield
    kernels._library.cache_clear()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("power", [-44, -38, -20, 0, 20, 37])
def test_a_tally_is_that_of_float64(size: int, power: int) -> None:
    values = some_values(size, power)
    wide = values.astype(np.float64)
    found = tally(values)
    assert found is not None
    assert abs(found.total - math.fsum(wide)) <= 1e-14 * math.fsum(np.abs(wide))
    assert found.squares == pytest.approx(math.fsum(wide * wide), rel=1e-13, abs=0)
    assert (found.low, found.high) == (values.min(), values.max())
    assert found.zero == np.count_nonzero(values == 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("power", [-44, -38, 0, 37])
def test_a_distance_is_that_of_float64(size: int, power: int) -> None:
    a, b = some_values(size, power), some_values(size, power - 3)[::-1].copy()
    b[::5] = a[::5]
    b[::7] = -a[::7]
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    apart = np.abs(wide_b - wide_a)
    found = distance(a, b, -1.0)
    assert found is not None
    assert found.total == pytest.approx(math.fsum(apart), rel=1e-13, abs=0)
    assert found.squares == pytest.approx(math.fsum(apart * apart), rel=1e-13, abs=0)
    assert found.a_squares == pytest.approx(math.fsum(wide_a * wide_a), rel=1e-13, abs=0)
    assert found.b_squares == pytest.approx(math.fsum(wide_b * wide_b), rel=1e-13, abs=0)
    norms = math.sqrt(found.a_squares * found.b_squares)
    assert abs(found.product - math.fsum(wide_a * wide_b)) <= 1e-13 * norms
    assert found.largest == apart.max()
    assert found.at == (apart.argmax() if found.largest else 0)
    assert found.a_peak == np.abs(a).max()
    assert found.changed == np.count_nonzero(a.view("u4") != b.view("u4"))
    opposite = ((a < 0) & (b > 0)) | ((a > 0) & (b < 0))
    assert found.flips == np.count_nonzero(opposite)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("power", [-44, -38, 0, 37])
def test_bits_are_looked_at_one_by_one(size: int, power: int) -> None:
    values = some_values(size, power)
    found = bit_marks(values)
    assert found is not None
    assert found.below_normal == np.count_nonzero(np.abs(values) < np.finfo(np.float32).tiny)
    assert found.used == np.bitwise_or.reduce(values.view("u4"))
    values[-1] = np.nan
    again = bit_marks(values)
    assert again is not None
    assert again.used >> 23 & 255 == 255


@given(
    st.lists(st.floats(width=16) | st.floats(width=32), min_size=1, max_size=50)
    | st.lists(st.floats(width=16), min_size=1, max_size=50)
)
def test_float16_holds_what_comes_back_the_same(values: list[float]) -> None:
    wide = np.array(values, np.float32)
    with np.errstate(over="ignore"):
        back = wide.astype(np.float16).astype(np.float32)
    assert fits_float16(wide) == bool(((back == wide) | np.isnan(wide)).all())


@pytest.mark.parametrize("sign", [1, -1])
def test_float16_holds_all_of_its_own_and_nothing_between(sign: int) -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    wide = every.astype(np.float32)
    assert fits_float16(wide) is True
    positive = np.sort(wide[np.isfinite(wide) & (wide >= 0)])
    between = np.nextafter(positive, np.float32(np.inf))
    assert not any(fits_float16(sign * between[n : n + 1]) for n in range(between.size))
    for place in (0, 4095, 4096, 60_000):
        wide[place] = sign * np.float32(0.1)
        assert fits_float16(wide) is False
        wide[place] = 1.0


def test_zero_has_a_sign_bit_and_no_sign() -> None:
    a = np.array([0.0, -0.0, 0.0, 1.0, -1.0, 0.0], np.float32)
    b = np.array([-0.0, 0.0, -1.0, -0.0, 0.0, 0.0], np.float32)
    found = distance(a, b, -1.0)
    assert found is not None
    assert (found.flips, found.changed, found.at) == (0, 5, 2)
    counted = tally(a)
    assert counted is not None
    assert counted.zero == 4


def test_the_place_is_looked_for_only_beyond_what_is_known() -> None:
    a = np.zeros(10_000, np.float32)
    b = a.copy()
    b[[3000, 9000]] = 2.0, 5.0
    found = distance(a, b, 5.0), distance(a, b, 4.9), distance(a, b, 0.0)
    assert [(one.largest, one.at) for one in found if one] == [(5.0, 0), (5.0, 9000), (5.0, 9000)]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 17, 4096, 4999])
def test_what_is_not_finite_shows_in_the_squares(odd: float, place: int) -> None:
    values, ones = np.ones(5000, np.float32), np.ones(5000, np.float32)
    values[place] = odd
    counted, ahead, behind = tally(values), distance(values, ones, -1.0), distance(ones, values, 0)
    assert counted is not None
    assert ahead is not None
    assert behind is not None
    assert not math.isfinite(counted.squares)
    assert not math.isfinite(ahead.squares)
    assert not math.isfinite(behind.squares)


def test_the_largest_float32_has_a_square() -> None:
    values = np.full(1 << 18, np.finfo(np.float32).max)
    counted, found = tally(values), distance(values, -values, 0.0)
    assert counted is not None
    assert found is not None
    assert math.isfinite(counted.squares)
    assert math.isfinite(found.squares)
    assert found.largest == 2 * float(np.finfo(np.float32).max)


def test_equal_values_add_up_without_drift() -> None:
    values = np.full(1 << 18, 0.1, np.float32)
    exact = float(np.float32(0.1))
    found = tally(values)
    assert found is not None
    assert found.total == pytest.approx(exact * values.size, rel=1e-13)
    assert found.squares == pytest.approx(exact * exact * values.size, rel=1e-13)


def test_values_may_lie_crooked_or_apart() -> None:
    room = bytearray(4001)
    crooked = np.frombuffer(memoryview(room)[1:], np.float32)
    crooked[:] = np.arange(1000)
    assert not crooked.flags.aligned
    assert tally(crooked) == (499_500.0, 332_833_500.0, 0.0, 999.0, 1)
    assert tally(np.arange(10, dtype=np.float32)[::3]) == (18.0, 126.0, 0.0, 9.0, 1)
    found = distance(np.arange(10, dtype=np.float32)[::3], np.zeros(4, np.float32), 0.0)
    assert found is not None
    assert (found.total, found.at) == (18.0, 3)


def test_no_values_amount_to_nothing() -> None:
    nothing = np.zeros(0, np.float32)
    assert tally(nothing) == (0.0, 0.0, math.inf, -math.inf, 0)
    assert bit_marks(nothing) == (0, 0)
    assert distance(nothing, nothing, -1.0) == (0.0,) * 7 + (0,) * 3


@given(st.lists(st.floats(width=32), min_size=1, max_size=200), st.integers(0, 2**32 - 1))
def test_any_values_are_told_as_numpy_tells_them(values: list[float], seed: int) -> None:
    a = np.array(values, np.float32)
    b = np.random.default_rng(seed).permutation(a)
    found, counted = distance(a, b, -1.0), tally(a)
    assert found is not None
    assert counted is not None
    finite = bool(np.isfinite(a).all())
    assert math.isfinite(counted.squares) == finite
    assert counted.zero == np.count_nonzero(a == 0)
    assert found.changed == np.count_nonzero(a.view("u4") != b.view("u4"))
    if finite:
        assert found.largest == np.abs(b.astype(np.float64) - a).max()
        assert (counted.low, counted.high) == (a.min(), a.max())


def test_threads_do_not_share_anything() -> None:
    work = [some_values(100_000, power) for power in range(8)]
    expected = [tally(values) for values in work]
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda own=values: found.extend(tally(own) for _ in range(20)))
        for values in work
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == sorted(map(str, expected * 20))


def test_without_a_compiler_there_is_nothing(uncompiled: None) -> None:
    values = np.ones(10, np.float32)
    assert tally(values) is None
    assert distance(values, values, 0.0) is None
    assert bit_marks(values) is None
    assert fits_float16(values) is None


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 100, 5000])
@pytest.mark.parametrize(("bits", "dtype"), [(4, "u1"), (8, "u1"), (16, "u2")])
def test_patterns_are_counted(size: int, bits: int, dtype: str) -> None:
    values = np.random.default_rng(size).integers(0, 1 << bits, size).astype(dtype)
    expected = np.bincount(values, minlength=1 << bits)
    for chunks in (
        [values],
        np.array_split(values, 3),
        [values[::-1]],
        [values[:0]] * 2 + [values],
    ):
        assert counts(chunks, bits).tolist() == expected.tolist()


def test_patterns_are_counted_without_a_compiler(uncompiled: None) -> None:
    values = np.arange(1000, dtype=np.uint16)
    assert counts([values, values], 16)[:1001].tolist() == [2] * 1000 + [0]


@pytest.mark.parametrize("fallback", [False, True])
def test_bytes_are_the_same_or_one_is_not(fallback: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if fallback:
        monkeypatch.setattr(kernels, "_memcmp", lambda: None)
    data = bytes(range(256)) * 5000
    for size in (0, 1, 7, 4096, len(data)):
        one, other = bytearray(data[:size]), memoryview(data)[:size]
        assert same_bytes(memoryview(one).toreadonly(), other)
        for place in {0, size // 2, size - 1} if size else ():
            one[place] ^= 128
            assert not same_bytes(memoryview(one), other)
            one[place] ^= 128


def some_values(size: int, power: int) -> np.ndarray:
    """Return values of both signs around a power of ten, zeros among them."""
    random = np.random.default_rng([size, power + 100])
    values = (random.standard_normal(size) * 10.0**power).astype(np.float32)
    values[random.random(size) < 0.1] = 0
    return values
