"""Rows of a checkpoint tree for Qt, one line on screen each.

The model is flat: an open node's children follow it as further rows with a greater depth. Qt's own
tree view asks for every row of an open branch whenever something changes, which takes seconds for
a million tensors; a table asks only for the rows on screen.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.core.model import Key, Node, Path, Prefix
from inspector.gui.tree.arrangement import Arrangement, Request
from inspector.gui.tree.branches import BranchModel
from inspector.gui.tree.columns import COLUMNS, Known, aside
from inspector.gui.tree.lines import (
    EMPTY,
    Branch,
    Row,
    branch_of,
    line_of,
    row_at,
    way_to,
    with_closed,
    with_open,
)
from inspector.gui.tree.marks import Marks
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
_REMEMBERED = 2_000  # rows that were asked for; a screen has some forty of them


class TreeModel(BranchModel):
    """An adapter from an `Arrangement` to Qt that opens and closes its branches."""

    def __init__(self, first: Arrangement, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines = first.lines
        self._plan = first._replace(lines=EMPTY)
        self._closed: dict[int, Branch] = {}
        self._rows: dict[int, Row] = {}

    # What Qt asks.

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._lines.height

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return _FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[index.column()].text(self.row_at(index.row()), self.known)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self.data(index))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _spoken(self, index: _Index) -> str:
        row = self.row_at(index.row())
        shown = COLUMNS[index.column()].text(row, self.known)
        if index.column():
            return f"{COLUMNS[index.column()].title}: {shown}"
        state = ("expanded" if row.branch else "collapsed") + ", "
        shown = " ".join(filter(None, (shown, aside(row, self.known))))
        return f"{shown}, {state if row.node.children else ''}level {row.depth + 1}"

    # What the view asks.

    @property
    def request(self) -> Request:
        """What is shown now."""
        return self._plan.request

    @property
    def root(self) -> Node:
        """The node whose children are the first rows."""
        return self._lines.node

    @property
    def known(self) -> Known:
        """What is known about the nodes."""
        return self._plan.known

    @property
    def lines(self) -> Branch:
        """All rows, frozen: a job may read them while the tree goes on changing."""
        return self._lines

    def row_at(self, number: int) -> Row:
        """Return the line `number`."""
        row = self._rows.get(number)
        if row is None:
            if len(self._rows) >= _REMEMBERED:
                self._rows.clear()
            row = self._rows[number] = row_at(self._lines, number)
        return row

    def is_branch(self, line: int) -> bool:
        return bool(self.row_at(line).node.children)

    def is_expanded(self, line: int) -> bool:
        return self.row_at(line).branch is not None

    def depth_of(self, line: int) -> int:
        return self.row_at(line).depth

    def parent_of(self, line: int) -> int:
        parent = self.row_at(line).parent
        return parent.number if parent else -1

    def find(self, path: Path) -> int:
        """Return the line that shows the node at `path`, or -1."""
        return self._follow(path, expand=False)

    def holds(self, path: Path) -> bool:
        """Return whether the tree has a node at `path`, hidden by a search or not."""
        *above, last = path
        stored = way_to(self.root, tuple(above), lambda node: node.children)
        if stored is None:
            return False
        if isinstance(last, Prefix):
            return self.first_key(tuple(above), str(last)) is not None
        return way_to(self.root, path, lambda node: node.children) is not None

    def first_key(self, above: Path, beginning: str) -> Key | None:
        """Return the first key of the node at `above` that begins so, None if none does."""
        node = self._lines.node
        for position in way_to(node, above, self._plan.shown) or ():
            node = self._plan.shown(node)[position]
        keys = (child.key for child in self._plan.shown(node))
        return next((key for key in keys if str(key).startswith(beginning)), None)

    # What changes.

    def show_arrangement(self, plan: Arrangement) -> None:
        """Show another order or another search, with the lines that came with it."""
        self.beginResetModel()
        self._lines = plan.lines
        self._plan = plan._replace(lines=EMPTY)  # what is closed here must not live on there
        self._closed.clear()
        self._rows.clear()
        self.endResetModel()

    def show_marks(self, marks: Marks) -> None:
        """Show what has been found out about the nodes in the meantime."""
        self._plan = self._plan._replace(known=self._plan.known._replace(marks=marks))
        if self._lines.height:
            last = self.index(self._lines.height - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, len(COLUMNS) - 1), last)

    def expand(self, line: int) -> None:
        """Show the children of a line, as they were open when it was last closed."""
        row = self.row_at(line)
        if not row.node.children or row.branch is not None:
            return
        inside = self._closed.pop(id(row.node), None)
        if inside is None:
            inside = branch_of(row.node, self._plan.shown(row.node))
        if not inside.height:
            return
        self.beginInsertRows(QModelIndex(), line + 1, line + inside.height)
        self._lines = with_open(self._lines, line, inside)
        self._rows.clear()
        self.endInsertRows()
        self._tell_changed(line)

    def collapse(self, line: int) -> None:
        """Hide what is below a line; what is open inside stays so for the next time."""
        row = self.row_at(line)
        if row.branch is None:
            return
        self._closed[id(row.node)] = row.branch
        self.beginRemoveRows(QModelIndex(), line + 1, line + row.branch.height)
        self._lines = with_closed(self._lines, line)
        self._rows.clear()
        self.endRemoveRows()
        self._tell_changed(line)

    def collapse_all(self) -> None:
        """Show the top level only."""
        self.beginResetModel()
        self._lines = branch_of(self._lines.node, self._lines.children)
        self._closed.clear()
        self._rows.clear()
        self.endResetModel()

    def reveal(self, path: Path) -> int:
        """Expand what leads to `path` and return its line; -1 if it is not shown."""
        return self._follow(path, expand=True)

    def _follow(self, path: Path, *, expand: bool) -> int:
        way = way_to(self._lines.node, path, self._plan.shown)
        if not way:
            return -1
        number, branch = -1, self._lines
        for step, position in enumerate(way):
            if step:
                if expand:
                    self.expand(number)
                inside = self.row_at(number).branch
                if inside is None:
                    return -1
                branch = inside
            number += 1 + line_of(branch, position)
        return number

    def _tell_changed(self, number: int) -> None:
        self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
