"""Curves over the snapshots of a series: one quantity of one tensor, or one fact."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.gui.diff.columns import number_text
from inspector.gui.theme import Theme
from inspector.gui.widgets.plot import Plot
from inspector.gui.widgets.ticks import number_ticks


class SeriesChart(QWidget):
    """A point for each snapshot, with lines between neighbours that are both there."""

    def __init__(self, theme: Theme) -> None:
        import pyqtgraph

        super().__init__()
        self._theme = theme
        self._labels: Sequence[str] = ()
        self._values: Sequence[float | None] = ()
        self._heights: Sequence[float] = ()
        self._place = -1  # of the snapshot that is pointed at
        self.plot = Plot(theme, "Along the snapshots")
        self._line = pyqtgraph.PlotDataItem(symbol="o", symbolSize=6, connect="finite")
        self.plot.box.addItem(self._line)
        self.plot.hovered.connect(self._say)
        self.plot.stepped.connect(self._step)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        theme.changed.connect(self._paint)
        self._paint()

    def show_values(
        self,
        title: str,
        labels: Sequence[str],
        values: Sequence[float | None],
        *,
        logarithmic: bool = False,
    ) -> None:
        """Replace the curve; what is not there or not finite leaves a gap."""
        self._labels, self._values = labels, values
        drawn = self._heights = [_height(value, logarithmic=logarithmic) for value in values]
        there = [value for value in drawn if isfinite(value)]
        low, high = (min(there), max(there)) if there else (0.0, 1.0)
        room = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
        self.plot.set_labels(y=title)
        self.plot.set_ticks(self._ticks, _powers if logarithmic else number_ticks)
        self.plot.set_whole((-0.5, max(0.5, len(values) - 0.5)), (low - room, high + room))
        self._line.setData(list(range(len(drawn))), drawn)
        self.plot.describe(
            "; ".join(
                f"{label}: {number_text(v)}" for label, v in zip(labels, values, strict=False)
            )
        )
        self._say(None)

    def _ticks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        every = max(1, -(-len(self._labels) // max(1, most)))
        return [
            (float(place), label)
            for place, label in enumerate(self._labels)
            if place % every == 0 and low <= place <= high
        ]

    def _say(self, point: QPointF | None) -> None:
        place = -1 if point is None else round(point.x())
        there = 0 <= place < len(self._values)
        self._place = place if there else -1
        height = self._heights[place] if there else float("nan")
        self.plot.ring(place if isfinite(height) else None, height)
        if not there:
            self.plot.say("")
            return
        label = text.printable(self._labels[place], 60)
        self.plot.say(f"{label}   {number_text(self._values[place])}")

    def _step(self, by: int) -> None:
        """Point at another snapshot."""
        place = self.plot.step_from(self._place, by, range(len(self._values)))
        self._say(QPointF(place, 0))

    def _paint(self) -> None:
        import pyqtgraph

        colour = self._theme.colours.tensor
        self._line.setPen(pyqtgraph.mkPen(colour, width=1.6))
        self._line.setSymbolBrush(pyqtgraph.mkBrush(colour))
        self._line.setSymbolPen(None)


def _height(value: float | None, *, logarithmic: bool) -> float:
    if value is None or not isfinite(value) or (logarithmic and value <= 0):
        return float("nan")
    return log10(value) if logarithmic else value


def _powers(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Mark 1, 2 and 5 times powers of ten, or powers alone where there is less room."""
    marks = [
        power + log10(factor)
        for power in range(floor(low), ceil(high) + 1)
        for factor in ((1, 2, 5) if high - low < most / 3 else (1,))
    ]
    shown = [place for place in marks if low <= place <= high]
    every = max(1, -(-len(shown) // max(1, most)))
    return [(place, number_text(10.0**place)) for place in shown[::every]]
