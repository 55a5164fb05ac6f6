"""Read-only monospaced text with line numbers; never anything but plain text."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.gui.theme import monospace


class CodeView(QPlainTextEdit):
    """A text with its line numbers in the margin, where there is more than one line."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAcceptDrops(False)  # a file that is dropped here is meant for the window
        self.setFont(monospace(0.95))
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(8)
        self._margin = _Margin(self)
        self._numbered = False
        self.updateRequest.connect(self._scroll_margin)

    def show_text(self, text: str, *, numbered: bool) -> None:
        """Show `text`; source code is numbered and not wrapped, prose the other way round."""
        self._numbered = numbered
        mode = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(mode.NoWrap if numbered else mode.WidgetWidth)
        self.setPlainText(text)
        self._margin.setVisible(numbered)
        self.setViewportMargins(self.margin_width(), 0, 0, 0)
        self._place_margin()

    def margin_width(self) -> int:
        """Return the room that the highest line number takes, with some air."""
        if not self._numbered:
            return 0
        digits = max(2, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + 20

    def paint_margin(self, event: QPaintEvent) -> None:
        """Draw the numbers of the lines on screen."""
        painter = QPainter(self._margin)
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        offset = self.contentOffset()
        while block.isValid():
            area = self.blockBoundingGeometry(block).translated(offset)
            if area.top() > event.rect().bottom():
                break
            if block.isVisible() and area.bottom() >= event.rect().top():
                rect = QRect(0, round(area.top()), self._margin.width() - 10, round(area.height()))
                painter.drawText(rect, Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))
            block = block.next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_margin()

    def _place_margin(self) -> None:
        area = self.contentsRect()
        self._margin.setGeometry(area.left(), area.top(), self.margin_width(), area.height())

    def _scroll_margin(self, rect: QRect, dy: int) -> None:
        if dy:
            self._margin.scroll(0, dy)
        else:
            self._margin.update(0, rect.y(), self._margin.width(), rect.height())


class _Margin(QWidget):
    """The strip left of the text; the view paints it because the view knows the lines."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.margin_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_margin(event)
