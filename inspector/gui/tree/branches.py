"""What all tables with branches have in common: how lines open, close and are walked through."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from inspector.gui import keys
from inspector.gui.theme import Theme, scaled, tabular
from inspector.gui.widgets.lettering import Lettering
from inspector.gui.widgets.matches import paint_match
from inspector.gui.widgets.rows import dress_rows

CHEVRON = 18  # pixels that it takes, air included
_INDENT = 18
_MARGIN = 6
_NEAR = 2  # pixels beside a chevron that still count
_AIR = 9
_SELECTED = QStyle.StateFlag.State_Selected
_Flag = QItemSelectionModel.SelectionFlag


def chevron_left(depth: int, width: int) -> int:
    """Return where a row begins in a key column of `width`; the deepest keep half of it."""
    return _MARGIN + min(depth * _INDENT, width // 2)


def row_height(metrics: QFontMetrics) -> int:
    """Return the height of every row: the text, and air for the eye."""
    return metrics.height() + _AIR


class BranchModel(QAbstractTableModel):
    """Lines below each other: what is in an expanded branch follows it."""

    def is_branch(self, line: int) -> bool:
        """Return whether a line holds others."""
        raise NotImplementedError

    def is_expanded(self, line: int) -> bool:
        """Return whether what a branch holds is shown below it."""
        raise NotImplementedError

    def depth_of(self, line: int) -> int:
        """Return in how many branches a line is."""
        raise NotImplementedError

    def parent_of(self, line: int) -> int:
        """Return the line of the branch that a line is in, or -1."""
        raise NotImplementedError

    def expand(self, line: int) -> None:
        """Show what a branch holds."""
        raise NotImplementedError

    def collapse(self, line: int) -> None:
        """Hide what a branch holds."""
        raise NotImplementedError


class BranchDelegate(QStyledItemDelegate):
    """Rows of one height; subclasses paint them, keys of branches somewhat stronger."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.marked = ""
        """The part of a key to point out; empty for none."""
        self.hovered = -1
        """The line under the mouse."""
        self.plain = Lettering(scaled(1.0))
        self.strong = Lettering(scaled(1.0, QFont.Weight.Medium))
        self.figures = Lettering(tabular())

    def paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, line: int) -> bool:
        """Paint what is behind a cell; return whether its line is selected."""
        selected = _SELECTED in option.state
        if selected:
            painter.fillRect(option.rect, QColor(self._theme.colours.selection))
        elif line == self.hovered:
            painter.fillRect(option.rect, QColor(self._theme.colours.hover))
        return selected

    def paint_key(
        self,
        painter: QPainter,
        lettering: Lettering,
        area: QRect,
        key: str,
        colour: str,
        *,
        selected: bool,
    ) -> int:
        """Write a key, what is looked for in it pointed out; return the pixels that it takes."""
        fitted = lettering.fit(key, area.width(), middle=True)
        if fitted.shown == key and not selected:
            paint_match(
                painter, lettering.metrics, area, key, self.marked, self._theme.colours.match
            )
        painter.setPen(QColor(colour))
        lettering.draw(painter, area, key, middle=True)
        return ceil(fitted.width)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, row_height(QFontMetrics(option.font)))


class BranchTable(QTableView):
    """The keyboard and the mouse open and close branches; one line is current."""

    escaped = Signal()

    def __init__(self, theme: Theme, delegate: BranchDelegate, name: str, part: str) -> None:
        """`part` says in `keys.KEYS` which keys it answers."""
        super().__init__()
        self._delegate = delegate
        self._part = part
        self._branches: BranchModel | None = None
        self._is_on_chevron = False
        self.setItemDelegate(delegate)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        dress_rows(self, row_height(QFontMetrics(self.font())))
        theme.changed.connect(self.viewport().update)

    # What is shown.

    def show_branches(self, model: BranchModel) -> None:
        """Show the lines of a model."""
        self._branches = model
        self.setModel(model)
        header = self.horizontalHeader()
        # With the rows' own selection model each paint of the header would ask for every row
        # whether its column is selected.
        header.setSelectionModel(QItemSelectionModel(model, header))

    def mark(self, words: str) -> None:
        """Point words out in the keys."""
        self._delegate.marked = words.casefold()
        self.viewport().update()

    def go_to_line(self, line: int) -> None:
        """Make a line that is shown the current one, and bring it into sight."""
        index = self.model().index(line, 0)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect | _Flag.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def clear_current(self) -> None:
        """Select nothing."""
        self.clearSelection()
        self.selectionModel().clearCurrentIndex()

    # What the person does.

    def answer(self, asks: str) -> bool:
        """Do what a key asks for; return whether it was anything."""
        line, last = self.currentIndex().row(), self.model().rowCount() - 1
        steps = {"step_in": self._step_in, "step_out": self._step_out, "toggle": self.toggle}
        if asks in steps and line >= 0:
            steps[asks](line)
        elif asks in ("first", "last") and last >= 0:
            # A table goes to the first column; in a tree these keys go to the first or last row.
            self.go_to_line(0 if asks == "first" else last)
        elif asks == "leave":
            self.escaped.emit()
        else:
            return False
        return True

    def toggle(self, line: int) -> None:
        """Open a branch that is closed, and close one that is open."""
        model = self._branches
        if model is not None and model.is_branch(line):
            (model.collapse if model.is_expanded(line) else model.expand)(line)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt would make the first row current, and the panel would leave the whole file.
        QWidget.focusInEvent(self, event)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.answer(keys.asked(self._part, event)):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self.chevron_at(event.position().toPoint())
        self._is_on_chevron = line >= 0
        if line >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.toggle(line)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(event.position().toPoint().y()))
        if not (self._is_on_chevron and event.buttons()):  # Qt would drag what was pressed before
            super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def chevron_at(self, point: QPoint) -> int:
        """Return the line whose chevron is at a point of the viewport, or -1."""
        index, model = self.indexAt(point), self._branches
        if model is None or not index.isValid() or index.column():
            return -1
        cell = self.visualRect(index)
        left = cell.left() + chevron_left(model.depth_of(index.row()), cell.width()) - _NEAR
        hit = left <= point.x() < left + CHEVRON + _NEAR and model.is_branch(index.row())
        return index.row() if hit else -1

    def _step_in(self, line: int) -> None:
        model = self._branches
        if model is None or not model.is_branch(line):
            return
        if not model.is_expanded(line):
            model.expand(line)
        elif line + 1 < model.rowCount() and model.parent_of(line + 1) == line:
            self.go_to_line(line + 1)

    def _step_out(self, line: int) -> None:
        model = self._branches
        if model is None:
            return
        if model.is_branch(line) and model.is_expanded(line):
            model.collapse(line)
        elif (above := model.parent_of(line)) >= 0:
            self.go_to_line(above)

    def _hover(self, line: int) -> None:
        if line != self._delegate.hovered:
            self._delegate.hovered = line
            self.viewport().update()
