"""Bars over a scale of values, worked out anew for whatever part of it is in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor, isqrt
from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF

from inspector.gui.theme import Theme, scaled
from inspector.gui.widgets.plot import Plot
from inspector.gui.widgets.ticks import count_ticks, log_count, log_count_ticks, round_step
from inspector.gui.widgets.value_scale import ValueScale

_FEWEST, _MOST = 8, 80  # bars in sight; never more than twice as many
_GAP_UP_TO = 48  # bars that stand apart
_GAP = 0.08  # of a bar, on each side
_ROOM_ABOVE = 1.06
_SHARE = 0.7  # of the colour of tensors in the bars
_LINE = 3  # pixels between two lines of labels

Counting = Callable[[Sequence[float]], Iterable[Any]]
"""How many elements there are from each edge to the next."""


class Marker(NamedTuple):
    """A value that deserves a line."""

    value: float
    words: str
    colour: str
    """The name of its colour in `Colours`."""
    lane: int
    """The line of labels that it is in, from the top."""
    dashed: bool = False


class Bar(NamedTuple):
    """How many elements are between two values; the upper one is not included."""

    low: float
    high: float
    number: float


class Histogram(Plot):
    """Bars and marked values; moving it asks for other bars of the same count."""

    def __init__(self, theme: Theme, name: str) -> None:
        import pyqtgraph

        self._bars: list[Bar] = []
        self._count: Counting | None = None
        self._scale = ValueScale(0.0, 1.0)
        self._fewest = _FEWEST
        self._log = False
        self._at: float | None = None  # where the bar is that is pointed at
        self._made: list[tuple[Any, Any]] = []  # lines and labels, which take long to make
        self._lines: list[tuple[Marker, Any, Any]] = []
        self._heights = (0.0, 1.0)
        self._font = scaled(0.85)
        self._filled = pyqtgraph.PlotDataItem(pen=None)
        self._pointed = pyqtgraph.PlotDataItem(pen=None)
        super().__init__(theme, name)
        for item in (self._filled, self._pointed):
            item.setZValue(-10)
            self.box.addItem(item)
        self.moved.connect(self._draw)
        self.box.sigResized.connect(self._draw)  # labels are placed by pixels
        theme.changed.connect(self._paint)
        self.hovered.connect(self._point)
        self.stepped.connect(self._step)
        self._paint()

    def show_counts(self, count: Counting, scale: ValueScale, elements: int) -> None:
        """Show all of a scale; the fewer the elements, the wider the bars, so as not to be ragged.

        Bars of whole numbers stand on whole numbers.
        """
        self._count, self._scale = count, scale
        self._fewest = min(_MOST, max(_FEWEST, isqrt(elements)))
        self._set_axes()
        self.set_whole((0.0, 1.0), (0.0, 1.0))

    def set_log(self, on: bool) -> None:
        """Choose whether counts are shown by their logarithm."""
        self._log = on
        self._set_axes()
        self._draw()

    def make_markers(self, number: int) -> None:
        """Have so many at hand, unseen: they take longer to make than to show."""
        while len(self._made) < number:
            made = self._make()
            for item in made:
                item.setVisible(False)
            self._made.append(made)

    def mark(self, markers: Sequence[Marker]) -> None:
        """Replace the marked values; where labels would overlap, earlier ones win."""
        self.make_markers(len(markers))
        for line, label in self._made:
            line.setVisible(False)
            label.setVisible(False)
        self._lines = [(marker, *made) for marker, made in zip(markers, self._made, strict=False)]
        for marker, _, label in self._lines:
            label.setText(marker.words)
        self._paint()
        self._label()

    def bars(self) -> list[Bar]:
        """Return what is drawn, from left to right."""
        return list(self._bars)

    def labels(self) -> list[str]:
        """Return the labels in sight."""
        return [marker.words for marker, _, label in self._lines if label.isVisible()]

    def show_range(self, low: float, high: float) -> None:
        """Show the values from one to another."""
        self.set_x(self._scale.position(low), self._scale.position(high))

    def shown_range(self) -> tuple[float, float]:
        """Return the values in sight."""
        low, high = self.x_range()
        return self._scale.value(max(low, 0.0)), self._scale.value(min(high, 1.0))

    def bar_at(self, position: float) -> Bar | None:
        """Return the bar at a position of the axis."""
        value = self._scale.value(min(max(position, 0.0), 1.0))
        return next((bar for bar in self._bars if bar.low <= value < bar.high), None)

    def _set_axes(self) -> None:
        self.set_ticks(self._scale.ticks, log_count_ticks if self._log else count_ticks)

    def _edges(self) -> list[float]:
        """Return edges that stay where they are while one moves to the side."""
        low, high = self.x_range()
        low, high = max(low, 0.0), min(high, 1.0)
        if self._scale.whole and not self._scale.knee:
            first, last = self._scale.value(low), self._scale.value(high)
            step = max(1, round(round_step(last - first, 2 * _MOST)))
            begin = floor((first + 0.5) / step)
            number = ceil((last + 0.5) / step) - begin
            return [(begin + n) * step - 0.5 for n in range(max(1, number) + 1)]
        width = 1.0
        while (high - low) / width < self._fewest:
            width /= 2
        begin, end = floor(low / width), ceil(high / width)
        return [self._scale.value(min(max(n * width, 0.0), 1.0)) for n in range(begin, end + 1)]

    def _draw(self) -> None:
        if self._count is None:
            return
        edges = self._edges()
        counts = self._count(edges)
        self._bars = [
            Bar(low, high, max(0.0, float(number)))
            for low, high, number in zip(edges, edges[1:], counts, strict=False)
        ]
        self._pointed.setData([], [])
        floor_of = log_count(0) if self._log else 0.0
        self._filled.setData(*self._outline(self._bars), fillLevel=floor_of)
        most = max((self._height(bar.number) for bar in self._bars), default=0.0)
        most = max(most, log_count(10) if self._log else 1.0)
        self._heights = (floor_of, most)
        self._label()

    def _outline(self, bars: Sequence[Bar]) -> tuple[list[float], list[float]]:
        """Return the corners of bars, from left to right."""
        gap = _GAP if len(self._bars) <= _GAP_UP_TO else 0.0
        base = log_count(0) if self._log else 0.0
        xs: list[float] = []
        ys: list[float] = []
        for bar in bars:
            left, right = self._scale.position(bar.low), self._scale.position(bar.high)
            left, right = left + gap * (right - left), right - gap * (right - left)
            height = self._height(bar.number)
            xs += (left, left, right, right)
            ys += (base, height, height, base)
        return xs, ys

    def _height(self, count: float) -> float:
        return log_count(count) if self._log else count

    def _make(self) -> tuple[Any, Any]:
        import pyqtgraph

        line = pyqtgraph.InfiniteLine(angle=90)
        label = pyqtgraph.TextItem(anchor=(0.5, 0), fill="w")
        label.setFont(self._font)
        label.setZValue(10)  # the lines of lanes above go behind it
        self.box.addItem(line, ignoreBounds=True)
        self.box.addItem(label, ignoreBounds=True)
        return line, label

    def _label(self) -> None:
        """Write labels into lanes above the bars, as many as do not overlap."""
        base, most = self._heights
        left, right = self.x_range()
        area = self.box.sceneBoundingRect()
        metrics = QFontMetricsF(self._font)
        lanes = max((marker.lane + 1 for marker, _, _ in self._lines), default=0)
        high = metrics.height() + _LINE
        room = max(1.0, area.height() - lanes * high - _LINE)
        top = base + (most - base) * _ROOM_ABOVE * max(area.height(), 2) / room
        self.set_y(base, top)
        taken: list[tuple[int, float, float]] = []
        for marker, line, label in self._lines:
            at = self._scale.position(marker.value)
            line.setPos(at)
            x = (at - left) / (right - left) * area.width()
            half = metrics.horizontalAdvance(marker.words) / 2 + 3
            inside = half <= x <= area.width() - half
            free = all(
                lane != marker.lane or x + half < first or x - half > last
                for lane, first, last in taken
            )
            label.setVisible(inside and free)
            line.setVisible(left <= at <= right)
            # A line begins below its label, or below all of them.
            lane = marker.lane if inside and free else lanes - 1
            line.setSpan(0, 1 - ((lane + 1) * high) / max(area.height(), high * (lanes + 1)))
            if inside and free:
                taken.append((marker.lane, x - half, x + half))
                below = (marker.lane * high) / max(area.height(), 1)
                label.setPos(at, top - below * (top - base))

    def _point(self, point: QPointF | None) -> None:
        bar = None if point is None else self.bar_at(point.x())
        self._at = None if point is None or bar is None else point.x()
        self._pointed.setData(*self._outline([bar] if bar else []))
        self._pointed.setFillLevel(log_count(0) if self._log else 0.0)

    def _step(self, by: int) -> None:
        """Point at another bar; beyond those in sight, the others come."""
        if not self._bars:
            return
        ends = [
            (self._scale.position(bar.low), self._scale.position(bar.high)) for bar in self._bars
        ]
        self.hovered.emit(QPointF(self.step_bars(self._at, by, ends), 0))

    def _paint(self) -> None:
        import pyqtgraph

        colours = self._theme.colours
        self._filled.setFillBrush(_mixed(colours.tensor, colours.base))
        self._pointed.setFillBrush(pyqtgraph.mkBrush(colours.text))
        for marker, line, label in self._lines:
            colour = getattr(colours, marker.colour)
            style = Qt.PenStyle.DashLine if marker.dashed else Qt.PenStyle.SolidLine
            line.setPen(pyqtgraph.mkPen(colour, width=1, style=style))
            label.setColor(colour)
            label.fill = pyqtgraph.mkBrush(colours.base)
            label.update()


def _mixed(colour: str, ground: str) -> QColor:
    """Return a colour that lines in front of it can be told from; opaque, unlike the grid."""
    one, other = QColor(colour), QColor(ground)
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(_SHARE * a + (1 - _SHARE) * b) for a, b in pairs))
