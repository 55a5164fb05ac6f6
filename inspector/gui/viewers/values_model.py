"""The cells of the Values viewer for Qt: blocks of texts, of which the last ones seen are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from inspector.core.analysis.sheet_texts import GAP, MISSING, ZERO, Texts
from inspector.core.analysis.sheets import Sheet
from inspector.gui.widgets.labels import plain_tool_tip

PAGE = 1_000_000
"""Rows or columns that Qt is told of at once; at 2^31 pixels it loses count."""
BLOCK_ROWS, BLOCK_COLUMNS = 64, 16  # both divide PAGE
KIND = Qt.ItemDataRole.UserRole
WAITING = 255  # a kind of its own: the block is not there yet
_KEPT = 256  # blocks of a thousand texts
_NUMBERS = {MISSING: "missing", GAP: "left out"}

Key = tuple[int, int]
"""The number of a block: of its row of blocks, and of its column of blocks."""
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class ValuesModel(QAbstractTableModel):
    """A page of a sheet; cells whose block is not there yet say so."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet: Sheet | None = None
        self.first_row = 0
        self.first_column = 0
        self._blocks: OrderedDict[Key, Texts] = OrderedDict()
        self.head = self.tail = ""
        """The longest of what stands in front of the decimal points, and from there on."""

    def show_sheet(self, sheet: Sheet | None, row: int = 0, column: int = 0) -> None:
        """Show the page of a sheet that has a cell; blocks of another sheet are dropped."""
        self.beginResetModel()
        if sheet is not self.sheet:
            self._blocks.clear()
            self.head = self.tail = ""
        self.sheet = sheet
        self.first_row, self.first_column = row - row % PAGE, column - column % PAGE
        self.endResetModel()

    def forget(self) -> None:
        """Drop all texts, which are to be written otherwise."""
        self._blocks.clear()
        self.head = self.tail = ""
        self._tell(0, 0, self.rowCount() - 1, self.columnCount() - 1)

    def missing(self, rows: range, columns: range) -> list[Key]:
        """Return the blocks that cells of the page need and that are not there."""
        return [key for key in self._keys(rows, columns) if key not in self._blocks]

    def extent(self, key: Key) -> tuple[range, range]:
        """Return the rows and columns of the sheet that a block has."""
        assert self.sheet is not None
        row, column = key[0] * BLOCK_ROWS, key[1] * BLOCK_COLUMNS
        return (
            range(row, min(row + BLOCK_ROWS, self.sheet.rows)),
            range(column, min(column + BLOCK_COLUMNS, self.sheet.columns)),
        )

    def put(self, blocks: Iterable[Texts]) -> None:
        """Take in blocks that have been read."""
        for block in blocks:
            self._blocks[block.row // BLOCK_ROWS, block.column // BLOCK_COLUMNS] = block
            for word, kind in zip(block.texts, block.kinds, strict=True):
                if kind <= ZERO:
                    head, tail = split(word)
                    self.head = max(self.head, head, key=len)
                    self.tail = max(self.tail, tail, key=len)
                else:
                    self.head = max(self.head, word[: len(word) - len(self.tail)], key=len)
            row, column = block.row - self.first_row, block.column - self.first_column
            self._tell(row, column, row + block.rows - 1, column + block.columns - 1)
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    @property
    def is_cut_off(self) -> bool:
        """True once an element was to be shown that its file does not have."""
        return any(MISSING in block.kinds for block in self._blocks.values())

    def kind(self, row: int, column: int) -> int:
        """Return what a cell of the page holds."""
        return self._cell(row, column)[1]

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell of the page."""
        word, kind = self._cell(row, column)
        if kind == GAP:
            return "⋮" if self.sheet and not self.sheet.row_label(row + self.first_row) else "…"
        return {WAITING: "…", MISSING: "—"}.get(kind, word)

    def place(self, row: int, column: int) -> str:
        """Return the index of a cell of the page as people write it; empty for a gap."""
        if self.sheet is None:
            return ""
        index = self.sheet.index_of(row + self.first_row, column + self.first_column)
        return f"[{', '.join(map(str, index))}]" if index else ""

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if parent.isValid() or self.sheet is None:
            return 0
        return min(PAGE, self.sheet.rows - self.first_row)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        if parent.isValid() or self.sheet is None:
            return 0
        return min(PAGE, self.sheet.columns - self.first_column)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == KIND:
            return self.kind(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            word, kind = self._cell(row, column)
            return f"{self.place(row, column)}: {_NUMBERS.get(kind, word) or 'not read yet'}"
        if role == Qt.ItemDataRole.ToolTipRole and self.kind(row, column) == MISSING:
            return plain_tool_tip("The file ends before this element.")
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole or self.sheet is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self.sheet.row_label(section + self.first_row) or (
                "⋮" if self._has_gaps() else ""
            )
        return self.sheet.column_label(section + self.first_column) or (
            "…" if self.columnCount() > 1 else ""
        )

    def _has_gaps(self) -> bool:
        return self.rowCount() > 1

    def _cell(self, row: int, column: int) -> tuple[str, int]:
        row, column = row + self.first_row, column + self.first_column
        key = row // BLOCK_ROWS, column // BLOCK_COLUMNS
        block = self._blocks.get(key)
        if block is None:
            return "", WAITING
        self._blocks.move_to_end(key)
        number = (row - block.row) * block.columns + column - block.column
        return block.texts[number], block.kinds[number]

    def _keys(self, rows: range, columns: range) -> Iterator[Key]:
        top, left = rows.start + self.first_row, columns.start + self.first_column
        bottom, right = rows.stop + self.first_row, columns.stop + self.first_column
        for row in range(top // BLOCK_ROWS, -(-bottom // BLOCK_ROWS)):
            for column in range(left // BLOCK_COLUMNS, -(-right // BLOCK_COLUMNS)):
                yield row, column

    def _tell(self, top: int, left: int, bottom: int, right: int) -> None:
        bottom, right = min(bottom, self.rowCount() - 1), min(right, self.columnCount() - 1)
        if 0 <= top <= bottom and 0 <= left <= right:
            self.dataChanged.emit(self.index(top, left), self.index(bottom, right))


def split(word: str) -> tuple[str, str]:
    """Return what stands in front of the decimal point or the exponent, and from there on."""
    if word[:2] == "0x" or word[-1:] in ("j", "f", "n") or ", " in word or word[-1:] == "e":
        return word, ""
    cut = next((at for at, letter in enumerate(word) if letter in ".e"), len(word))
    return word[:cut], word[cut:]
