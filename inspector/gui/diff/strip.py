"""A strip beside the table: where in it something differs, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.core.analysis.comparison import STATUSES, Row, Status
from inspector.gui.diff.columns import relative_bar
from inspector.gui.diff.statuses import LOOKS, UNCHANGED
from inspector.gui.theme import Theme

_WIDTH = 16
# Where several lines fall on one line of the strip, the first of these that occurs is shown.
_RANKED: tuple[Status, ...] = (
    "unread",
    "removed",
    "added",
    "shape",
    "dtype",
    "renamed",
    "changed",
    "cast",
)
_RANK = {status: rank for rank, status in enumerate(_RANKED)}
_LEAST = 2  # pixels of a mark


class OverviewStrip(QWidget):
    """The strongest difference of every stretch, longer for larger ones; a click goes there."""

    place_chosen = Signal(float)  # 0.0 at the top to 1.0 at the bottom

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._marks: list[tuple[Status, float] | None] = []
        self._drawn: tuple[int, list[tuple[int, Status, float]]] = (-1, [])
        self._seen = (0.0, 1.0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip("Where the differences are; click to go there")
        self.setAccessibleName("Overview of the differences")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def show_rows(self, numbers: Sequence[int], rows: Sequence[Row]) -> None:
        """Show what stands in each line; -1 for a line without a row of its own."""
        self._marks = [_mark(rows[number]) if number >= 0 else None for number in numbers]
        self._drawn = (-1, [])
        self.update()

    def show_seen(self, top: float, bottom: float) -> None:
        """Show which part is on screen, as shares of all lines."""
        if (top, bottom) != self._seen:
            self._seen = (top, bottom)
            self.update()

    def marks(self) -> list[Status]:
        """Return the status of every line that has a mark, from top to bottom."""
        return [mark[0] for mark in self._marks if mark]

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 100)

    def minimumSizeHint(self) -> QSize:
        return QSize(_WIDTH, 40)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.place_chosen.emit(event.position().y() / max(1, self.height()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.window))
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.line))
        number, height = len(self._marks), self.height()
        tall = max(_LEAST, height // max(number, 1))
        for y, status, share in self._stretches(height):
            colour = QColor(getattr(colours, LOOKS[status].colour))
            wide = max(3, round((self.width() - 5) * share))
            painter.fillRect(3, y, wide, min(tall, 8), colour)
        top, bottom = (round(share * height) for share in self._seen)
        if bottom - top < height - 1:
            painter.setPen(QPen(QColor(colours.strong_line), 1))
            ground = QColor(colours.strong_line)
            ground.setAlphaF(0.25)
            painter.setBrush(ground)
            painter.drawRect(QRectF(1.5, top + 0.5, self.width() - 2.5, max(6, bottom - top - 1)))

    def _stretches(self, height: int) -> list[tuple[int, Status, float]]:
        """Return for lines of pixels what is the strongest there."""
        if self._drawn[0] == height:
            return self._drawn[1]
        best: dict[int, tuple[int, float, Status]] = {}
        number = len(self._marks)
        for line, mark in enumerate(self._marks):
            if mark is None:
                continue
            status, share = mark
            y = line * height // max(number, 1) // _LEAST * _LEAST
            found = (-_RANK.get(status, len(STATUSES)), share, status)
            if y not in best or found > best[y]:
                best[y] = found
        found_all = [(y, status, share) for y, (_, share, status) in sorted(best.items())]
        self._drawn = (height, found_all)
        return found_all


def _mark(row: Row) -> tuple[Status, float] | None:
    if row.status in UNCHANGED:
        return None
    share = relative_bar(row.measures.rel_l2) if row.measures and row.status == "changed" else 1.0
    return row.status, share
