"""Labels that show text exactly as it is: Qt would take `<b>` in a key for a command."""

from __future__ import annotations

import re
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QWidget

_BREAK = "\u200b"  # zero-width space; `printable` leaves none in a text from a checkpoint
_BREAK_AFTER = re.compile(r"[/_,:-]|\.(?!\d)")  # not inside 102.85
_LONG_RUN = re.compile(rf"[^\s{_BREAK}]{{24}}")
Tone = Literal["", "muted", "faint", "warning", "error"]


class PlainLabel(QLabel):
    """A label of plain text, in one of the theme's tones, optionally selectable and wrapped."""

    def __init__(
        self,
        text: str = "",
        *,
        tone: Tone = "",
        font: QFont | None = None,
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setProperty("tone", tone)
        if font is not None:
            self.setFont(font)
        if selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.setCursor(Qt.CursorShape.IBeamCursor)
        self._plain = ""
        self.set_plain(text)

    def set_plain(self, text: str) -> None:
        """Show `text`, which may break anywhere that helps a long key to fit."""
        self._plain = text
        self.setText(_breakable(text) if self.wordWrap() else text)

    def plain(self) -> str:
        """Return the text without the places where it may break."""
        return self._plain

    def copy_selection(self) -> None:
        """Put what is selected on the clipboard, as it was given to us."""
        QGuiApplication.clipboard().setText(_unbreakable(self.selectedText()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self.copy_selection()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.hasSelectedText():
            event.ignore()
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(self.copy_selection)
        menu.popup(event.globalPos())


class ElidedLabel(QWidget):
    """One line that gives up its middle, not its end, when there is no room."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Return the whole text, whatever part of it is on screen."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show `text`; the tool tip shows all of it."""
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(plain_tool_tip(text))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text), metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        text = self.fontMetrics().elidedText(self._text, self._mode, self.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), flags | Qt.TextFlag.TextSingleLine, text)


def plain_tool_tip(text: str, limit: int = 2000) -> str:
    """Return `text` as a tool tip that Qt will not take for rich text, whatever it contains."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<p style="white-space: pre-wrap">{escaped}</p>' if text else ""


def _breakable(text: str) -> str:
    """Let a wrapped label break long keys and paths after their dots, slashes and underscores."""
    return _LONG_RUN.sub(_add_break, _BREAK_AFTER.sub(_add_break, text))


def _add_break(match: re.Match[str]) -> str:
    return match[0] + _BREAK


def _unbreakable(text: str) -> str:
    return text.replace(_BREAK, "")
