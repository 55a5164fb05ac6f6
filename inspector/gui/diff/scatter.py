"""Elements of A against the same ones of B, as points: some at random, and all that moved far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.difference_pictures import Points, points_of
from inspector.core.engine import Engine
from inspector.core.errors import FormatError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import number_text
from inspector.gui.diff.opening import Sides
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save
from inspector.gui.widgets.plot import Plot

_NUMBER = 20_000
_MARGIN = 0.04  # of the range, on each side


class ScatterPage(PairViewer):
    """Points on the diagonal did not change."""

    title = "Scatter"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.found: Points | None = None
        self._walk: tuple[Any, Any] = ((), ())  # what keys go through, from left to right
        self._at = -1
        self._shown_of: tuple[object, ...] = ()
        context.theme.changed.connect(self._paint)

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.both

    def look(self, pair: PairSubject) -> None:
        if pair.shown_of == self._shown_of and self.state == "shown":
            return
        self._shown_of = pair.shown_of
        try:
            ones, others = (found.tensor for found in pair.values())
        except FormatError as error:
            self.show_empty(str(error))
            return
        self.compute(
            "Drawing points",
            _points,
            pair.sides,
            (ones, others),
            self.context.engine,
            show=self._show,
        )

    def make_body(self) -> Iterator[QWidget]:
        import pyqtgraph

        self.plot = Plot(self.context.theme, "A against B", moves_y=True)
        self.plot.set_labels("A", "B")
        yield self.plot
        self._same = pyqtgraph.PlotDataItem()
        self._drawn = pyqtgraph.ScatterPlotItem(size=3, pen=None)
        self._far = pyqtgraph.ScatterPlotItem(size=6)
        for level, item in enumerate((self._same, self._drawn, self._far)):
            item.setZValue(level)
            self.plot.box.addItem(item)
        self.plot.hovered.connect(self._point)
        self.plot.stepped.connect(self._step)
        self.note = PlainLabel(tone="muted", wrap=True)
        self.save = QPushButton("&Save picture…")
        self.save.setProperty("quiet", True)
        self.save.clicked.connect(lambda: ask_to_save(self.plot, "scatter"))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 10)
        column.setSpacing(6)
        column.addWidget(self.plot, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.save)
        column.addLayout(foot)
        self._paint()
        yield body

    def _show(self, found: Points) -> None:
        import numpy as np

        self.found = found
        far = bool(found.far_a.size)
        ones, others = (found.far_a, found.far_b) if far else (found.a, found.b)
        order = np.argsort(ones, kind="stable")
        self._walk = ones[order], others[order]
        a, b = np.concatenate((found.a, found.far_a)), np.concatenate((found.b, found.far_b))
        if not a.size:
            self.show_empty("There is no pair of which both are finite.")
            return
        low = min(float(a.min()), float(b.min()))
        high = max(float(a.max()), float(b.max()))
        room = _MARGIN * (high - low) or abs(high) * 0.1 or 1.0
        whole = (low - room, high + room)
        self.plot.set_whole(whole, whole)
        self._same.setData([*whole], [*whole])
        self._drawn.setData(found.a, found.b)
        self._far.setData(found.far_a, found.far_b)
        self.note.set_plain(words_of(found))
        self.plot.describe(words_of(found))

    def _point(self, point: QPointF | None) -> None:
        self._at = -1
        self.plot.ring(None)
        self._say(point)

    def _step(self, by: int) -> None:
        """Go to another of the points that moved farthest, or of all if none stands out."""
        ones, others = self._walk
        self._at = self.plot.step_from(self._at, by, ones)
        if self._at >= 0:
            a, b = float(ones[self._at]), float(others[self._at])
            self.plot.bring_into_sight(a, b)
            self.plot.ring(a, b)
            self._say(QPointF(a, b))

    def _say(self, point: QPointF | None) -> None:
        if point is None:
            self.plot.say("")
            return
        apart = number_text(point.y() - point.x())
        self.plot.say(f"A {number_text(point.x())}   B {number_text(point.y())}   Δ {apart}")

    def _paint(self) -> None:
        if self._body is None and not hasattr(self, "_same"):
            return
        import pyqtgraph

        colours = self.context.theme.colours
        ink: Any = QColor(colours.tensor)
        ink.setAlphaF(0.45)
        self._same.setPen(pyqtgraph.mkPen(colours.strong_line, width=1))
        self._drawn.setBrush(pyqtgraph.mkBrush(ink))
        self._far.setPen(pyqtgraph.mkPen(colours.warning, width=1.4))
        self._far.setBrush(None)


def words_of(found: Points) -> str:
    """Return how many of how many points there are, and which."""
    shown = found.a.size
    fine = found.looked_at - found.odd
    said = [
        f"All {text.plural(shown, 'pair')}{' that are finite' if found.odd else ''}."
        if shown == fine and found.looked_at == found.elements
        else f"{text.plural(shown, 'pair')} of {text.exact(found.elements)}, drawn at random"
        + (
            f" out of {text.exact(found.looked_at)} in stretches that were read."
            if found.looked_at < found.elements
            else "."
        )
    ]
    if found.far_a.size:
        said.append(f"Rings: the {text.exact(found.far_a.size)} that moved farthest.")
    if found.odd:
        said.append(f"{text.plural(found.odd, 'pair')} with NaN or Inf cannot be drawn.")
    return " ".join(said)


def _points(
    sides: Sides, both: tuple[Tensor, Tensor], engine: Engine, *, progress: Progress = silent
) -> Points:
    return points_of((sides.a, sides.b), both, _NUMBER, engine, progress)
