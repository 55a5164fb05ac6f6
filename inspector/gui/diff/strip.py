"""A strip beside the table: where in it something differs, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.core.analysis.comparison import Row, Status
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
_RANK = {status: len(_RANKED) - rank for rank, status in enumerate(_RANKED)}
_LEAST = 2  # pixels of a mark


class Mark(NamedTuple):
    """What the strip shows of a line; of several, the largest."""

    rank: int
    """Which status comes first; -1 for a line without a mark."""
    share: float
    status: Status


NO_MARK = Mark(-1, 0.0, "same")


class OverviewStrip(QWidget):
    """The strongest difference of every stretch, longer for larger ones; a click goes there."""

    place_chosen = Signal(float)  # 0.0 at the top to 1.0 at the bottom

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._marks: Sequence[Mark] = ()
        self._drawn: tuple[int, list[tuple[int, Status, float]]] = (-1, [])
        self._seen = (0.0, 1.0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip("Where the differences are; click to go there")
        self.setAccessibleName("Overview of the differences")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show what stands in each line."""
        self._marks = marks
        self._drawn = (-1, [])
        self.update()

    def show_seen(self, top: float, bottom: float) -> None:
        """Show which part is on screen, as shares of all lines."""
        if (top, bottom) != self._seen:
            self._seen = (top, bottom)
            self.update()

    def marks(self) -> list[Status]:
        """Return the status of every line that has a mark, from top to bottom."""
        return [mark.status for mark in self._marks if mark.rank >= 0]

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
        number, steps = len(self._marks), max(1, height // _LEAST)
        found = []
        for step in range(min(steps, number)):
            first, stop = step * number // steps, (step + 1) * number // steps
            if number <= steps:
                first, stop = step, step + 1
            best = max(self._marks[first:stop], default=NO_MARK)
            if best.rank >= 0:
                y = step * height // number if number <= steps else step * _LEAST
                found.append((y, best.status, best.share))
        self._drawn = (height, found)
        return found


def mark_of(row: Row | None) -> Mark:
    """Return what the strip shows of a row; of a module, None, it shows nothing."""
    if row is None or row.status in UNCHANGED:
        return NO_MARK
    measured = row.status == "changed" and row.measures is not None
    share = relative_bar(row.measures.rel_l2) if measured and row.measures else 1.0
    return Mark(_RANK[row.status], share, row.status)
