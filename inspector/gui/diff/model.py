"""Lines of a comparison: modules that open and close, and rows that change as more is known."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core import text
from inspector.core.analysis.comparison import Module, Row
from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.entries import Arrangement, Request
from inspector.gui.diff.lines import Face, LinesModel
from inspector.gui.diff.statuses import CHANGES, LOOKS, UNCHANGED, is_alarming
from inspector.gui.diff.strip import NO_MARK, Mark

_NOTHING = Arrangement(Request(), (), {}, {}, Module("", 0), (), frozenset())
_ROLES = {"statistic": "running statistic", "optimizer": "optimizer", "random": "random state"}


class DiffModel(LinesModel):
    """An adapter from an `Arrangement` to Qt; rows are looked up when they are painted."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__(COLUMNS)
        self.rows = rows
        """Of every number the latest; whoever owns it tells `rows_changed`."""
        self._plan = _NOTHING

    @property
    def plan(self) -> Arrangement:
        """What is shown."""
        return self._plan

    def cell(self, line: int) -> Row | Module:
        """Return what is known of a line."""
        entry = self.entry(line)
        return self.rows[entry.number] if entry.number >= 0 else self._plan.modules[entry.name]

    def row(self, line: int) -> Row | None:
        """Return the row in a line; None for a module."""
        entry = self.entry(line)
        return self.rows[entry.number] if entry.number >= 0 else None

    def face(self, line: int) -> Face:
        row = self.row(line)
        if row is None:
            cell = self.cell(line)
            odd = isinstance(cell, Module) and bool(cell.nan_born or cell.inf_born)
            return Face("folder", "container", alarming=odd)
        is_name = row.status == "renamed" and row.pair.b is not None
        aside = _ROLES.get(row.pair.role, "")
        if is_name and row.pair.b is not None:
            aside = "→ " + text.printable(".".join(map(str, row.pair.b.path)), 300)
        return Face(
            "tensor",
            "tensor" if row.pair.role == "weight" else "faint",
            LOOKS[row.status],
            row.sure,
            row.pair.role != "weight" or (row.status in UNCHANGED and row.sure),
            is_alarming(row),
            aside,
            is_name,
        )

    def explained(self, line: int, column: int) -> str:
        cell = self.cell(line)
        shown = self.text(line, column)
        if not isinstance(cell, Row):
            return shown
        if COLUMNS[column].id == "status":
            evidence = "" if cell.sure else "So sizes and checksums say; the bytes will tell."
            parts = (shown, LOOKS[cell.status].meaning, cell.note, cell.pair.evidence, evidence)
            return "\n".join(part for part in parts if part)
        return shown

    def is_nested(self) -> bool:
        return self._plan.request.in_modules

    def line_of(self, number: int) -> int:
        """Return the line of a row, opening what it is in; -1 if it is filtered out."""
        place = self._plan.places.get(number, -1)
        return -1 if place < 0 else self._line_of_place(place)

    def step(self, line: int, by: int) -> int:
        """Return the number of the next row that differs, open or not; -1 if there is none."""
        place = self._lines[line] if 0 <= line < len(self._lines) else (-1 if by > 0 else None)
        entries = self._plan.entries
        at = (len(entries) if place is None else place) + by
        while 0 <= at < len(entries):
            number = entries[at].number
            if number >= 0 and self.rows[number].status in CHANGES:
                return number
            at += by
        return -1

    def marks(self) -> list[Mark]:
        """Return what the strip shows of every line."""
        marks, entries, closed = self._plan.marks, self._plan.entries, self._closed
        return [
            marks[place] if entries[place].number >= 0 or entries[place].name in closed else NO_MARK
            for place in self._lines
        ]

    def show(self, plan: Arrangement) -> None:
        """Show other lines; modules stay as somebody opened or closed them."""
        anew = plan.request != self._plan.request
        self._plan = plan
        self.show_entries(plan.entries, plan.closed, searched=plan.request.narrows, anew=anew)

    def forget(self) -> None:
        """Show nothing any more."""
        super().forget()
        self._plan = _NOTHING

    def refresh(self, plan: Arrangement) -> None:
        """Take what has become known of the same lines."""
        self._plan = plan
        self._entries = plan.entries
        self.rows_changed()
