"""A chart over the depth of a network: mean, spread, norm and extremes of one tensor per point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, isfinite, log10, sqrt
from typing import Any, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.health import ScanRow
from inspector.core.analysis.statistics import Statistics, scan
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.model import Node, Path, Tensor
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import Subject
from inspector.gui.viewers.breakdown import tensors_below
from inspector.gui.viewers.computed import ComputedViewer
from inspector.gui.viewers.statistics_table import number_text
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save
from inspector.gui.widgets.plot import Plot
from inspector.gui.widgets.ticks import count_ticks, number_ticks

_MOST = 20_000  # points; more lie on top of each other on any screen
_FEW = 400  # points that are drawn with a dot each
_PULSE = 200
# Name, name on a logarithmic axis, and the name of its colour in `Colours`.
SERIES = (
    ("mean", "|mean|", "accent"),
    ("std", "std", "module"),
    ("norm", "norm", "container"),
    ("max |x|", "max |x|", "warning"),
)


class Point(NamedTuple):
    """A tensor of the chart."""

    name: str
    path: Path
    tensor: Tensor
    statistics: Statistics | None
    """None if its values cannot be had."""

    def values(self) -> tuple[float, ...]:
        """Return what the series show; NaN where there is nothing."""
        found = self.statistics
        if found is None or not found.finite:
            return (float("nan"),) * len(SERIES)
        norm = None if found.l2 is None else found.l2 / sqrt(found.finite)
        values = (found.mean, found.std, norm, found.absmax)
        return tuple(float("nan") if value is None else float(value) for value in values)


class Layers(NamedTuple):
    """All points, and how many tensors there were."""

    points: Sequence[Point]
    there: int
    values: Any
    """What the series show of each point: a row of a numpy array."""
    left_out: bool = False
    """True if there is more than the state_dicts, e.g. what optimizers keep."""


class LayersChart(ComputedViewer):
    """Reads what no scan has read yet; a click goes to the tensor of a point."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._of: Checkpoint | None = None
        self._known: dict[Path, Statistics] = {}
        self._layers = Layers((), 0, None)
        self._shown: list[Point] = []
        self._curves: list[Any] = []
        self._number = -1  # of the point that is marked

    def ask(self, subject: Subject) -> None:
        if subject.checkpoint is not self._of:
            self._of, self._known = subject.checkpoint, {}
        self.compute(
            "Reading the values of all layers",
            points_of,
            subject.checkpoint,
            subject.node,
            subject.path,
            subject.scan.rows.by_path if subject.scan is not None else {},
            self._known,
            self.context.engine,
            show=self._show,
        )

    def make_body(self) -> Iterator[QWidget]:
        import pyqtgraph

        self.plot = Plot(self.context.theme, "Statistics over the depth of the network")
        self.plot.hovered.connect(self._hover)
        self.plot.stepped.connect(self._step)
        self.plot.activated.connect(lambda: self.go_to(self._number))
        self.plot.canvas.scene().sigMouseClicked.connect(self._click)
        yield self.plot
        self._curves = [pyqtgraph.PlotDataItem(connect="finite") for _ in SERIES]
        for curve in self._curves:
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        self._sick = pyqtgraph.ScatterPlotItem(symbol="x", size=9)
        self._here = pyqtgraph.InfiniteLine(angle=90)
        self._here.setVisible(False)
        for item in (*self._curves, self._sick, self._here):
            self.plot.box.addItem(item)
        self.switches = [QCheckBox(name) for name, _, _ in SERIES]
        self.log = QCheckBox("Log")
        self.log.setToolTip("Logarithmic values")
        for switch in (*self.switches, self.log):
            switch.setChecked(True)
            switch.toggled.connect(self._draw)
        self.which = QComboBox()
        self.which.setAccessibleName("Tensors")
        self.which.addItems(["weights (2 dimensions or more)", "all tensors"])
        self.which.currentIndexChanged.connect(self._draw)
        self.note = PlainLabel(tone="muted", wrap=True)
        series, row = QHBoxLayout(), QHBoxLayout()
        for line in (series, row):
            line.setContentsMargins(16, 0, 12, 0)
            line.setSpacing(12)
        for switch in self.switches:
            series.addWidget(switch)
        series.addStretch()
        row.addWidget(self.which)
        row.addStretch()
        row.addWidget(self.log)
        body = QWidget()
        body.setProperty("ground", "base")
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 6, 0, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addLayout(series)
        chart = QHBoxLayout()
        chart.setContentsMargins(16, 0, 12, 0)
        chart.addWidget(self.plot)
        column.addLayout(chart, 1)
        column.addWidget(self.note)
        self.note.setContentsMargins(16, 0, 16, 0)
        self._dress()
        self.context.theme.changed.connect(self._dress)
        yield body

    def points(self) -> list[Point]:
        """Return what is on screen, from left to right."""
        return list(self._shown)

    def go_to(self, number: int) -> None:
        """Go to the tensor of a point."""
        if 0 <= number < len(self._shown):
            self.jump_requested.emit(self._shown[number].path)

    def ask_to_save(self, name: str) -> None:
        """Ask for a file and save the chart there, with the names of its curves and its note."""
        assert self._body is not None
        named = [switch for switch in self.switches if switch.isChecked()]
        parts = [part for part in (*named, self.plot, self.note) if part.isVisible()]
        area = QRect()
        for part in parts:
            area |= QRect(part.mapTo(self._body, QPoint()), part.size())
        ask_to_save(self._body, name, area, parts)

    def _show(self, layers: Layers) -> None:
        self._layers = layers
        for point in layers.points:
            if point.statistics is not None:
                self._known[point.path] = point.statistics
        if not layers.points:
            self.show_empty("There are no tensors of floating-point numbers here.")
            return
        has_weights = any(len(point.tensor.shape) > 1 for point in layers.points)
        self.which.setVisible(has_weights)
        if not has_weights:
            self.which.setCurrentIndex(1)
        self._draw()

    def _draw(self) -> None:
        import numpy as np

        points = self._layers.points
        chosen = list(range(len(points)))
        if self.which.currentIndex() == 0:
            chosen = [number for number, point in enumerate(points) if len(point.tensor.shape) > 1]
        self._shown = [points[number] for number in chosen]
        values = self._layers.values[chosen]
        if self.log.isChecked():
            with np.errstate(all="ignore"):
                values = np.log10(np.abs(values))
        values = np.where(np.isfinite(values), values, np.nan)
        places = np.arange(1, len(chosen) + 1)
        for number, (curve, switch) in enumerate(zip(self._curves, self.switches, strict=True)):
            switch.setText(SERIES[number][1 if self.log.isChecked() else 0])
            curve.setVisible(switch.isChecked())
            curve.setData(places, values[:, number])
        seen = values[:, [switch.isChecked() for switch in self.switches]]
        seen = seen[np.isfinite(seen)]
        low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
        sick = [n for n, p in enumerate(self._shown, 1) if _is_sick(p)]
        margin = (high - low) * 0.06 or abs(high) * 0.1 or 0.5
        self._sick.setData(sick, [low - margin / 2] * len(sick))
        self.plot.set_ticks(count_ticks, power_ticks if self.log.isChecked() else number_ticks)
        self.plot.set_labels("tensor, in stored order")
        self.plot.set_whole((0.5, len(places) + 0.5), (low - margin, high + margin))
        few = len(places) <= _FEW
        self.plot.canvas.setAntialiasing(few)
        for curve in self._curves:
            curve.setSymbol("o" if few else None)
        self._hover(None)
        self._say()

    def _say(self) -> None:
        there, shown = self._layers.there, len(self._layers.points)
        unread = sum(point.statistics is None for point in self._shown)
        sick = sum(map(_is_sick, self._shown))
        words = [f"The first {text.exact(shown)} of {text.exact(there)}."] if shown < there else []
        if self._layers.left_out:
            words.append("Only the state_dicts; select what lies beside them to chart it.")
        if unread:
            words.append(f"{text.plural(unread, 'tensor')} could not be read.")
        if sick:
            words.append(f"× NaN or infinity in {text.plural(sick, 'tensor')}; left out of values.")
        self.note.set_plain(" ".join(words))
        self.note.setVisible(bool(words))
        self.plot.describe(f"{len(self._shown)} tensors. {' '.join(words)}")

    def _hover(self, place: QPointF | None) -> None:
        number = -1 if place is None else round(place.x()) - 1
        there = 0 <= number < len(self._shown)
        self._here.setVisible(there)
        self._number = number if there else -1
        if not there:
            self.plot.say("Norm is L2 / √n" if self.switches[2].isChecked() else "")
            return
        self._here.setValue(number + 1)
        point = self._shown[number]
        self.plot.say(point_text(point))

    def _step(self, by: int) -> None:
        """Mark another point, or the first one in sight."""
        number = self.plot.step_from(self._number, by, range(1, len(self._shown) + 1))
        self._hover(QPointF(number + 1, 0))

    def _click(self, event: Any) -> None:
        inside = self.plot.box.sceneBoundingRect().contains(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and inside and not event.double():
            self.go_to(round(self.plot.box.mapSceneToView(event.scenePos()).x()) - 1)

    def _dress(self) -> None:
        import pyqtgraph

        colours = self.context.theme.colours
        for curve, switch, row in zip(self._curves, self.switches, SERIES, strict=True):
            colour = QColor(getattr(colours, row[2]))
            # The norm is close to the spread where the mean is small: it shows on both sides of it.
            wide = row[0] == "norm"
            curve.setPen(pyqtgraph.mkPen(colour, width=4 if wide else 1.5))
            curve.setZValue(0 if wide else 1)
            curve.setOpacity(0.6 if wide else 1)
            curve.setSymbolPen(None)
            curve.setSymbolBrush(colour)
            curve.setSymbolSize(5)
            switch.setStyleSheet(f"QCheckBox {{ color: {colour.name()}; }}")
        self._sick.setPen(pyqtgraph.mkPen(colours.error, width=2))
        self._here.setPen(pyqtgraph.mkPen(colours.strong_line))


def points_of(
    checkpoint: Checkpoint,
    node: Node,
    path: Path,
    rows: Mapping[Path, ScanRow],
    known: Mapping[Path, Statistics],
    engine: Engine,
    *,
    progress: Progress = silent,
) -> Layers:
    """Return a point for every tensor of numbers below a node, reading what is not known yet."""
    import numpy as np

    base = path[:-1] if node.kind in ("group", "repeat") else path
    points: list[Point] = []
    places = [place for place in checkpoint.recognition.state_dicts if place[: len(base)] == base]
    there, left_out = 0, False
    for number, (below, tensor) in enumerate(tensors_below(node)):
        if number % _PULSE == 0:
            progress(0.0, "Looking for tensors")
        if tensor.dtype.kind not in ("float", "complex") or not tensor.elements:
            continue
        place = (*base, *below)
        if places and not any(place[: len(start)] == start for start in places):
            left_out = True
            continue
        there += 1
        if len(points) < _MOST:
            row = rows.get(place)
            found = row.statistics if row is not None else known.get(place)
            points.append(Point(".".join(map(str, below)), place, tensor, found))
    missing = [
        (number, point.tensor)
        for number, point in enumerate(points)
        if point.statistics is None and point.path not in rows
    ]
    for number, found_now in scan(checkpoint, missing, engine, progress) if missing else ():
        if isinstance(found_now, Statistics):
            points[number] = points[number]._replace(statistics=found_now)
    return Layers(points, there, np.array([point.values() for point in points]), left_out)


def point_text(point: Point) -> str:
    """Return name and numbers of a point on one line."""
    name = text.printable(point.name, 200)
    if point.statistics is None:
        return f"{name} · could not be read"
    values = [
        f"{row[0]} {number_text(value)}"
        for row, value in zip(SERIES, point.values(), strict=True)
        if isfinite(value)
    ]
    sick = point.statistics.elements - point.statistics.finite
    if sick:
        values.insert(0, f"{text.exact(sick)} NaN or Inf")
    return " · ".join([name, *values])


def power_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Mark powers of ten on an axis of logarithms, and digits between where there are few."""
    digits = (1, 2, 5) if high - low < 2 else (1,)
    powers = range(floor(low), ceil(high) + 1)
    marks = [(power + log10(digit), digit * 10.0**power) for power in powers for digit in digits]
    inside = [(place, f"{mark:.3g}") for place, mark in marks if low <= place <= high]
    return inside[:: max(1, ceil(len(inside) / max(1, most)))]


def _is_sick(point: Point) -> bool:
    return point.statistics is not None and point.statistics.finite < point.statistics.elements
