import numpy as np
import pytest

from inspector.core.analysis.cells import Cells, single
from inspector.gui.theme.colour_scales import LEVELS
from inspector.gui.widgets.heat_scale import Scale, Showing, drawn, levels, number, scale_of


def cells(*values: float) -> Cells:
    found = np.array([values])
    return single(found, np.ones(found.shape, bool))


def pair(low: float, high: float) -> Cells:
    """Return one cell of two values."""
    one, other = np.array([[low]]), np.array([[high]])
    return Cells(one, other, one + other, np.array([[2]]), None)


@pytest.mark.parametrize(
    ("showing", "value"), [("extreme", -3.0), ("mean", -0.5), ("low", -3.0), ("high", 2.0)]
)
def test_what_is_shown_of_a_cell(showing: Showing, value: float) -> None:
    assert drawn(pair(-3.0, 2.0), showing)[0, 0] == value


def test_zero_is_in_the_middle_where_there_are_negative_values() -> None:
    some = cells(-1.0, 0.0, 4.0)
    scale = scale_of(some, "extreme", "all")
    assert scale == Scale(-4.0, 4.0, diverging=True)
    assert levels(some, "extreme", scale).tolist() == [
        [round(0.375 * (LEVELS - 1)), LEVELS // 2, LEVELS - 1]
    ]
    assert scale_of(pair(-1.0, 5.0), "low", "all") == Scale(-5.0, 5.0, diverging=True)


def test_where_nothing_differs_all_is_in_the_middle() -> None:
    scale = Scale(-0.0, 0.0, diverging=True, differences=True)
    assert levels(cells(0.0, 0.0), "extreme", scale).tolist() == [[LEVELS // 2, LEVELS // 2]]


def test_other_values_rise_from_the_smallest() -> None:
    assert scale_of(cells(2.0, 3.0), "extreme", "all") == Scale(2.0, 3.0, diverging=False)
    assert scale_of(cells(2.0, 2.0), "extreme", "all") == Scale(0.0, 2.0, diverging=False)


def test_what_is_beyond_the_limits_has_the_colour_of_the_end() -> None:
    some = cells(*np.linspace(0, 1, 1000), 99.0)
    scale = scale_of(some, "extreme", "most")
    assert scale.cut == (True, True)
    assert scale.high < 1
    assert levels(some, "extreme", scale)[0, -1] == LEVELS - 1


@pytest.mark.parametrize(
    "values", [(0.0,), (np.nan, np.inf), (-1e308, 1e308), (5e-324, 0.0), (-5e-324,)]
)
def test_there_is_a_colour_for_everything(values: tuple[float, ...]) -> None:
    some = cells(*values)
    for showing in ("extreme", "mean", "low", "high"):
        for limits in ("all", "most"):
            found = levels(some, showing, scale_of(some, showing, limits))
            assert (found == LEVELS).tolist() == [[not np.isfinite(value) for value in values]]


def test_places_without_an_element_have_none() -> None:
    some = single(np.array([[1, 2]]), np.array([[True, False]]))
    scale = scale_of(some, "extreme", "all")
    assert scale == Scale(0.0, 1.0, diverging=False)
    assert levels(some, "extreme", scale).tolist() == [[LEVELS - 1, LEVELS + 1]]


def test_numbers_are_short() -> None:
    assert [number(value) for value in (0.0, -1.23456, 1e-9, float("nan"), -np.inf)] == [
        "0",
        "−1.235",
        "1e−09",
        "NaN",
        "−Inf",
    ]
