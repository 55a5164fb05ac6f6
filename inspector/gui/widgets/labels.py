"""Labels that show text exactly as it is: Qt would take `<b>` in a key for a command."""

from __future__ import annotations

import re
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QWidget

from inspector.gui import keys
from inspector.gui.theme import pixmap
from inspector.gui.widgets.outline import Outline

_BREAK = "\u200b"  # zero-width space; `printable` leaves none in a text from a checkpoint
_WORD = re.compile(r"\S{16,}")  # shorter ones go to the next line whole, as in any text
_UNIT = r"(?:[kMGTPE]?B|bytes?)\b"  # stays with its number
_BEFORE_UNIT = re.compile(rf"(?<=\d) (?={_UNIT})")
_GLUED = re.compile(rf"(?<=\d)\u00a0(?={_UNIT})")
_BREAK_AFTER = re.compile(r"[/_,:-]|\.(?!\d)")  # not inside 102.85
BY_KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
"""Why the keyboard goes away to come back before long."""
_SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)
_LONG_RUN = re.compile(rf"[^\s{_BREAK}]{{24}}")
Tone = Literal["", "muted", "faint", "warning", "error"]


class PlainLabel(QLabel):
    """A label of plain text, in one of the theme's tones, optionally selectable and wrapped.

    What is selectable has the keyboard, too: all of it is selected when that comes by keys.
    """

    visited = Signal()  # the keyboard is here
    stepped = Signal(int)  # so many labels on, by keys

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
            self.setTextInteractionFlags(_SELECTABLE)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.IBeamCursor)
        self._outline: Outline | None = None
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
        """Put what is selected on the clipboard, or all of it, as it was given to us."""
        chosen = _unbreakable(self.selectedText()) or self._plain
        QGuiApplication.clipboard().setText(chosen)

    def event(self, event: QEvent) -> bool:
        return (keys.claims(keys.FACTS, event) and self._is_selectable()) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks = keys.asked(keys.FACTS, event) if self._is_selectable() else ""
        if asks == "copy":
            self.copy_selection()
        elif asks in ("previous", "next"):
            self.stepped.emit(-1 if asks == "previous" else 1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.visited.emit()
        if event.reason() in BY_KEYS and self._outline is None:
            self.setSelection(0, len(self.text()))
            self._outline = Outline(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._outline is not None and event.reason() not in PASSING:
            self._outline.take_away()
            self._outline = None
            self.setSelection(0, 0)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._is_selectable():
            event.ignore()
            return
        menu = QMenu(self)
        menu.setAccessibleName("Text")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        colour = self.palette().color(QPalette.ColorRole.WindowText).name()
        action = menu.addAction(pixmap("copy", colour, 16, self.devicePixelRatio()), "&Copy")
        action.setShortcut(keys.keys_for(keys.FACTS, "copy"))
        action.triggered.connect(self.copy_selection)
        by_mouse = event.reason() == event.Reason.Mouse
        menu.popup(event.globalPos() if by_mouse else self.mapToGlobal(self.rect().bottomLeft()))

    def _is_selectable(self) -> bool:
        return bool(self.textInteractionFlags() & _SELECTABLE)


class ElidedLabel(QWidget):
    """One line that gives up its middle, not its end, when there is no room."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode
        self._text = ""
        self._outline: Outline | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Return the whole text, whatever part of it is on screen."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show `text`; the tool tip shows all of it."""
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(plain_tool_tip(text))
        self._offer_keys()
        self.updateGeometry()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._offer_keys()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._outline = self._outline or Outline(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._outline is not None:
            self._outline.take_away()
            self._outline = None

    def _offer_keys(self) -> None:
        """Be a stop of the Tab key while only a tip says all of it."""
        is_cut = self.fontMetrics().horizontalAdvance(self._text) > self.width()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_cut else Qt.FocusPolicy.NoFocus)

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
    words = _WORD.sub(lambda word: _BREAK_AFTER.sub(_add_break, word[0]), text)
    return _BEFORE_UNIT.sub("\u00a0", _LONG_RUN.sub(_add_break, words))


def _add_break(match: re.Match[str]) -> str:
    return match[0] + _BREAK


def _unbreakable(text: str) -> str:
    return _GLUED.sub(" ", text.replace(_BREAK, ""))
