"""How a line of a comparison looks: signs, bars, and what is not certain yet in the background."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from inspector.core import text
from inspector.gui.diff.lines import LinesModel
from inspector.gui.theme import Theme, pixmap, tabular
from inspector.gui.tree.branches import CHEVRON, BranchDelegate, chevron_left
from inspector.gui.widgets.matches import paint_match

_Index = QModelIndex | QPersistentModelIndex
_ICON = 16
_GAP = 7
_PADDING = 10
_SIGN = 18
_LEAST_ASIDE = 40  # pixels; less would only be dots
_LEAST_WORDS = 30  # pixels; a sign alone says it, too
_BAR = 3  # pixels of height, below the number
_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class LinesDelegate(BranchDelegate):
    """Paints every cell in the theme's colours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._font = tabular()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, LinesModel)
        cell: QRect = option.rect
        colours = self._theme.colours
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected:
            painter.fillRect(cell, QColor(colours.selection))
        elif index.row() == self.hovered:
            painter.fillRect(cell, QColor(colours.hover))
        line, column = index.row(), index.column()
        if column == 0:
            self._paint_key(painter, cell, model, line, selected)
        elif model.columns[column].id == "status":
            self._paint_status(painter, cell, model, line, column, selected)
        else:
            self._paint_text(painter, cell, model, line, column, selected)
        painter.restore()

    def _paint_key(
        self, painter: QPainter, cell: QRect, model: LinesModel, line: int, selected: bool
    ) -> None:
        colours = self._theme.colours
        entry, face = model.entry(line), model.face(line)
        ratio = painter.device().devicePixelRatio()
        painter.setClipRect(cell)
        left = cell.left() + chevron_left(entry.depth, cell.width())
        top = cell.top() + (cell.height() - _ICON) // 2
        is_branch = model.is_branch(line)
        if is_branch:
            chevron = "chevron-down" if model.is_expanded(line) else "chevron-right"
            painter.drawPixmap(left + 1, top + 1, pixmap(chevron, colours.muted, 14, ratio))
        if is_branch or model.is_nested():
            left += CHEVRON
        icon = pixmap(face.icon, getattr(colours, face.colour), _ICON, ratio)
        painter.drawPixmap(left, top, icon)
        left += _ICON + _GAP
        area = QRect(left, cell.top(), cell.right() - left - 4, cell.height())
        if is_branch:
            font = painter.font()
            font.setWeight(QFont.Weight.Medium)
            painter.setFont(font)
        metrics = painter.fontMetrics()
        whole = text.printable(entry.step, 400)
        shown = metrics.elidedText(whole, Qt.TextElideMode.ElideMiddle, area.width())
        if shown == whole and not selected:
            paint_match(painter, area, whole, self.marked, colours.match)
        painter.setPen(QColor(colours.muted if face.quiet and not selected else colours.text))
        painter.drawText(area, _LINE, shown)
        more = face.aside
        room = area.adjusted(metrics.horizontalAdvance(shown) + _GAP, 0, 0, 0)
        whole_fits = metrics.horizontalAdvance(more) <= room.width()
        if more and (whole_fits or (face.aside_is_name and room.width() > _LEAST_ASIDE)):
            painter.setPen(QColor(colours.text if selected else colours.faint))
            shown = metrics.elidedText(more, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, _LINE, shown)

    def _paint_status(
        self,
        painter: QPainter,
        cell: QRect,
        model: LinesModel,
        line: int,
        column: int,
        selected: bool,
    ) -> None:
        colours = self._theme.colours
        face = model.face(line)
        area = cell.adjusted(_PADDING, 0, -4, 0)
        colour = colours.muted
        if face.look is not None:
            strong = colours.error if face.alarming else getattr(colours, face.look.colour)
            font = painter.font()
            font.setBold(face.sure)
            painter.setFont(font)
            painter.setPen(QColor(strong if face.sure else colours.faint))
            sign = QRect(area.left(), area.top(), _SIGN, area.height())
            painter.drawText(sign, _LINE, face.look.sign)
            font.setBold(False)
            font.setItalic(not face.sure)
            painter.setFont(font)
            area = area.adjusted(_SIGN, 0, 0, 0)
            if face.sure and not face.look.unchanged:
                colour = strong
        if area.width() < _LEAST_WORDS:
            return
        painter.setPen(QColor(colours.text if selected else colour))
        metrics = painter.fontMetrics()
        shown = model.text(line, column)
        shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _LINE, shown)

    def _paint_text(
        self,
        painter: QPainter,
        cell: QRect,
        model: LinesModel,
        line: int,
        column: int,
        selected: bool,
    ) -> None:
        colours = self._theme.colours
        wanted, is_branch = model.columns[column], model.is_branch(line)
        area = cell.adjusted(_PADDING, 0, -_PADDING, 0)
        share = wanted.bar(model.cell(line)) if wanted.bar else 0.0
        if share > 0:
            colour = colours.container if is_branch else colours.tensor
            alarming = model.face(line).alarming
            self._paint_bar(painter, area, share, colours.error if alarming else colour)
        painter.setFont(self._font)
        shown = model.text(line, column)
        is_quiet = is_branch or not wanted.numeric or shown in wanted.calm
        colour = colours.muted if is_quiet else colours.text
        if shown in ("…", "–"):
            colour = colours.faint
        elif shown in ("NaN", "∞"):
            colour = colours.error
        painter.setPen(QColor(colours.text if selected else colour))
        side = Qt.AlignmentFlag.AlignRight if wanted.numeric else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_bar(self, painter: QPainter, area: QRect, share: float, colour: str) -> None:
        colours = self._theme.colours
        room = QRectF(area.left(), area.bottom() - _BAR - 1, area.width(), _BAR)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(room, 1.5, 1.5)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(
            QRectF(room.left(), room.top(), max(2.0, room.width() * share), _BAR), 1.5, 1.5
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
