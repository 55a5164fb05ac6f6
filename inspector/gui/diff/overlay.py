"""Two histograms on one axis: the first one filled, the second one as an outline over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent

from inspector.core.analysis.distribution import Distribution
from inspector.gui.theme import Theme
from inspector.gui.widgets.plot import Plot
from inspector.gui.widgets.ticks import count_ticks, log_count, log_count_ticks
from inspector.gui.widgets.value_scale import ValueScale

_FEWEST = 64  # bars in sight
_ROOM_ABOVE = 1.06


class Bin(NamedTuple):
    """How many elements of each are between two values."""

    low: float
    high: float
    a: float
    b: float


class OverlaidHistogram(Plot):
    """Bars are worked out anew for whatever part is in sight."""

    def __init__(self, theme: Theme) -> None:
        import pyqtgraph

        self._both: tuple[Distribution | None, Distribution | None] = (None, None)
        self._scale = ValueScale(0.0, 1.0)
        self._log = False
        self._bins: list[Bin] = []
        self._at: float | None = None  # where the bin is that is pointed at
        self._first = pyqtgraph.PlotDataItem(pen=None)
        self._second = pyqtgraph.PlotDataItem()
        self._here = pyqtgraph.InfiniteLine(angle=90)
        self._here.setVisible(False)
        super().__init__(theme, "Histograms of A and B")
        for item, level in ((self._first, -10), (self._second, -5)):
            item.setZValue(level)
            self.box.addItem(item)
        self.box.addItem(self._here, ignoreBounds=True)
        self.moved.connect(self._draw)
        self.hovered.connect(self._point)
        self.stepped.connect(self._step)
        theme.changed.connect(self._paint)
        self._paint()

    def show_both(self, a: Distribution | None, b: Distribution | None, scale: ValueScale) -> None:
        """Show all of a scale."""
        self._both, self._scale = (a, b), scale
        self._set_axes()
        self.set_whole((0.0, 1.0), (0.0, 1.0))
        self._draw()

    def set_log(self, on: bool) -> None:
        """Choose whether counts are shown by their logarithm."""
        self._log = on
        self._set_axes()
        self._draw()

    def bins(self) -> list[Bin]:
        """Return what is drawn, from left to right."""
        return list(self._bins)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._draw()

    def _set_axes(self) -> None:
        self.set_ticks(self._scale.ticks, log_count_ticks if self._log else count_ticks)

    def _edges(self) -> list[float]:
        low, high = self.x_range()
        low, high = max(low, 0.0), min(high, 1.0)
        width = 1.0 / 128
        while high > low and (high - low) / width < _FEWEST:
            width /= 2
        begin, end = int(low / width), min(int(high / width) + 1, round(1 / width))
        return [self._scale.value(min(n * width, 1.0)) for n in range(begin, end + 1)]

    def _draw(self) -> None:
        a, b = self._both
        if a is None and b is None:
            return
        edges = self._edges()
        nothing = [0.0] * (len(edges) - 1)
        ones = nothing if a is None else [float(number) for number in a.rebin_at(edges)]
        others = nothing if b is None else [float(number) for number in b.rebin_at(edges)]
        self._bins = [Bin(*row) for row in zip(edges[:-1], edges[1:], ones, others, strict=True)]
        base = log_count(0) if self._log else 0.0
        self._first.setData(*self._outline(ones), fillLevel=base)
        self._second.setData(*self._outline(others))
        most = max(map(self._height, (*ones, *others)), default=0.0)
        most = max(most, log_count(10) if self._log else 1.0)
        self.set_y(base, base + (most - base) * _ROOM_ABOVE)

    def _outline(self, counts: Sequence[float]) -> tuple[list[float], list[float]]:
        base = log_count(0) if self._log else 0.0
        xs: list[float] = []
        ys: list[float] = []
        for one, count in zip(self._bins, counts, strict=True):
            left, right = self._scale.position(one.low), self._scale.position(one.high)
            height = self._height(count)
            xs += (left, right)
            ys += (height, height)
        if not xs:
            return xs, ys
        return [xs[0], *xs, xs[-1]], [base, *ys, base]

    def _height(self, count: float) -> float:
        return log_count(count) if self._log else count

    def bin_at(self, position: float) -> Bin | None:
        """Return the bin at a position of the axis."""
        value = self._scale.value(min(max(position, 0.0), 1.0))
        return next((one for one in self._bins if one.low <= value < one.high), None)

    def _point(self, point: QPointF | None) -> None:
        one = None if point is None else self.bin_at(point.x())
        self._at = None if point is None or one is None else point.x()
        self._here.setVisible(one is not None)
        if one is None:
            self.say("")
            return
        self._here.setPos(self._scale.position(one.low) / 2 + self._scale.position(one.high) / 2)
        span = f"{one.low:.4g} … {one.high:.4g}".replace("-", "−")
        self.say(f"{span}   A {_count(one.a)}   B {_count(one.b)}")

    def _step(self, by: int) -> None:
        """Point at another bin."""
        position = self._scale.position
        ends = [(position(one.low), position(one.high)) for one in self._bins]
        if ends:
            self.hovered.emit(QPointF(self.step_bars(self._at, by, ends), 0))

    def _paint(self) -> None:
        import pyqtgraph
        from PySide6.QtGui import QColor

        colours = self._theme.colours
        ground = QColor(colours.container)
        ground.setAlphaF(0.45)
        self._first.setFillBrush(pyqtgraph.mkBrush(ground))
        self._second.setPen(pyqtgraph.mkPen(colours.tensor, width=1.6))
        self._here.setPen(pyqtgraph.mkPen(colours.strong_line))


def _count(number: float) -> str:
    about = "" if abs(number - round(number)) < 1e-6 else "≈ "
    return f"{about}{round(number):,}".replace(",", "\u202f")
