"""How wide the columns of a comparison's table are: as chosen, as far as the keys have room."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSettings
from PySide6.QtGui import QFontMetrics

from inspector.gui.diff.lines import Column
from inspector.gui.theme import tabular

_AIR = 22
_WIDEST = 2_000
_MOST_FOR_KEYS = 0.6  # of the room, however long keys are


class ColumnWidths:
    """The widths and columns that a person chose, kept for all tables of one name to come."""

    def __init__(
        self, columns: Sequence[Column[Any, Any]], least_key: int, settings: QSettings, name: str
    ) -> None:
        self._columns = columns
        self._least_key = least_key
        self._settings = settings
        self._name = f"diff/columns/{name}"
        self._usual = {n: pixels(column.width) for n, column in enumerate(columns) if column.width}
        found = _parsed(settings.value(self._name))
        kept = {n: found.get(columns[n].id) for n in self._usual}
        self.hidden = {n for n, width in kept.items() if width == 0}
        """The columns that the person does without."""
        chosen = {n: w for n, w in kept.items() if type(w) is int and 20 < w < _WIDEST}
        self._widths = self._usual | chosen

    def resize(self, column: int, width: int) -> None:
        """Take over how wide somebody made a column."""
        if column in self._widths and self._widths[column] != width:
            self._widths[column] = width
            self._keep()

    def choose(self, column: int, *, shown: bool) -> None:
        """Show a column or do without it."""
        (self.hidden.discard if shown else self.hidden.add)(column)
        self._keep()

    def reset(self) -> None:
        """Go back to what everybody begins with."""
        self._settings.remove(self._name)
        self.hidden.clear()
        self._widths = dict(self._usual)

    def shared_out(self, room: int, longest: int, by: int) -> dict[int, int]:
        """Return the width of each column in `room` pixels, 0 for one that is left out.

        Keys get what the `longest` takes, if the rest can do with less; the column `by` that
        sorts stays as wide as it is.
        """
        widths = {n: 0 if n in self.hidden else width for n, width in self._widths.items()}
        keys = max(self._least_key, min(longest, round(room * _MOST_FOR_KEYS)))
        spare = room - keys - sum(widths.values())
        columns = self._columns
        for _, number in sorted((c.sacrifice, n) for n, c in enumerate(columns) if c.sacrifice):
            if spare < 0 and number != by and widths[number]:
                least = min(widths[number], pixels(columns[number].narrow))
                spare += widths[number] - least
                widths[number] = least
        elastic = [n for n, column in enumerate(columns) if column.elastic and widths.get(n)]
        for number in elastic if spare > 0 else ():
            widths[number] += spare // (len(elastic) + 1)
        return widths

    def _keep(self) -> None:
        changed = {n: width for n, width in self._widths.items() if width != self._usual[n]}
        named = {
            self._columns[n].id: w for n, w in (changed | dict.fromkeys(self.hidden, 0)).items()
        }
        self._settings.setValue(self._name, json.dumps(named))


def pixels(characters: int) -> int:
    """Return how wide a column of so many characters is; none of none."""
    unit = QFontMetrics(tabular()).horizontalAdvance("0")
    return characters * unit + _AIR if characters else 0


def _parsed(value: object) -> Mapping[str, Any]:
    try:
        found = json.loads(str(value)) if value else {}
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}
