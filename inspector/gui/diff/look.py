"""How a person looks at a comparison, in a form that a session can keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.statuses import EVERYTHING, FILTERS, LOOKS, Filter, only
from inspector.gui.tree.search import MODES, Mode


class DiffLook(NamedTuple):
    """What is shown, in which order, and where one is."""

    filter: Filter = EVERYTHING
    search: str = ""
    mode: Mode = "auto"
    grouped: bool = True
    column: int = -1
    """The column that sorts; -1 for the order of the first checkpoint."""
    descending: bool = False
    row: str = ""
    """The name of the current row."""


USUAL_LOOK = DiffLook()


def packed_look(look: DiffLook) -> dict[str, Any]:
    """Return a look as a JSON object: filters and columns by their names."""
    column = COLUMNS[look.column].id if look.column >= 0 else ""
    return look._asdict() | {"filter": look.filter.name, "column": column}


def unpacked_look(found: object) -> DiffLook:
    """Return the look that a JSON object is, as far as it is of our making."""
    if not isinstance(found, Mapping):
        return USUAL_LOOK
    filters = {one.name: one for one in (*map(only, LOOKS), *FILTERS)}
    columns = {column.id: number for number, column in enumerate(COLUMNS)}
    search, row = (one if isinstance(one, str) else "" for one in map(found.get, ("search", "row")))
    return DiffLook(
        filters.get(str(found.get("filter")), EVERYTHING),
        search,
        next((one.mode for one in MODES if one.mode == found.get("mode")), USUAL_LOOK.mode),
        found.get("grouped") is not False,
        columns.get(str(found.get("column")), -1),
        found.get("descending") is True,
        row,
    )
