"""Rows of a checkpoint tree for Qt, one line on screen each.

The model is flat: an expanded node's children follow it as further rows with a greater depth. Qt's
own tree view asks for every row of an expanded branch whenever something changes, which takes most
of a second for 100,000 tensors; a table asks only for the rows on screen.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.core.model import Node, Path
from inspector.gui.tree.arrangement import Arrangement, Request, Row, lay_out
from inspector.gui.tree.columns import COLUMNS, Rollup
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_MOST_EXPANDED = 20_000  # rows after which "expand all" stops


class TreeModel(QAbstractTableModel):
    """An adapter from an `Arrangement` to Qt that remembers what is expanded."""

    def __init__(
        self, root: Node, rollup: Rollup, first: Arrangement, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.root = root
        self.rollup = rollup
        self.expanded: set[int] = set()
        """`id(node)` of every node whose children are rows."""
        self._plan = first
        self._rows: list[Row] = []
        self.show_arrangement(first)

    # What Qt asks.

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(self._rows[index.row()].node, self.rollup)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(column.text(self._rows[index.row()].node, self.rollup))
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
        row = self._rows[index.row()]
        shown = COLUMNS[index.column()].text(row.node, self.rollup)
        if index.column():
            return f"{COLUMNS[index.column()].title}: {shown}"
        state = ("expanded" if self.is_expanded(index.row()) else "collapsed") + ", "
        return f"{shown}, {state if row.node.children else ''}level {row.depth + 1}"

    # What the view asks.

    @property
    def request(self) -> Request:
        """What is shown now."""
        return self._plan.request

    def row_at(self, number: int) -> Row:
        """Return the line `number`."""
        return self._rows[number]

    def is_expanded(self, number: int) -> bool:
        """Return whether the children of the line `number` are shown below it."""
        return id(self._rows[number].node) in self.expanded

    def parent_of(self, number: int) -> int:
        """Return the line that the line `number` hangs below, or -1."""
        depth = self._rows[number].depth
        return next((n for n in range(number, -1, -1) if self._rows[n].depth < depth), -1)

    def find(self, path: Path) -> int:
        """Return the line that shows the node at `path`, or -1."""
        start, stop, depth = 0, len(self._rows), 0
        for key in path:
            same = (
                n
                for n in range(start, stop)
                if self._rows[n].depth == depth and self._rows[n].node.key == key
            )
            found = next(same, -1)
            if found < 0:
                return -1
            start, stop, depth = found + 1, self._end_of_branch(found), depth + 1
        return start - 1

    # What changes.

    def show_arrangement(self, plan: Arrangement) -> None:
        """Show another order or another search, with the rows that came with it."""
        self.beginResetModel()
        self._plan = plan
        self._rows = list(plan.rows)
        self.expanded = set(plan.expanded)
        self.endResetModel()

    def expand(self, number: int) -> None:
        """Show the children of a line."""
        row = self._rows[number]
        below = self._plan.children_of(row.node)
        if not below or id(row.node) in self.expanded:
            return
        self.expanded.add(id(row.node))
        rows = lay_out(self._plan, row.node, row, self.expanded)
        self.beginInsertRows(QModelIndex(), number + 1, number + len(rows))
        self._rows[number + 1 : number + 1] = rows
        self.endInsertRows()
        self._tell_changed(number)

    def collapse(self, number: int) -> None:
        """Hide what is below a line; what is expanded inside stays so for the next time."""
        row = self._rows[number]
        if id(row.node) not in self.expanded:
            return
        self.expanded.discard(id(row.node))
        stop = self._end_of_branch(number)
        if stop > number + 1:
            self.beginRemoveRows(QModelIndex(), number + 1, stop - 1)
            del self._rows[number + 1 : stop]
            self.endRemoveRows()
        self._tell_changed(number)

    def expand_all(self) -> bool:
        """Expand level by level while the rows are few enough; return False if they were not."""
        expanded = set(self.expanded)
        shown = len(self._rows)
        level = [child for child in self._plan.children_of(self.root) if child.children]
        complete = True
        while level:
            below: list[Node] = []
            for node in level:
                children = self._plan.children_of(node)
                if id(node) not in expanded:
                    if shown + len(children) > _MOST_EXPANDED:
                        complete = False
                        continue
                    shown += len(children)
                    expanded.add(id(node))
                below.extend(child for child in children if child.children)
            level = below
        self._lay_out_again(expanded)
        return complete

    def collapse_all(self) -> None:
        """Show the top level only."""
        self._lay_out_again(set())

    def reveal(self, path: Path) -> int:
        """Expand what leads to `path` and return its line; -1 if the search hides it."""
        for length in range(1, len(path)):
            number = self.find(path[:length])
            if number < 0:
                return -1
            self.expand(number)
        return self.find(path)

    def _end_of_branch(self, number: int) -> int:
        depth = self._rows[number].depth
        rows = self._rows
        return next((n for n in range(number + 1, len(rows)) if rows[n].depth <= depth), len(rows))

    def _lay_out_again(self, expanded: set[int]) -> None:
        self.beginResetModel()
        self.expanded = expanded
        self._rows = lay_out(self._plan, self.root, None, expanded)
        self.endResetModel()

    def _tell_changed(self, number: int) -> None:
        self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
