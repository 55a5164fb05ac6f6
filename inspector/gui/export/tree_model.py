"""The tensors of a state_dict with their boxes, and beside each what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.core import text
from inspector.core.export import Dropped
from inspector.core.export import Row as Planned
from inspector.core.model import Node
from inspector.gui.export.outlook import Outlook
from inspector.gui.export.survey import Survey
from inspector.gui.export.ticks import Ticks
from inspector.gui.tree.lines import Row
from inspector.gui.tree.model import TreeModel
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_STATES = {
    "on": Qt.CheckState.Checked,
    "off": Qt.CheckState.Unchecked,
    "mixed": Qt.CheckState.PartiallyChecked,
}
_WHY = {
    "not-chosen": "left out",
    "does-not-fit": "does not fit",
    "duplicate": "the same as another",
    "collision": "key is taken",
    "not-supported": "not in this format",
    "omitted": "left out",
    "damaged": "damaged",
}


@dataclass(frozen=True)
class TickedColumn:
    """A heading, and what stands below it."""

    title: str
    text: Callable[[TickedModel, Row], str]
    numeric: bool = False


class TickedModel(TreeModel):
    """A tree whose rows can be ticked, with a preview that arrives later."""

    def __init__(self, found: Survey, parent: QObject | None = None) -> None:
        super().__init__(found.first, parent)
        self.ticks: Ticks = found.ticks
        self.outlook: Outlook | None = None

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(TICKED_COLUMNS)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.row_at(index.row())
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == 0:
            return _STATES[self.ticks.state(row.node)]
        column = TICKED_COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(self, row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self.why(row.node) or column.text(self, row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._said(index, row)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = TICKED_COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        side = Qt.AlignmentFlag.AlignRight if column.numeric else Qt.AlignmentFlag.AlignLeft
        is_alignment = role == Qt.ItemDataRole.TextAlignmentRole
        return side | Qt.AlignmentFlag.AlignVCenter if is_alignment else None

    def outcome(self, node: Node) -> Planned | Dropped | None:
        """Return what becomes of a leaf, as far as it is known."""
        return self.outlook.rows.get(id(node)) if self.outlook else None

    def why(self, node: Node) -> str:
        """Return why a leaf is left out, in a sentence; empty if there is nothing to say."""
        found = self.outcome(node)
        return text.printable(found.message, 400) if isinstance(found, Dropped) else ""

    def is_left_out(self, node: Node) -> bool:
        """Return whether the new file has nothing of a node."""
        if self.ticks.state(node) == "off":
            return True
        if self.outlook is not None and (kept := self.outlook.kept.get(id(node))) is not None:
            return not kept.tensors
        return isinstance(self.outcome(node), Dropped)

    def show_outlook(self, outlook: Outlook | None) -> None:
        """Show what would become of every row."""
        self.outlook = outlook
        self.refresh()

    def show_ticks(self, ticks: Ticks) -> None:
        """Show other boxes."""
        self.ticks = ticks
        self.refresh()

    def refresh(self) -> None:
        """Have the rows on screen drawn again."""
        if self.rowCount():
            last = self.index(self.rowCount() - 1, len(TICKED_COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _said(self, index: _Index, row: Row) -> str:
        column = TICKED_COLUMNS[index.column()]
        said = column.text(self, row)
        if index.column():
            return f"{column.title}: {said}"
        state = {"on": "ticked", "off": "not ticked", "mixed": "partly ticked"}
        shown = (", expanded" if row.branch else ", collapsed") if row.node.children else ""
        return f"{said}, {state[self.ticks.state(row.node)]}{shown}, level {row.depth + 1}"

    def _tell_changed(self, number: int) -> None:
        last = self.index(number, len(TICKED_COLUMNS) - 1)
        self.dataChanged.emit(self.index(number, 0), last)


def _key(model: TickedModel, row: Row) -> str:
    return text.printable(str(row.step), 400)


def _becomes(model: TickedModel, row: Row) -> str:
    if row.node.children:
        return _share(model, row.node)
    found = model.outcome(row.node)
    if isinstance(found, Dropped):
        return _WHY[found.reason]
    if found is None or row.node.kind != "tensor":
        return ""
    key = found.key or str(found.target[-1])
    return text.printable(key, 400) if key != row.node.key else ""


def _share(model: TickedModel, group: Node) -> str:
    """Return how much is left of a group, where that is not all."""
    kept = model.outlook.kept.get(id(group)) if model.outlook else None
    every = model.known.totals_of(group).tensors
    if kept is None or kept.tensors >= every:
        return ""
    return f"{text.exact(kept.tensors)} of {text.exact(every)}" if kept.tensors else "left out"


def _shape(model: TickedModel, row: Row) -> str:
    return text.shape(row.node.value.shape) if row.node.kind == "tensor" else ""


def _dtype(model: TickedModel, row: Row) -> str:
    if row.node.kind != "tensor":
        return row.node.type if not row.node.children else ""
    found = model.outcome(row.node)
    stored = row.node.value.dtype.name
    if isinstance(found, Planned) and found.dtype.name != stored:
        return f"{stored} → {found.dtype.name}"
    return str(stored)


def _device(model: TickedModel, row: Row) -> str:
    if row.node.kind != "tensor":
        return ""
    found = model.outcome(row.node)
    stored = text.printable(row.node.value.device, 40)
    if isinstance(found, Planned) and found.device != row.node.value.device:
        return f"{stored} → {found.device}"
    return stored


def _size(model: TickedModel, row: Row) -> str:
    before = model.known.totals_of(row.node).nbytes
    if row.node.children:
        kept = model.outlook.kept.get(id(row.node)) if model.outlook else None
        return text.size(kept.nbytes if kept else before)
    if row.node.kind != "tensor":
        return ""
    found = model.outcome(row.node)
    if isinstance(found, Dropped):
        return "–"
    if isinstance(found, Planned):
        return "tied" if found.tied else text.size(found.nbytes)
    return text.size(before)


TICKED_COLUMNS = (
    TickedColumn("Key", _key),
    TickedColumn("Becomes", _becomes),
    TickedColumn("Shape", _shape),
    TickedColumn("Dtype", _dtype),
    TickedColumn("Device", _device),
    TickedColumn("New size", _size, numeric=True),
)
