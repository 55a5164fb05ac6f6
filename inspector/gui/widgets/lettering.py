"""Short texts that are painted again and again: each is fitted and laid out once."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStaticText, QTextOption, QTransform

_REMEMBERED = 2_000  # texts; a screen of a table has some 250 cells
_PLAIN = QTransform()


class Fitted(NamedTuple):
    """A text as it fits into a width."""

    shown: str
    width: float
    """Pixels that it takes."""
    height: float
    """The same; a script that the font lacks can be higher or lower."""
    laid_out: QStaticText


class Lettering:
    """One font, and how texts look in it.

    Laying a text out takes Qt several times as long as drawing it (7 and 2 us for a dtype, 14 and
    6 for a key), and measuring it as long again; tables show the same texts over and over.
    """

    def __init__(self, font: QFont) -> None:
        self._font = font
        self.metrics = QFontMetrics(font)
        # Left to itself, Qt turns a key around that begins with a letter of Arabic or Hebrew.
        self._option = QTextOption()
        self._option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        self._known: dict[tuple[str, int, bool], Fitted] = {}

    def fit(self, words: str, width: int, *, middle: bool = False) -> Fitted:
        """Return one line for `width` pixels; what is too long has dots at its end, or `middle`."""
        key = words, width, middle
        fitted = self._known.get(key)
        if fitted is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            fitted = self._known[key] = self._fit(words, width, middle)
        return fitted

    def draw(
        self,
        painter: QPainter,
        area: QRect,
        words: str,
        *,
        middle: bool = False,
        to_right: bool = False,
    ) -> None:
        """Draw one line in the middle of the height of `area`, from its left or to its right."""
        fitted = self.fit(words, area.width(), middle=middle)
        left = area.left() + (area.width() - fitted.width if to_right else 0.0)
        painter.setFont(self._font)
        top = area.top() + (area.height() - fitted.height) / 2
        painter.drawStaticText(QPointF(left, top), fitted.laid_out)

    def _fit(self, words: str, width: int, middle: bool) -> Fitted:
        laid_out = self._lay_out(words)
        if laid_out.size().width() > width:
            mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
            words = self.metrics.elidedText(words, mode, width)
            laid_out = self._lay_out(words)
        size = laid_out.size()
        return Fitted(words, size.width(), size.height(), laid_out)

    def _lay_out(self, words: str) -> QStaticText:
        laid_out = QStaticText(words)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.setTextOption(self._option)
        laid_out.prepare(_PLAIN, self._font)
        return laid_out
