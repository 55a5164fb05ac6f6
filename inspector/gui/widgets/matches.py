"""Where a search found its words: a ground of colour behind them."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter


def paint_match(
    painter: QPainter, metrics: QFontMetrics, area: QRect, words: str, part: str, colour: str
) -> None:
    """Paint a ground behind the first place of `part`, casefolded, in words drawn from the left."""
    at = words.casefold().find(part) if part else -1
    if at < 0:
        return
    start = metrics.horizontalAdvance(words[:at])
    width = metrics.horizontalAdvance(words[at : at + len(part)])
    height = metrics.height()
    ground = QRect(area.left() + start - 1, area.center().y() - height // 2, width + 2, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(ground, 2, 2)
