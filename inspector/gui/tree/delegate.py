"""How a row looks: indentation, kind, emphasis and what the search matched."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyleOptionViewItem,
    QToolTip,
)

from inspector.core.model import Kind
from inspector.gui.theme import KIND_ICONS, Colours, pixmap
from inspector.gui.tree.branches import CHEVRON, BranchDelegate, chevron_left
from inspector.gui.tree.columns import COLUMNS, aside, badges, column_number
from inspector.gui.tree.model import TreeModel

_ICON = 16
_GAP = 7
_PADDING = 10
_HALF_PADDING = 6
_BADGE = 14
_LEAST_ASIDE = 24  # pixels; less would only be dots
_BADGES = column_number("badges")
_OUTSPOKEN = (column_number("value"), column_number("size"))
_BADGE_COLOURS = {"tied": "accent", "view": "muted", "parameter": "muted"}
_KEY_START = CHEVRON + _ICON + _GAP + _HALF_PADDING


class RowDelegate(BranchDelegate):
    """Paints every cell of the tree in the theme's colours."""

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """Show a tool tip only where the cell does not show everything."""
        model = index.model()
        if isinstance(model, TreeModel) and event.type() == QEvent.Type.ToolTip:
            cell = view.visualRect(index)
            start = 2 * _PADDING
            if index.column() == 0:
                start = chevron_left(model.row_at(index.row()).depth, cell.width()) + _KEY_START
            wanted = self.figures.metrics.horizontalAdvance(index.data())
            if start + wanted <= cell.width():
                QToolTip.hideText()
                return True
        return super().helpEvent(event, view, option, index)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        model = index.model()
        assert isinstance(model, TreeModel)
        cell: QRect = option.rect
        painter.save()
        selected = self.paint_ground(painter, option, index.row())
        if index.column() == 0:
            self._paint_key(painter, cell, model, index.row(), selected)
        elif index.column() == _BADGES:
            self._paint_badges(painter, cell, model, index.row())
        else:
            self._paint_text(painter, cell, model, index, selected)
        painter.restore()

    def _paint_key(
        self, painter: QPainter, cell: QRect, model: TreeModel, number: int, selected: bool
    ) -> None:
        colours = self._theme.colours
        row = model.row_at(number)
        ratio = painter.device().devicePixelRatio()
        left = cell.left() + chevron_left(row.depth, cell.width())
        top = cell.top() + (cell.height() - _ICON) // 2
        painter.setClipRect(cell)
        if row.node.children:
            name = "chevron-down" if row.branch else "chevron-right"
            image = pixmap(name, colours.muted, 14, ratio)
            painter.drawPixmap(left + 1, top + 1, image)
        left += CHEVRON
        name, colour = KIND_ICONS[row.node.kind]
        painter.drawPixmap(left, top, pixmap(name, getattr(colours, colour), _ICON, ratio))
        left += _ICON + _GAP
        area = QRect(left, cell.top(), cell.right() - left - _HALF_PADDING, cell.height())
        whole = COLUMNS[0].text(row, model.known)
        lettering = self.strong if row.node.children else self.plain
        width = self.paint_key(painter, lettering, area, whole, colours.text, selected=selected)
        more = aside(row, model.known)
        room = area.adjusted(width + _GAP, 0, 0, 0)
        if more and room.width() > _LEAST_ASIDE:
            painter.setPen(QColor(colours.text if selected else colours.muted))
            lettering.draw(painter, room, more, middle=True)

    def _paint_text(
        self,
        painter: QPainter,
        cell: QRect,
        model: TreeModel,
        index: QModelIndex | QPersistentModelIndex,
        selected: bool,
    ) -> None:
        column = COLUMNS[index.column()]
        row = model.row_at(index.row())
        colour = _tone(self._theme.colours, row.node.kind, index.column(), selected)
        painter.setPen(QColor(colour))
        area = cell.adjusted(_PADDING, 0, -_PADDING, 0)
        shown = column.text(row, model.known)
        self.figures.draw(painter, area, shown, to_right=column.numeric)

    def _paint_badges(self, painter: QPainter, cell: QRect, model: TreeModel, number: int) -> None:
        ratio = painter.device().devicePixelRatio()
        left, top = cell.left() + _PADDING, cell.top() + (cell.height() - _BADGE) // 2
        for name, _ in badges(model.row_at(number).node, model.known):
            colour = getattr(self._theme.colours, _BADGE_COLOURS.get(name, name))
            if left + _BADGE <= cell.right():
                painter.drawPixmap(left, top, pixmap(name, colour, _BADGE, ratio))
            left += _BADGE + 4


def _tone(colours: Colours, kind: Kind, column: int, selected: bool) -> str:
    """Tensors speak up; what a container adds up to stays in the background."""
    speaks = kind in ("tensor", "array", "value", "storage") and column in _OUTSPOKEN
    return colours.text if speaks or selected else colours.muted
