"""What is asked of columns in the search box: `relative>0.01 dtype:bfloat16`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from inspector.core.analysis.comparison import Row
from inspector.gui.diff.columns import COLUMNS, column_number
from inspector.gui.tree.search import BadPattern

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
# What a person types for a column: its id, or a word of its heading.
_NAMES = {column.id: number for number, column in enumerate(COLUMNS)} | {
    "max": column_number("largest"),
    "l2": column_number("relative"),
}
_CONDITION = re.compile(rf"({'|'.join(_NAMES)})(:|[<>]=?)(\S*)", re.IGNORECASE)


class Condition(NamedTuple):
    """What a column has to say of a row for the row to be shown."""

    column: int
    sign: str
    """`:` for a part of the text, or how the number is held against another."""
    wanted: str | float

    def passes(self, row: Row) -> bool:
        """Return whether a row fulfils it; one without a number does not."""
        column = COLUMNS[self.column]
        if isinstance(self.wanted, str):
            return self.wanted in column.of_row(row).casefold()
        value = column.order(row)
        return value is not None and _SIGNS[self.sign](value, self.wanted)


def conditions_of(typed: str) -> tuple[str, tuple[Condition, ...]]:
    """Return what is typed for keys, and the conditions that stand before or behind it."""
    rest = []
    found = []
    for word in typed.split(" "):
        match = _CONDITION.fullmatch(word)
        if match is None:
            rest.append(word)
        elif match[3]:
            found.append(_condition(*match.groups()))
    return " ".join(rest).strip(), tuple(found)


def beginning_of(column: int) -> str:
    """Return what to type first to ask something of a column."""
    name = next(reversed([name for name, number in _NAMES.items() if number == column]))
    return f"{name}>" if COLUMNS[column].numeric and name != "shape" else f"{name}:"


def _condition(name: str, sign: str, wanted: str) -> Condition:
    column = _NAMES[name.casefold()]
    if sign == ":":
        return Condition(column, sign, wanted.casefold())
    if not COLUMNS[column].numeric:
        raise BadPattern(f"{COLUMNS[column].title} is no number: write {name}:{wanted}")
    try:
        share = 100.0 if wanted.endswith("%") else 1.0
        return Condition(column, sign, float(wanted.rstrip("%")) / share)
    except ValueError:
        raise BadPattern(f"A number has to follow {name}{sign}, such as 0.01 or 1e-6.") from None
