"""How a line of a comparison looks: signs, bars, and what is not certain yet in the background."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.core import text
from inspector.core.analysis.comparison import Module, Row
from inspector.gui.diff.columns import COLUMNS, column_number
from inspector.gui.diff.model import DiffModel
from inspector.gui.diff.statuses import LOOKS, UNCHANGED, is_alarming
from inspector.gui.theme import Theme, pixmap, tabular
from inspector.gui.tree.delegate import CHEVRON, chevron_left, row_height
from inspector.gui.widgets.matches import paint_match

_Index = QModelIndex | QPersistentModelIndex
_ICON = 16
_GAP = 7
_PADDING = 10
_SIGN = 18
_LEAST_ASIDE = 40  # pixels; less would only be dots
_BAR = 3  # pixels of height, below the number
_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_STATUS = column_number("status")


class DiffDelegate(QStyledItemDelegate):
    """Paints every cell in the theme's colours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._font = tabular()
        self.hovered = -1
        """The line under the mouse."""
        self.marked = ""
        """The part of a key to point out; empty for none."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, row_height(QFontMetrics(option.font)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, DiffModel)
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
        elif column == _STATUS:
            self._paint_status(painter, cell, model, line, selected)
        else:
            self._paint_text(painter, cell, model, line, column, selected)
        painter.restore()

    def _paint_key(
        self, painter: QPainter, cell: QRect, model: DiffModel, line: int, selected: bool
    ) -> None:
        colours = self._theme.colours
        entry, what = model.entry(line), model.cell(line)
        ratio = painter.device().devicePixelRatio()
        painter.setClipRect(cell)
        left = cell.left() + chevron_left(entry.depth, cell.width())
        top = cell.top() + (cell.height() - _ICON) // 2
        is_module = isinstance(what, Module)
        if is_module:
            chevron = "chevron-down" if model.is_open(line) else "chevron-right"
            painter.drawPixmap(left + 1, top + 1, pixmap(chevron, colours.muted, 14, ratio))
        if is_module or model.plan.request.in_modules:
            left += CHEVRON
        name, colour = ("folder", colours.container) if is_module else ("tensor", colours.tensor)
        is_statistic = isinstance(what, Row) and what.pair.role != "weight"
        if is_statistic:
            colour = colours.faint
        painter.drawPixmap(left, top, pixmap(name, colour, _ICON, ratio))
        left += _ICON + _GAP
        area = QRect(left, cell.top(), cell.right() - left - 4, cell.height())
        if is_module:
            font = painter.font()
            font.setWeight(QFont.Weight.Medium)
            painter.setFont(font)
        metrics = painter.fontMetrics()
        whole = text.printable(entry.step, 400)
        shown = metrics.elidedText(whole, Qt.TextElideMode.ElideMiddle, area.width())
        if shown == whole and not selected:
            paint_match(painter, area, whole, self.marked, colours.match)
        quiet = isinstance(what, Row) and what.status in UNCHANGED and what.sure and not selected
        painter.setPen(QColor(colours.muted if quiet or is_statistic else colours.text))
        painter.drawText(area, _LINE, shown)
        more = _aside(what)
        room = area.adjusted(metrics.horizontalAdvance(shown) + _GAP, 0, 0, 0)
        whole_fits = metrics.horizontalAdvance(more) <= room.width()
        if more and (whole_fits or (_is_name(what) and room.width() > _LEAST_ASIDE)):
            painter.setPen(QColor(colours.text if selected else colours.faint))
            shown = metrics.elidedText(more, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, _LINE, shown)

    def _paint_status(
        self, painter: QPainter, cell: QRect, model: DiffModel, line: int, selected: bool
    ) -> None:
        colours = self._theme.colours
        what = model.cell(line)
        area = cell.adjusted(_PADDING, 0, -4, 0)
        shown = model.text(line, _STATUS)
        colour = colours.muted
        if isinstance(what, Row):
            look = LOOKS[what.status]
            colour = colours.error if is_alarming(what) else getattr(colours, look.colour)
            font = painter.font()
            font.setBold(what.sure)
            painter.setFont(font)
            painter.setPen(QColor(colours.faint if not what.sure else colour))
            sign = QRect(area.left(), area.top(), _SIGN, area.height())
            painter.drawText(sign, _LINE, look.sign)
            font.setBold(False)
            font.setItalic(not what.sure)
            painter.setFont(font)
            area = area.adjusted(_SIGN, 0, 0, 0)
            if what.status in UNCHANGED:
                colour = colours.muted
        if not isinstance(what, Row) or not what.sure:
            colour = colours.muted
        painter.setPen(QColor(colours.text if selected else colour))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _LINE, shown)

    def _paint_text(
        self,
        painter: QPainter,
        cell: QRect,
        model: DiffModel,
        line: int,
        column: int,
        selected: bool,
    ) -> None:
        colours = self._theme.colours
        wanted, what = COLUMNS[column], model.cell(line)
        area = cell.adjusted(_PADDING, 0, -_PADDING, 0)
        share = wanted.bar(what) if wanted.bar else 0.0
        if share > 0:
            colour = colours.container if isinstance(what, Module) else colours.tensor
            alarming = isinstance(what, Row) and is_alarming(what)
            self._paint_bar(painter, area, share, colours.error if alarming else colour)
        painter.setFont(self._font)
        shown = model.text(line, column)
        is_quiet = isinstance(what, Module) or not wanted.numeric or shown in ("0", "1", "0 %")
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


def _is_name(what: Row | Module) -> bool:
    """Return whether what is said behind the name is one itself, of which a part says something."""
    return isinstance(what, Row) and what.status == "renamed"


def _aside(what: Row | Module) -> str:
    """Return what is said behind a name."""
    if isinstance(what, Module):
        return ""
    if what.status == "renamed" and what.pair.b is not None:
        return "→ " + text.printable(".".join(map(str, what.pair.b.path)), 300)
    return {"statistic": "running statistic", "optimizer": "optimizer"}.get(what.pair.role, "")
