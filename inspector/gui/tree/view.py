"""The tree on screen: keyboard, mouse and columns."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QSettings,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from inspector.core.model import Path
from inspector.gui import keys
from inspector.gui.theme import Theme
from inspector.gui.tree.column_layout import ColumnLayout
from inspector.gui.tree.delegate import CHEVRON, RowDelegate, chevron_left, row_height
from inspector.gui.tree.lines import Row
from inspector.gui.tree.model import TreeModel
from inspector.gui.widgets.rows import dress_rows, sort_by_header

_Flag = QItemSelectionModel.SelectionFlag


class TreeView(QTableView):
    """Rows that expand and collapse; several can be selected, one is current."""

    current_changed = Signal(object)  # the current Row, or None
    selection_counted = Signal()
    sort_requested = Signal(int, bool)  # column (-1: stored order), descending
    jump_requested = Signal(object)  # Path that a reference leads to
    menu_requested = Signal(QPoint)  # on the screen
    drag_requested = Signal()  # of the selected rows, while the mouse is held down
    escaped = Signal()

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        super().__init__()
        self._delegate = RowDelegate(theme)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName("Checkpoint tree")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self._is_on_chevron = False
        dress_rows(self, row_height(QFontMetrics(self.font())))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        sort_by_header(self, self.sort_requested.emit)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.columns = ColumnLayout(self, settings, theme)
        header.customContextMenuRequested.connect(self.columns.ask)
        self.doubleClicked.connect(lambda index: self._activate(index.row()))
        theme.changed.connect(self.viewport().update)

    # What is shown.

    def show_model(self, model: TreeModel) -> None:
        """Show the rows of `model` with columns of sensible widths."""
        self.setModel(model)
        self.selectionModel().currentChanged.connect(self._tell_current)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_counted.emit())
        header = self.horizontalHeader()
        # With the rows' own selection model each paint of the header would ask for every row
        # whether its column is selected.
        header.setSelectionModel(QItemSelectionModel(model, header))
        self.columns.apply()

    def mark(self, text: str) -> None:
        """Point `text` out in the keys."""
        self._delegate.marked = text.casefold()
        self.viewport().update()

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

    def go_to_line(self, number: int) -> None:
        """Select a line that is shown."""
        self._select(number)

    def clear_current(self) -> None:
        """Select nothing."""
        self.clearSelection()
        self.selectionModel().clearCurrentIndex()

    def go_to(self, path: Path) -> bool:
        """Select the row of `path`, opening what leads there; False if it is not shown."""
        number = self.tree_model().reveal(path) if path else -1
        if number >= 0:
            self._select(number)
            self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.EnsureVisible)
        return number >= 0

    def go_to_first(self, above: Path, beginning: str) -> bool:
        """Select the first row below `above` whose key begins so; False if there is none."""
        model = self.tree_model()
        key = model.first_key(above, beginning)
        return key is not None and self.go_to((*above, key))

    def _select(self, number: int) -> None:
        self.selectionModel().setCurrentIndex(
            self.tree_model().index(number, 0), _Flag.ClearAndSelect | _Flag.Rows
        )

    def _tell_current(self, current: QModelIndex) -> None:
        row = self.tree_model().row_at(current.row()) if current.isValid() else None
        self.current_changed.emit(row)

    # What the person does.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = keys.asked(keys.TREE, event)
        steps = {
            "step_in": self._step_in,
            "step_out": self._step_out,
            "activate": self._activate,
            "toggle": self._toggle,
        }
        last = self.tree_model().rowCount() - 1
        if asks in steps and self.currentIndex().isValid():
            steps[asks](self.currentIndex().row())
        elif asks == "leave":
            self.escaped.emit()
        elif asks in ("first", "last") and last >= 0:
            # A table goes to the first column; in a tree these keys go to the first or last row.
            self._select(0 if asks == "first" else last)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt would make the first row current, and the panel would leave the whole checkpoint.
        QWidget.focusInEvent(self, event)
        self.viewport().update()

    def _step_in(self, number: int) -> None:
        model = self.tree_model()
        if not model.is_expanded(number):
            model.expand(number)
        elif number + 1 < model.rowCount() and model.parent_of(number + 1) == number:
            self._select(number + 1)

    def _step_out(self, number: int) -> None:
        model = self.tree_model()
        if model.is_expanded(number):
            model.collapse(number)
        elif (above := model.parent_of(number)) >= 0:
            self._select(above)

    def _toggle(self, number: int) -> None:
        model = self.tree_model()
        (model.collapse if model.is_expanded(number) else model.expand)(number)

    def _activate(self, number: int) -> None:
        node = self.tree_model().row_at(number).node
        if node.kind == "reference":
            self.jump_requested.emit(node.value)
        else:
            self._toggle(number)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._chevron_at(event.position().toPoint())
        self._is_on_chevron = number >= 0
        if number >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._toggle(number)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._chevron_at(event.position().toPoint()) >= 0:
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

    def _chevron_at(self, point: QPoint) -> int:
        index = self.indexAt(point)
        if not index.isValid() or index.column():
            return -1
        row = self.tree_model().row_at(index.row())
        cell = self.visualRect(index)
        left = cell.left() + chevron_left(row.depth, cell.width()) - 2
        return index.row() if row.node.children and left <= point.x() < left + CHEVRON + 2 else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(event.position().toPoint().y()))
        if not (self._is_on_chevron and event.buttons()):  # Qt would drag what was pressed before
            super().mouseMoveEvent(event)

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

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, number: int) -> None:
        if number != self._delegate.hovered:
            self._delegate.hovered = number
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()
