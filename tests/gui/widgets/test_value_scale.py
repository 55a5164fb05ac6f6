"""Values find their place on a scale and come back, however large or small they are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.gui.widgets.value_scale import ValueScale

ENDS = [(-1.0, 1.0), (0.0, 1e-30), (-1e30, 1e30), (-1.7e308, 1.7e308), (99.5, 100.5), (-0.5, 1.5)]


@pytest.mark.parametrize(("low", "high"), ENDS)
@pytest.mark.parametrize("bend", [0.0, 1e-12, 1e-3, 1.0])
@given(share=st.floats(0, 1))
def test_there_and_back(low, high, bend, share):
    scale = ValueScale(low, high, bend * max(abs(low), abs(high)))
    assert (scale.position(low), scale.position(high)) == pytest.approx((0, 1))
    assert (scale.value(0), scale.value(1)) == (low, high)
    value = scale.value(share)
    assert math.isfinite(value)
    assert scale.position(value) == pytest.approx(share, abs=1e-9)


def test_the_smallest_range_that_there_is_has_two_ends():
    scale = ValueScale(0.0, 5e-324)
    assert (scale.position(0.0), scale.position(5e-324)) == (0, 1)


@pytest.mark.parametrize("knee", [0.0, 1e-9])
def test_the_order_stays(knee):
    scale = ValueScale(-5.0, 100.0, knee)
    values = [-5.0, -1.0, -1e-12, 0.0, 1e-12, 1e-3, 7.0, 100.0]
    places = [scale.position(value) for value in values]
    assert places == sorted(places)


@pytest.mark.parametrize(("low", "high"), ENDS)
@pytest.mark.parametrize("bend", [0.0, 1e-12, 1e-3])
@pytest.mark.parametrize("sight", [(0.0, 1.0), (0.4, 0.6), (0.5, 0.5 + 1e-6)])
def test_marks_are_in_sight_and_told_apart(low, high, bend, sight):
    scale = ValueScale(low, high, bend * max(abs(low), abs(high)))
    marks = scale.ticks(sight[0], sight[1], 6)
    slack = 1e-6 * (sight[1] - sight[0])
    assert all(sight[0] - slack <= at <= sight[1] + slack for at, _ in marks)
    assert len({words for _, words in marks}) == len(marks) <= 12


def test_powers_of_ten_on_both_sides_of_zero():
    words = [mark for _, mark in sorted(ValueScale(-200.0, 200.0, 0.1).ticks(0, 1, 12))]
    assert words == ["−100", "−10", "−1", "0", "1", "10", "100"]


def test_between_whole_numbers_there_are_no_marks():
    scale = ValueScale(-0.5, 1.5, whole=True)
    assert [words for _, words in scale.ticks(0, 1, 9)] == ["0", "1"]
