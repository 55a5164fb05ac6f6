"""Rows with boxes on screen: the space bar and the mouse tick them, arrows walk the tree."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyleOptionViewItem,
    QTableView,
)

from inspector.gui import keys
from inspector.gui.export.ticks import State
from inspector.gui.export.tree_model import TICKED_COLUMNS, TickedModel
from inspector.gui.theme import KIND_ICONS, Theme, pixmap, tabular
from inspector.gui.tree.branches import CHEVRON, BranchDelegate, BranchTable
from inspector.gui.tree.lines import Row

_INDENT, _BOX, _ICON, _GAP, _PADDING = 16, 15, 16, 7, 8
_WIDTHS = {2: 13, 3: 18, 4: 9, 5: 9}  # characters
_KEY_SHARE = 0.66  # of what those leave
_MISSED_LEAST = (4, 2, 3)  # columns, where there is little room for the others
_ROOMY = 44  # characters for keys, old and new


class TickedView(BranchTable):
    """Tells of every tick; what it means is up to others."""

    ticked = Signal(list)  # Rows whose boxes were pressed
    search_requested = Signal()

    def __init__(self, theme: Theme, model: TickedModel) -> None:
        super().__init__(theme, _Delegate(theme), "Tensors to export", keys.EXPORT)
        self._ticked_model = model
        self.show_branches(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.doubleClicked.connect(lambda index: self.toggle(index.row()))

    def box_of(self, number: int) -> QRect:
        """Return where the box of a line is."""
        cell = self.visualRect(self._ticked_model.index(number, 0))
        left = _left(self._ticked_model.row_at(number), cell) + CHEVRON
        return QRect(left, cell.center().y() - _BOX // 2, _BOX, _BOX)

    def selected_rows(self) -> list[Row]:
        """Return the selected rows from top to bottom."""
        ranges = self.selectionModel().selection()
        numbers = sorted(
            number
            for at in range(ranges.count())
            for number in range(ranges.at(at).top(), ranges.at(at).bottom() + 1)
        )
        return [self._ticked_model.row_at(number) for number in numbers]

    def answer(self, asks: str) -> bool:
        index = self.currentIndex()
        if asks == "search":
            self.search_requested.emit()
        elif asks == "tick" and index.isValid():
            self.ticked.emit(self.selected_rows() or [self._ticked_model.row_at(index.row())])
        else:
            return super().answer(asks)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        QTableView.focusInEvent(self, event)  # with a first row to tick

    def chevron_at(self, point: QPoint) -> int:
        index = self.indexAt(point)
        if not index.isValid() or index.column():
            return -1
        left = self.box_of(index.row()).left()
        hit = left - CHEVRON <= point.x() < left and self._ticked_model.is_branch(index.row())
        return index.row() if hit else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and not index.column():
            box = self.box_of(index.row())
            if box.adjusted(-3, -6, 3, 6).contains(point):
                self.ticked.emit([self._ticked_model.row_at(index.row())])
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        if index.isValid() and not index.column() and point.x() < self.box_of(index.row()).right():
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        unit = QFontMetrics(tabular()).horizontalAdvance("0")
        widths = {column: many * unit + 2 * _PADDING for column, many in _WIDTHS.items()}
        left = self.viewport().width() - sum(widths.values())
        for column in _MISSED_LEAST:
            self.setColumnHidden(column, left < _ROOMY * unit)
            if self.isColumnHidden(column):
                left += widths[column]
        for column, width in widths.items():
            self.setColumnWidth(column, width)
        self.setColumnWidth(0, max(int(left * _KEY_SHARE), 16 * unit))
        self.setColumnWidth(1, max(left - self.columnWidth(0), 8 * unit))


class _Delegate(BranchDelegate):
    """Chevron, box, picture and key; the other cells are plain text."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        model = index.model()
        assert isinstance(model, TickedModel)
        row = model.row_at(index.row())
        painter.save()
        painter.setClipRect(option.rect)
        selected = self.paint_ground(painter, option, index.row())
        is_out = model.is_left_out(row.node)
        if index.column() == 0:
            self._paint_key(painter, option.rect, model, row, selected, is_out)
        else:
            self._paint_text(painter, option.rect, index, model, row, is_out)
        painter.restore()

    def _paint_key(
        self,
        painter: QPainter,
        cell: QRect,
        model: TickedModel,
        row: Row,
        selected: bool,
        is_out: bool,
    ) -> None:
        colours = self._theme.colours
        ratio = painter.device().devicePixelRatio()
        left, middle = _left(row, cell), cell.center().y()
        if row.node.children:
            name = "chevron-down" if row.branch else "chevron-right"
            painter.drawPixmap(left + 1, middle - 6, pixmap(name, colours.muted, 14, ratio))
        left += CHEVRON
        self._paint_box(painter, QRect(left, middle - _BOX // 2, _BOX, _BOX), model, row)
        left += _BOX + _GAP
        name, colour = KIND_ICONS[row.node.kind]
        tint = colours.faint if is_out else getattr(colours, colour)
        painter.drawPixmap(left, middle - _ICON // 2 + 1, pixmap(name, tint, _ICON, ratio))
        left += _ICON + _GAP
        lettering = self.strong if row.node.children else self.plain
        area = QRect(left, cell.top(), cell.right() - left - 4, cell.height())
        whole = TICKED_COLUMNS[0].text(model, row)
        colour = colours.faint if is_out else colours.text
        self.paint_key(painter, lettering, area, whole, colour, selected=selected)

    def _paint_box(self, painter: QPainter, box: QRect, model: TickedModel, row: Row) -> None:
        colours = self._theme.colours
        state: State = model.ticks.state(row.node)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        filled = state != "off"
        painter.setPen(QPen(QColor(colours.accent if filled else colours.faint), 1))
        painter.setBrush(QColor(colours.accent if filled else colours.base))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3.5, 3.5)
        x, y = box.left(), box.top()
        painter.setPen(QPen(QColor(colours.on_accent), 1.8, c=Qt.PenCapStyle.RoundCap, j=_ROUND))
        if state == "on":
            painter.drawPolyline(
                [QPointF(x + 4, y + 7.8), QPointF(x + 6.5, y + 10.3), QPointF(x + 11, y + 5)]
            )
        elif state == "mixed":
            painter.drawLine(QPointF(x + 4.5, y + 7.5), QPointF(x + 10.5, y + 7.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_text(
        self,
        painter: QPainter,
        cell: QRect,
        index: QModelIndex | QPersistentModelIndex,
        model: TickedModel,
        row: Row,
        is_out: bool,
    ) -> None:
        colours = self._theme.colours
        column = TICKED_COLUMNS[index.column()]
        area = cell.adjusted(_PADDING, 0, -_PADDING, 0)
        said = column.text(model, row)
        colour = colours.muted
        if model.why(row.node) and index.column() == 1:
            colour = colours.warning
        elif is_out:
            colour = colours.faint
        elif index.column() == 1 or "→" in said:
            colour = colours.accent
        painter.setPen(QColor(colour))
        is_new = index.column() == 1
        self.figures.draw(painter, area, said, middle=is_new, to_right=column.numeric)


_ROUND = Qt.PenJoinStyle.RoundJoin


def _left(row: Row, cell: QRect) -> int:
    return cell.left() + 4 + min(row.depth * _INDENT, cell.width() // 3)
