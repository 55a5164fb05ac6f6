"""How far tensors moved, in the order of the model: what trained and what did not, at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, log10
from typing import NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import Measures, Role, Row
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import distance_text, number_text
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save
from inspector.gui.widgets.plot import Plot
from inspector.gui.widgets.ticks import count_ticks

_PULSE = 500
_ROLES: tuple[tuple[Role, str, str, str], ...] = (
    ("weight", "Weights", "tensor", "o"),
    ("statistic", "Running statistics", "container", "t"),
    ("optimizer", "Optimizer", "module", "s"),
    ("random", "Random states", "muted", "d"),
)


class Spot(NamedTuple):
    """A tensor in the chart."""

    number: int
    place: int
    """Counted through all tensors of both, in the order of the first."""
    change: float
    """The logarithm of the relative change; where nothing changed, the bottom of the chart."""
    is_same: bool
    role: Role
    is_odd: bool = False
    """True if elements became NaN or infinite, or ceased to be: the top of the chart."""


class DepthPage(PairViewer):
    """A point per tensor; a click goes to its row."""

    title = "By depth"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.spots: Sequence[Spot] = ()
        self._pointed: Spot | None = None
        self._shown_of: tuple[object, ...] = ()
        context.theme.changed.connect(self._paint)

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return True

    def look(self, pair: PairSubject) -> None:
        run = pair.run
        shown_of = (id(run), run.state, run.sure, run.tolerance)
        if shown_of == self._shown_of and self.state == "shown":
            self._mark()
            return
        self._shown_of = shown_of
        self.compute("Drawing the chart", spots_of, list(run.rows), show=self._show)

    def make_body(self) -> Iterator[QWidget]:
        import pyqtgraph

        self.plot = Plot(self.context.theme, "Relative change of each tensor", moves_y=True)
        self.plot.set_labels("tensors, in the order of A", "relative L2")
        self.plot.set_ticks(count_ticks, _power_ticks)
        yield self.plot
        self._items = {}
        self.switches = {}
        switches = QHBoxLayout()
        switches.setSpacing(14)
        for role, words, _, symbol in _ROLES:
            item = self._items[role] = pyqtgraph.ScatterPlotItem(size=6, symbol=symbol, pen=None)
            self.plot.box.addItem(item)
            switch = self.switches[role] = QCheckBox(words)
            switch.setChecked(True)
            switch.toggled.connect(lambda _: self._draw())
            switches.addWidget(switch)
        switches.addStretch()
        self._current = pyqtgraph.InfiniteLine(angle=90)
        self.plot.box.addItem(self._current, ignoreBounds=True)
        self.plot.hovered.connect(self._say)
        self.plot.stepped.connect(self._step)
        self.plot.activated.connect(self._go)
        self.plot.canvas.scene().sigMouseClicked.connect(self._click)
        self.plot.canvas.setCursor(Qt.CursorShape.CrossCursor)
        self.note = PlainLabel(tone="muted", wrap=True)
        self.save = QPushButton("&Save picture…")
        self.save.setProperty("quiet", True)
        self.save.clicked.connect(lambda: ask_to_save(self.plot, "change-over-depth"))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 10)
        column.setSpacing(6)
        column.addLayout(switches)
        column.addWidget(self.plot, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.save, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(foot)
        self._paint()
        yield body

    def _show(self, spots: Sequence[Spot]) -> None:
        self.spots = spots
        self._point_at(None)
        if not spots:
            self._shown_of = ()
            self.show_empty("No tensor has been measured so far.")
            return
        there = {spot.role for spot in spots}
        for role, switch in self.switches.items():
            switch.setVisible(role in there)
        low = min(spot.change for spot in spots)
        high = max(spot.change for spot in spots)
        room = max(0.3, 0.06 * (high - low))
        last = max(spot.place for spot in spots)
        self.plot.set_whole((-0.02 * last - 0.6, 1.02 * last + 0.6), (low - room, high + room))
        self._draw()

    def _draw(self) -> None:
        for role, item in self._items.items():
            on = self.switches[role].isChecked()
            shown = [spot for spot in self.spots if spot.role == role] if on else []
            item.setData([spot.place for spot in shown], [spot.change for spot in shown])
        self.note.set_plain(f"{words_of(self.spots)} A click or Enter goes to the row of a point.")
        self.plot.describe(self.note.plain())
        self._mark()

    def _mark(self) -> None:
        number = self.pair.row.number if self.pair and self.pair.row else -1
        spot = next((spot for spot in self.spots if spot.number == number), None)
        self._current.setVisible(spot is not None)
        if spot is not None:
            self._current.setPos(spot.place)

    def nearest(self, point: QPointF) -> Spot | None:
        """Return the tensor that a place of the chart is nearest to."""
        (left, right), (low, high) = self.plot.box.viewRange()
        wide, tall = max(right - left, 1e-9), max(high - low, 1e-9)
        return min(
            self._switched_on(),
            key=lambda spot: (
                abs(spot.place - point.x()) / wide + abs(spot.change - point.y()) / tall
            ),
            default=None,
        )

    def _switched_on(self) -> list[Spot]:
        return [spot for spot in self.spots if self.switches[spot.role].isChecked()]

    def _say(self, point: QPointF | None) -> None:
        self._point_at(None if point is None else self.nearest(point))

    def _point_at(self, spot: Spot | None) -> None:
        self._pointed = spot
        self.plot.ring(spot and spot.place, spot.change if spot else 0.0)
        if spot is None or self.pair is None:
            self.plot.say("")
            return
        row = self.pair.run.rows[spot.number]
        change = distance_text(row.measures, row.measures.rel_l2) if row.measures else "–"
        self.plot.say(f"{text.printable(row.pair.name, 200)}   {change}")

    def _step(self, by: int) -> None:
        """Point at another tensor."""
        spots = self._switched_on()
        here = spots.index(self._pointed) if self._pointed in spots else -1
        number = self.plot.step_from(here, by, [spot.place for spot in spots])
        if number >= 0:
            self.plot.bring_into_sight(spots[number].place, spots[number].change)
            self._point_at(spots[number])

    def _click(self, event: object) -> None:
        if not event.double():  # type: ignore[attr-defined]
            self._go()

    def _go(self) -> None:
        if self._pointed is not None:
            self.row_wanted.emit(self._pointed.number)

    def _paint(self) -> None:
        if not hasattr(self, "_current"):
            return
        import pyqtgraph

        colours = self.context.theme.colours
        for role, _, colour, _ in _ROLES:
            self._items[role].setBrush(pyqtgraph.mkBrush(getattr(colours, colour)))
        self._current.setPen(pyqtgraph.mkPen(colours.accent, width=1))


def spots_of(rows: Sequence[Row], *, progress: Progress = silent) -> list[Spot]:
    """Return a spot for every tensor that was measured, above all others what is not finite."""
    found: list[tuple[Row, Measures, float | None]] = []
    for number, row in enumerate(rows):
        if number % _PULSE == 0:
            progress(number / len(rows), "Drawing the chart")
        measures = row.measures
        if measures is None or row.into is not None:
            continue
        change = measures.rel_l2
        if change is not None or measures.beyond_finite:
            height = log10(change) if change and isfinite(change) else None
            found.append((row, measures, None if measures.beyond_finite else height))
    known = [power for _, _, power in found if power is not None]
    bottom, top = (min(known) - 1, max(known) + 1) if known else (-1.0, 0.0)
    spots = []
    for row, measures, power in found:
        is_odd = bool(measures.beyond_finite)
        is_same = power is None and not is_odd and not measures.rel_l2
        at = power if power is not None else bottom if is_same else top
        spots.append(Spot(row.number, row.number, at, is_same, row.pair.role, is_odd))
    return spots


def words_of(spots: Sequence[Spot]) -> str:
    """Return how many tensors moved, and how many the chart has no height for."""
    odd = sum(spot.is_odd for spot in spots)
    same = sum(spot.is_same for spot in spots)
    words = f"{text.plural(len(spots) - same, 'tensor')} moved"
    if odd:
        words += f", {text.exact(odd)} to or from NaN or infinity: at the top"
    if same:
        words += f", {text.exact(same)} did not: at the bottom"
    return f"{words}."


def _power_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Mark powers of ten."""
    first, last = round(low - 0.49999), round(high + 0.49999)
    every = max(1, -(-(last - first + 1) // max(1, most)))
    return [
        (float(power), number_text(10.0**power))
        for power in range(first, last + 1)
        if low <= power <= high and power % every == 0
    ]
