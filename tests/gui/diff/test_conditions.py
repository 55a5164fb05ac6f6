"""What is asked of columns is told from what is searched in keys."""

from __future__ import annotations

import pytest

from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.conditions import Condition, beginning_of, conditions_of
from inspector.gui.diff.entries import Request, arrange
from inspector.gui.tree.search import BadPattern
from tests.gui.diff.test_table import ROWS


@pytest.mark.parametrize(
    ("typed", "keys", "found"),
    [
        ("", "", ()),
        ("head weight", "head weight", ()),
        ("relative>", "", ()),
        ("head l2>=1e-3", "head", ((4, ">=", 0.001),)),
        ("Status:Added *.bias changed<50%", "*.bias", ((1, ":", "added"), (7, "<", 0.5))),
        ("other:thing", "other:thing", ()),
    ],
)
def test_what_is_typed(typed: str, keys: str, found: tuple[tuple[int, str, object], ...]) -> None:
    assert conditions_of(typed) == (keys, found)


@pytest.mark.parametrize("typed", ["max>much", "status>3", "cosine<5%%x"])
def test_what_means_nothing_is_said(typed: str) -> None:
    with pytest.raises(BadPattern):
        conditions_of(typed)


@pytest.mark.parametrize("number", range(len(COLUMNS)))
def test_every_column_can_be_asked(number: int) -> None:
    beginning = beginning_of(number)
    assert conditions_of(beginning) == ("", ())
    (condition,) = conditions_of(f"{beginning}1")[1]
    assert condition.column == number


def shown(*conditions: Condition) -> set[int]:
    return set(arrange(ROWS, Request(conditions=conditions)).places)


def test_rows_fulfil_every_condition() -> None:
    far = {row.number for row in ROWS if row.measures and (row.measures.rel_l2 or 0) > 0.2}
    nan = {row.number for row in ROWS if row.measures and row.measures.nan_born}
    assert shown(*conditions_of("l2>0.2")[1]) == far | nan
    added = {row.number for row in ROWS if row.status == "added"}
    assert added
    assert shown(*conditions_of("status:added")[1]) == added
    assert shown(*conditions_of("status:added l2>0.2")[1]) == set()
