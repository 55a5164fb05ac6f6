"""Lines that open and close, for Qt: what the tables of tensors and of other values are made of.

As in the tree of a checkpoint, lines are flat: a table asks only for those on screen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt

from inspector.gui.diff.statuses import StatusLook
from inspector.gui.tree.branches import BranchModel
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_FEWEST, _ON_A_SCREEN = 6, 120  # lines that are open from the start

R = TypeVar("R")
B = TypeVar("B")


class Entry(NamedTuple):
    """A line, shown or inside of something closed: a branch if `number` is -1, else a row."""

    number: int
    name: str
    """The whole name."""
    step: str
    """What it reads as below the branch that it is in."""
    depth: int
    end: int
    """The place behind all that is inside."""


@dataclass(frozen=True)
class Column(Generic[R, B]):
    """A heading, what stands below it for a row and for a branch, and what sorts it."""

    id: str
    title: str
    of_row: Callable[[R], str]
    of_branch: Callable[[B], str]
    order: Callable[[R], Any]
    """None comes last, whichever way it is sorted."""
    width: int
    """In characters; 0 takes the room that is left."""
    numeric: bool = True
    bar: Callable[[R | B], float] | None = None
    """How much of the cell a bar fills, 0.0 to 1.0."""
    help: str = ""
    sacrifice: int = 0
    """Which column goes first where there is no room; 0 never goes."""
    narrow: int = 0
    """To how many characters it shrinks where there is no room, instead of going."""
    elastic: bool = False
    """True if it takes its share of the room that is left."""
    short: str = ""
    """The heading where the title does not fit."""
    calm: Collection[str] = ("0", "1", "0 %")
    """Texts that are painted quietly: nothing has happened."""


class Face(NamedTuple):
    """How a line looks besides its texts."""

    icon: str
    colour: str
    """The name of a colour in `Colours`, as all of these."""
    look: StatusLook | None = None
    """None for a branch."""
    sure: bool = True
    quiet: bool = False
    """True if there is nothing to see in it."""
    alarming: bool = False
    aside: str = ""
    """What is said behind the name."""
    aside_is_name: bool = False
    """True if a part of that says something, too."""


class LinesModel(BranchModel):
    """Branches open and close; subclasses say what is known of each line."""

    def __init__(self, columns: Sequence[Column[Any, Any]]) -> None:
        super().__init__()
        self.columns = columns
        self._entries: Sequence[Entry] = ()
        self._lines: list[int] = []  # places of entries, from top to bottom
        # By whether something was searched: what is found is in open branches.
        self._sets: dict[bool, set[str]] = {False: set(), True: set()}
        self._searched = False
        self._shortened: frozenset[int] = frozenset()
        self._touched = False  # nobody has opened or closed anything yet

    # What subclasses say.

    def cell(self, line: int) -> Any:
        """Return what the columns read of a line."""
        raise NotImplementedError

    def face(self, line: int) -> Face:
        """Return how a line looks."""
        raise NotImplementedError

    def explained(self, line: int, column: int) -> str:
        """Return the tool tip of a cell."""
        return self.text(line, column)

    # What Qt asks.

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(line, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self.explained(line, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.columns[column].title}: {self.text(line, column)}"
        return self._side(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.short if section in self._shortened else column.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(column.help)
        return self._side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    # What the view asks.

    def shorten(self, sections: frozenset[int]) -> None:
        """Head these columns with few characters: there is no room for their titles."""
        if sections != self._shortened:
            self._shortened = sections
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def entry(self, line: int) -> Entry:
        """Return what stands in a line."""
        return self._entries[self._lines[line]]

    def is_branch(self, line: int) -> bool:
        return self.entry(line).number < 0

    def text(self, line: int, column: int) -> str:
        """Return what stands in a cell."""
        wanted = self.columns[column]
        return (wanted.of_branch if self.is_branch(line) else wanted.of_row)(self.cell(line))

    def is_expanded(self, line: int) -> bool:
        return self.entry(line).name not in self._closed

    def is_nested(self) -> bool:
        """Return whether room is kept for what opens and closes a line."""
        return True

    def depth_of(self, line: int) -> int:
        return self.entry(line).depth

    def parent_of(self, line: int) -> int:
        depth = self.entry(line).depth
        while line > 0:
            line -= 1
            if self.entry(line).depth < depth:
                return line
        return -1

    # What changes.

    def show_entries(
        self, entries: Sequence[Entry], closed: Collection[str], *, searched: bool, anew: bool
    ) -> None:
        """Show other lines; branches stay as somebody opened or closed them."""
        if not self._touched and not searched:
            self._sets[False] = set(closed)
        elif anew:
            self._sets[True] = set()
        self.beginResetModel()
        self._entries, self._searched = entries, searched
        self._lines = self._visible(0, len(entries))
        self.endResetModel()

    def forget(self) -> None:
        """Show nothing any more."""
        self.beginResetModel()
        self._entries, self._lines = (), []
        self.endResetModel()

    def rows_changed(self) -> None:
        """Tell the view to paint what is on screen once more."""
        if self._lines:
            last = self.index(len(self._lines) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def expand(self, line: int) -> None:
        place = self._lines[line]
        entry = self._entries[place]
        if entry.number >= 0 or self.is_expanded(line):
            return
        self._touched = True
        self._closed.discard(entry.name)
        inside = self._visible(place + 1, entry.end)
        self.beginInsertRows(QModelIndex(), line + 1, line + len(inside))
        self._lines[line + 1 : line + 1] = inside
        self.endInsertRows()
        self._repaint(line)

    def collapse(self, line: int) -> None:
        entry = self.entry(line)
        if entry.number >= 0 or not self.is_expanded(line):
            return
        self._touched = True
        stop = bisect_left(self._lines, entry.end) if self._lines else line
        self.beginRemoveRows(QModelIndex(), line + 1, stop - 1)
        self._closed.add(entry.name)
        del self._lines[line + 1 : stop]
        self.endRemoveRows()
        self._repaint(line)

    def set_all(self, *, opened: bool) -> None:
        """Open or close every branch."""
        self._touched = True
        self.beginResetModel()
        names = (entry.name for entry in self._entries if entry.number < 0)
        self._sets[self._searched] = set() if opened else set(names)
        self._lines = self._visible(0, len(self._entries))
        self.endResetModel()

    @property
    def _closed(self) -> set[str]:
        return self._sets[self._searched]

    def _visible(self, first: int, stop: int) -> list[int]:
        entries, closed = self._entries, self._closed
        if not closed:
            return list(range(first, stop))
        found = []
        at = first
        while at < stop:
            found.append(at)
            entry = entries[at]
            at = entry.end if entry.number < 0 and entry.name in closed else at + 1
        return found

    def _line_of_place(self, place: int) -> int:
        """Return the line of an entry, opening what it is in."""
        for around in self._around(place):
            self.expand(self._line_at(around))
        return self._line_at(place)

    def _around(self, place: int) -> list[int]:
        """Return the places of the branches that an entry is in, the outermost first."""
        found, at = [], 0
        while at < place:
            entry = self._entries[at]
            inside = entry.number < 0 and entry.end > place
            if inside:
                found.append(at)
            at = at + 1 if inside else entry.end
        return found

    def _line_at(self, place: int) -> int:
        line = bisect_left(self._lines, place)
        return line if line < len(self._lines) and self._lines[line] == place else -1

    def _repaint(self, line: int) -> None:
        self.dataChanged.emit(self.index(line, 0), self.index(line, len(self.columns) - 1))

    def _side(self, column: int) -> Qt.AlignmentFlag:
        numeric = self.columns[column].numeric
        side = Qt.AlignmentFlag.AlignRight if numeric else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


def closed_at_first(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the branches to close at first, so that what is open fits on a few screens."""
    if len(entries) <= _ON_A_SCREEN:
        return frozenset()
    depths = Counter(entry.depth for entry in entries)
    deepest = max((depth for depth in depths if _above(depths, depth) <= _ON_A_SCREEN), default=0)
    while _above(depths, deepest) < _FEWEST:  # one closed line would say nothing
        deepest += 1
    return frozenset(e.name for e in entries if e.number < 0 and e.depth >= deepest)


def _above(depths: Counter[int], depth: int) -> int:
    """Return how many entries are no deeper than that."""
    return sum(number for other, number in depths.items() if other <= depth)
