"""Lines of a comparison for Qt: modules that open and close, and rows that change as more is known.

As in the tree of a checkpoint, lines are flat: a table asks only for those on screen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from inspector.core.analysis.comparison import Module, Row
from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.entries import Arrangement, Entry, Request
from inspector.gui.diff.statuses import CHANGES, LOOKS
from inspector.gui.diff.strip import NO_MARK, Mark
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_NOTHING = Arrangement(Request(), (), {}, {}, Module("", 0), (), frozenset())


class DiffModel(QAbstractTableModel):
    """An adapter from an `Arrangement` to Qt; rows are looked up when they are painted."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self.rows = rows
        """Of every number the latest; whoever owns it tells `rows_changed`."""
        self._plan = _NOTHING
        self._lines: list[int] = []  # places of entries, from top to bottom
        # By whether not everything is shown: what is found is in open modules.
        self._sets: dict[bool, set[str]] = {False: set(), True: set()}
        self._touched = False  # nobody has opened or closed anything yet

    # What Qt asks.

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self._explained(index.row(), index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[index.column()].title}: {self.text(index.row(), index.column())}"
        return _alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(COLUMNS[section].help)
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    # What the view asks.

    @property
    def plan(self) -> Arrangement:
        """What is shown."""
        return self._plan

    def entry(self, line: int) -> Entry:
        """Return what stands in a line."""
        return self._plan.entries[self._lines[line]]

    def cell(self, line: int) -> Row | Module:
        """Return what is known of a line."""
        entry = self.entry(line)
        return self.rows[entry.number] if entry.number >= 0 else self._plan.modules[entry.name]

    def row(self, line: int) -> Row | None:
        """Return the row in a line; None for a module."""
        entry = self.entry(line)
        return self.rows[entry.number] if entry.number >= 0 else None

    def text(self, line: int, column: int) -> str:
        """Return what stands in a cell."""
        cell = self.cell(line)
        wanted = COLUMNS[column]
        return wanted.of_module(cell) if isinstance(cell, Module) else wanted.of_row(cell)

    def is_open(self, line: int) -> bool:
        """Return whether what is inside a module is shown."""
        return self.entry(line).name not in self._closed

    def parent_of(self, line: int) -> int:
        """Return the line of the module that a line is in, or -1."""
        depth = self.entry(line).depth
        while line > 0:
            line -= 1
            if self.entry(line).depth < depth:
                return line
        return -1

    def line_of(self, number: int) -> int:
        """Return the line of a row, opening what it is in; -1 if it is filtered out."""
        place = self._plan.places.get(number, -1)
        if place < 0:
            return -1
        for around in self._around(place):
            self.open(self._line_at(around))
        return self._line_at(place)

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

    # What changes.

    def show(self, plan: Arrangement) -> None:
        """Show other lines; modules stay as somebody opened or closed them."""
        if not self._touched and not plan.request.narrows:
            self._sets[False] = set(plan.closed)
        elif plan.request != self._plan.request:
            self._sets[True] = set()
        self.beginResetModel()
        self._plan = plan
        self._lines = self._visible(0, len(plan.entries))
        self.endResetModel()

    def forget(self) -> None:
        """Show nothing any more."""
        self.beginResetModel()
        self._plan, self._lines = _NOTHING, []
        self.endResetModel()

    def refresh(self, plan: Arrangement) -> None:
        """Take what has become known of the same lines."""
        self._plan = plan
        self.rows_changed()

    def rows_changed(self) -> None:
        """Tell the view to paint what is on screen once more."""
        if self._lines:
            last = self.index(len(self._lines) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def open(self, line: int) -> None:
        """Show what is in a module."""
        place = self._lines[line]
        entry = self._plan.entries[place]
        if entry.number >= 0 or self.is_open(line):
            return
        self._touched = True
        self._closed.discard(entry.name)
        inside = self._visible(place + 1, entry.end)
        self.beginInsertRows(QModelIndex(), line + 1, line + len(inside))
        self._lines[line + 1 : line + 1] = inside
        self.endInsertRows()
        self._repaint(line)

    def close(self, line: int) -> None:
        """Hide what is in a module."""
        entry = self.entry(line)
        if entry.number >= 0 or not self.is_open(line):
            return
        self._touched = True
        stop = bisect_left(self._lines, entry.end) if self._lines else line
        self.beginRemoveRows(QModelIndex(), line + 1, stop - 1)
        self._closed.add(entry.name)
        del self._lines[line + 1 : stop]
        self.endRemoveRows()
        self._repaint(line)

    def set_all(self, *, opened: bool) -> None:
        """Open or close every module."""
        self._touched = True
        self.beginResetModel()
        names = (entry.name for entry in self._plan.entries if entry.number < 0)
        self._sets[self._plan.request.narrows] = set() if opened else set(names)
        self._lines = self._visible(0, len(self._plan.entries))
        self.endResetModel()

    @property
    def _closed(self) -> set[str]:
        return self._sets[self._plan.request.narrows]

    def _visible(self, first: int, stop: int) -> list[int]:
        entries, closed = self._plan.entries, self._closed
        if not closed:
            return list(range(first, stop))
        found = []
        at = first
        while at < stop:
            found.append(at)
            entry = entries[at]
            at = entry.end if entry.number < 0 and entry.name in closed else at + 1
        return found

    def _around(self, place: int) -> list[int]:
        """Return the places of the modules that an entry is in, the outermost first."""
        found, at = [], 0
        while at < place:
            entry = self._plan.entries[at]
            inside = entry.number < 0 and entry.end > place
            if inside:
                found.append(at)
            at = at + 1 if inside else entry.end
        return found

    def _line_at(self, place: int) -> int:
        line = bisect_left(self._lines, place)
        return line if line < len(self._lines) and self._lines[line] == place else -1

    def _repaint(self, line: int) -> None:
        self.dataChanged.emit(self.index(line, 0), self.index(line, len(COLUMNS) - 1))

    def _explained(self, line: int, column: int) -> str:
        cell = self.cell(line)
        shown = self.text(line, column)
        if not isinstance(cell, Row):
            return shown
        if COLUMNS[column].id == "status":
            evidence = "" if cell.sure else "So sizes and checksums say; the bytes will tell."
            parts = (shown, LOOKS[cell.status].meaning, cell.note, cell.pair.evidence, evidence)
            return "\n".join(part for part in parts if part)
        return shown


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
