"""How a line of a comparison looks: signs, bars, and what is not certain yet in the background."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from inspector.core import text
from inspector.gui.diff.lines import LinesModel
from inspector.gui.theme import Theme, pixmap, scaled
from inspector.gui.tree.branches import CHEVRON, BranchDelegate, chevron_left
from inspector.gui.widgets.lettering import Lettering

_Index = QModelIndex | QPersistentModelIndex
_ICON = 16
_GAP = 7
_PADDING = 10
_SIGN = 18
_LEAST_ASIDE = 40  # pixels; less would only be dots
_LEAST_WORDS = 30  # pixels; a sign alone says it, too
_BAR = 3  # pixels of height, below the number


class LinesDelegate(BranchDelegate):
    """Paints every cell in the theme's colours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._bold = Lettering(scaled(1.0, QFont.Weight.Bold))
        italic = scaled(1.0)
        italic.setItalic(True)
        self._italic = Lettering(italic)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, LinesModel)
        cell: QRect = option.rect
        line, column = index.row(), index.column()
        painter.save()
        selected = self.paint_ground(painter, option, line)
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
        lettering = self.strong if is_branch else self.plain
        whole = text.printable(entry.step, 400)
        colour = colours.muted if face.quiet and not selected else colours.text
        width = self.paint_key(painter, lettering, area, whole, colour, selected=selected)
        room = area.adjusted(width + _GAP, 0, 0, 0)
        more = lettering.fit(face.aside, room.width(), middle=True)
        whole_fits = more.shown == face.aside
        if face.aside and (whole_fits or (face.aside_is_name and room.width() > _LEAST_ASIDE)):
            painter.setPen(QColor(colours.text if selected else colours.faint))
            lettering.draw(painter, room, face.aside, middle=True)

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
        colour, lettering = colours.muted, self.plain
        if face.look is not None:
            strong = colours.error if face.alarming else getattr(colours, face.look.colour)
            painter.setPen(QColor(strong if face.sure else colours.faint))
            sign = QRect(area.left(), area.top(), _SIGN, area.height())
            (self._bold if face.sure else self.plain).draw(painter, sign, face.look.sign)
            lettering = self.plain if face.sure else self._italic
            area = area.adjusted(_SIGN, 0, 0, 0)
            if face.sure and not face.look.unchanged:
                colour = strong
        if area.width() < _LEAST_WORDS:
            return
        painter.setPen(QColor(colours.text if selected else colour))
        lettering.draw(painter, area, model.text(line, column))

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
        shown = model.text(line, column)
        is_quiet = is_branch or not wanted.numeric or shown in wanted.calm
        colour = colours.muted if is_quiet else colours.text
        if shown in ("…", "–"):
            colour = colours.faint
        elif shown in ("NaN", "∞"):
            colour = colours.error
        painter.setPen(QColor(colours.text if selected else colour))
        self.figures.draw(painter, area, shown, middle=True, to_right=wanted.numeric)

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
