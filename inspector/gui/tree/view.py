"""The tree on screen: keyboard, mouse and columns."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QSettings,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView

from inspector.core.model import Path
from inspector.gui import keys
from inspector.gui.theme import Theme
from inspector.gui.tree.branches import BranchTable, chevron_left
from inspector.gui.tree.column_layout import ColumnLayout
from inspector.gui.tree.delegate import RowDelegate
from inspector.gui.tree.lines import Row
from inspector.gui.tree.model import TreeModel
from inspector.gui.widgets.rows import sort_by_header


class TreeView(BranchTable):
    """Rows that expand and collapse; several can be selected, one is current."""

    current_changed = Signal(object)  # the current Row, or None
    selection_counted = Signal()
    sort_requested = Signal(int, bool)  # column (-1: stored order), descending
    jump_requested = Signal(object)  # Path that a reference leads to
    menu_requested = Signal(QPoint)  # on the screen
    drag_requested = Signal()  # of the selected rows, while the mouse is held down

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        super().__init__(theme, RowDelegate(theme), "Checkpoint tree", keys.TREE)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        sort_by_header(self, self.sort_requested.emit)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.columns = ColumnLayout(self, settings, theme)
        header.customContextMenuRequested.connect(self.columns.ask)
        self.doubleClicked.connect(lambda index: self._activate(index.row()))

    # What is shown.

    def show_model(self, model: TreeModel) -> None:
        """Show the rows of `model` with columns of sensible widths."""
        self.show_branches(model)
        self.selectionModel().currentChanged.connect(self._tell_current)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_counted.emit())
        self.columns.apply()

    def tree_model(self) -> TreeModel:
        """Return the model as what it is."""
        model = self.model()
        assert isinstance(model, TreeModel)
        return model

    def selected_ranges(self) -> list[tuple[int, int]]:
        """Return the first and the last line of each run of selected rows, from the top."""
        return sorted((part.top(), part.bottom()) for part in self._ranges())

    def selected_count(self) -> int:
        """Return how many rows are selected, without making a list of them."""
        return sum(part.height() for part in self._ranges())

    def _ranges(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(number) for number in range(selection.count())]

    def current_path(self) -> Path | None:
        """Return the path of the row that the keyboard is on."""
        row = self.current_row()
        return row.path if row else None

    def current_row(self) -> Row | None:
        """Return the row that the keyboard is on."""
        index = self.currentIndex()
        return self.tree_model().row_at(index.row()) if index.isValid() else None

    def go_to(self, path: Path) -> bool:
        """Select the row of `path`, opening what leads there; False if it is not shown."""
        number = self.tree_model().reveal(path) if path else -1
        if number >= 0:
            self.go_to_line(number)
        return number >= 0

    def go_to_first(self, above: Path, beginning: str) -> bool:
        """Select the first row below `above` whose key begins so; False if there is none."""
        model = self.tree_model()
        key = model.first_key(above, beginning)
        return key is not None and self.go_to((*above, key))

    def _tell_current(self, current: QModelIndex) -> None:
        row = self.tree_model().row_at(current.row()) if current.isValid() else None
        self.current_changed.emit(row)

    # What the person does.

    def answer(self, asks: str) -> bool:
        if asks == "activate" and self.currentIndex().isValid():
            self._activate(self.currentIndex().row())
            return True
        return super().answer(asks)

    def _activate(self, number: int) -> None:
        node = self.tree_model().row_at(number).node
        if node.kind == "reference":
            self.jump_requested.emit(node.value)
        else:
            self.toggle(number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.chevron_at(event.position().toPoint()) >= 0:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.currentIndex()
        by_mouse = event.reason() == event.Reason.Mouse
        if by_mouse:
            index = self.indexAt(event.pos())
        if not index.isValid():
            return
        place = event.globalPos()
        if not by_mouse:
            place = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        self.menu_requested.emit(place)

    def startDrag(self, _: Qt.DropAction) -> None:
        self.drag_requested.emit()

    def picture_of_current(self) -> QPixmap:
        """Return how the key of the current row looks."""
        cell = self.visualRect(self.currentIndex().siblingAtColumn(0))
        cell.setLeft(cell.left() + chevron_left(self._depth(), cell.width()))
        return self.viewport().grab(cell & self.viewport().rect())

    def _depth(self) -> int:
        row = self.current_row()
        return row.depth if row else 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()
