"""How the values of the selected tensor are distributed: a histogram of any part of their range."""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.distribution import Distribution, distribution_of
from inspector.core.analysis.statistics import Statistics, measured
from inspector.core.errors import FormatError
from inspector.core.model import tensor_of
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject
from inspector.gui.viewers.computed import ComputedViewer
from inspector.gui.viewers.kinds import title_of
from inspector.gui.viewers.statistics_table import number_text
from inspector.gui.widgets.fact_tiles import FactTiles, Tile
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.histogram import Histogram, Marker
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save
from inspector.gui.widgets.scroll_down import ScrollDown
from inspector.gui.widgets.value_scale import ValueScale

_QUANTILES = (0.5, 0.01, 0.99, 0.25, 0.75, 0.05, 0.95)  # those that must be readable first
_CENTRE = (0.005, 0.995)
_KNEE = 0.01  # of the elements that are not zero are nearer to zero than where the logarithm begins
_TILES = 16  # of most tensors
_NO_HALVES = 2**52  # from here on, float64 has nothing between two whole numbers
_EXACT = 2**53  # from here on, it leaves whole numbers out
_LEAST = 5e-324  # the smallest step of float64
_LEAST_HEIGHT = 210
_UNFIT = re.compile(r"[^\w.-]+")  # for the name of a file


class DistributionViewer(ComputedViewer):
    """Reads the tensor once; zooming and switching scales work with what was counted then."""

    title = "Distribution"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.found: Distribution | None = None
        self._shown_of: Subject | None = None

    @staticmethod
    def priority(subject: Subject) -> int:
        return USUAL - 3 if tensor_of(subject.node) is not None else UNSUITED

    def ask(self, subject: Subject) -> None:
        tensor = tensor_of(subject.node)
        assert tensor is not None
        before = self._shown_of if self.state == "shown" else None
        if before and before.checkpoint is subject.checkpoint and before.node is subject.node:
            return
        self._shown_of = None
        try:
            values = measured(tensor).tensor
        except FormatError as error:
            self.show_empty(str(error))
            return
        if 0 in values.shape:
            shape = text.shape(tensor.shape)
            self.show_empty(f"There is nothing to count: the tensor has no elements ({shape}).")
            return
        self.compute(
            "Counting values",
            distribution_of,
            subject.checkpoint,
            tensor,
            self.context.engine,
            show=self._show,
        )

    def make_body(self) -> Iterator[QWidget]:
        self.histogram = Histogram(self.context.theme, "Histogram of the values")
        self.histogram.setMinimumHeight(_LEAST_HEIGHT)
        self.histogram.hovered.connect(self._say)
        self.histogram.moved.connect(self._say)
        yield self.histogram
        self.histogram.make_markers(len(_QUANTILES) + 3)  # mean ± σ
        yield self.histogram
        self.log_counts = _switch("Log &counts", "Show counts by their logarithm")
        self.log_values = _switch(
            "Log &values", "Show values by their logarithm on both sides of zero, evenly around it"
        )
        self.mean = _switch("&Mean ± σ", "Mark the mean and one standard deviation around it")
        self.quantiles = _switch("&Quantiles", "Mark 1, 5, 25, 50, 75, 95 and 99 %")
        self.centre = _quiet("Central &99 %")
        self.centre.setToolTip("Leave out the 0.5 % of the elements at either end")
        self.save = _quiet("&Save picture…")
        self.facts = FactTiles(_TILES)
        yield self.facts
        self.sentence = PlainLabel(wrap=True)
        self.note = PlainLabel(tone="muted", wrap=True)
        self.mean.setChecked(True)
        self.quantiles.setChecked(True)
        self.log_counts.toggled.connect(self.histogram.set_log)
        self.log_values.toggled.connect(self._scale)
        self.mean.toggled.connect(self._mark)
        self.quantiles.toggled.connect(self._mark)
        self.quantiles.toggled.connect(self._fill_tiles)
        self.centre.clicked.connect(self._show_centre)
        self.save.clicked.connect(self._save)
        yield self._laid_out()

    def _laid_out(self) -> QWidget:
        self._controls = Flow(spacing=6)
        for widget in (
            self.log_counts,
            self.log_values,
            self.mean,
            self.quantiles,
            self.centre,
        ):
            self._controls.flow.addWidget(widget)
        inside = QWidget()
        inside.setProperty("ground", "base")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._controls)
        column.addWidget(self.histogram, 1)
        column.addWidget(self.sentence)
        column.addWidget(self.facts)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.save, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(foot)
        self._rest = QWidget()
        column.addWidget(self._rest, 1)
        area = ScrollDown(inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _show(self, found: Distribution) -> None:
        self.found, self._shown_of = found, self.subject
        finite = found.statistics.finite > 0
        self._controls.setVisible(finite)
        self.histogram.setVisible(finite)
        self.save.setVisible(finite)
        self.sentence.setVisible(not finite)
        self._rest.setVisible(not finite)
        self._fill_tiles()
        self.note.set_plain(_accuracy(found))
        if not finite:
            self.sentence.set_plain(_none_finite(found.statistics.elements))
            return
        self._scale()
        self._mark()

    def _scale(self) -> None:
        found = self.found
        if found is None or not found.statistics.finite:
            return
        scale = scale_of(found, logarithmic=self.log_values.isChecked())
        elements = found.statistics.finite if found.distinct != 1 else 1
        self.histogram.show_counts(found.rebin_at, scale, elements)
        self.histogram.describe(_words(found))
        self._say()

    def _fill_tiles(self) -> None:
        if self.found is not None:
            tiles = tiles_of(self.found.statistics)
            if self.quantiles.isChecked():
                tiles += quantile_tiles(self.found)
            self.facts.show_tiles(tiles)

    def _mark(self) -> None:
        if self.found is not None:
            shown = (self.mean.isChecked(), self.quantiles.isChecked())
            self.histogram.mark(markers_of(self.found, *shown))

    def _show_centre(self) -> None:
        found = self.found
        if found is None:
            return
        low, high = (found.quantile(q) for q in _CENTRE)
        if low is not None and high is not None and low < high:
            half = 0.5 if found.whole else 0.0
            self.histogram.show_range(low - half, high + half)

    def _say(self, point: QPointF | None = None) -> None:
        """Say what is under the cursor, or how much is in sight."""
        found = self.found
        if found is None or not found.statistics.finite:
            return
        bar = None if point is None else self.histogram.bar_at(point.x())
        if bar is None:
            low, high = self.histogram.shown_range()
            number = float(found.rebin_at((low, high))[0])
        else:
            low, high, number = bar
        lone = found.whole and high - low == 1 and bar is not None
        span = number_text(round(low + 0.5)) if lone else _span(low, high, whole=found.whole)
        self.histogram.say(f"{span}:  {_amount(number, found)}")

    def _save(self) -> None:
        if self.subject is not None and self.state == "shown":
            name = _UNFIT.sub("-", title_of(self.subject)).strip("-")
            ask_to_save(self.histogram, f"{name or 'tensor'}-distribution")


def tiles_of(found: Statistics) -> list[Tile]:
    """Return what is told in numbers; counts with their share of all elements."""
    tiles = [
        Tile("Elements", text.exact(found.elements)),
        Tile("Min", number_text(found.min)),
        Tile("Max", number_text(found.max)),
        Tile("Mean", number_text(found.mean)),
        Tile("Std", number_text(found.std)),
        Tile("L2 norm", number_text(found.l2)),
    ]
    counts = {"Zero": found.zero, "NaN": found.nan, "+Inf": found.posinf, "−Inf": found.neginf}
    if not any((found.nan, found.posinf, found.neginf)):
        counts = {"Zero": found.zero, "NaN, ±Inf": 0}
    for name, number in counts.items():
        share = f" ({_share(number, found.elements)})" if number else ""
        tiles.append(Tile(name, text.exact(number) + share, bool(number) and name != "Zero"))
    return tiles


def markers_of(found: Distribution, mean: bool, quantiles: bool) -> list[Marker]:
    """Return the lines to draw; the first ones keep their label where there is no room for all."""
    markers = []
    told = found.statistics
    if mean and told.mean is not None:
        markers.append(Marker(told.mean, "mean", "text", 0))
        if told.std:
            markers.append(Marker(told.mean - told.std, "−σ", "text", 0, dashed=True))
            markers.append(Marker(told.mean + told.std, "+σ", "text", 0, dashed=True))
    if quantiles:
        for q in _QUANTILES:
            value = found.quantile(q)
            if value is not None:
                markers.append(Marker(value, _name(q), "module", int(mean), dashed=q != 0.5))
    return markers


def quantile_tiles(found: Distribution) -> list[Tile]:
    """Return the marked quantiles in numbers; none where all values are one."""
    if found.distinct == 1:
        return []
    values = [(_name(q), found.quantile(q)) for q in sorted(_QUANTILES)]
    return [Tile(name, number_text(value)) for name, value in values if value is not None]


def _name(quantile: float) -> str:
    return "median" if quantile == 0.5 else f"{quantile:.0%}".replace("%", " %")


def scale_of(found: Distribution, *, logarithmic: bool) -> ValueScale:
    """Return the scale on which all finite values are."""
    low, high = float(found.statistics.min or 0), float(found.statistics.max or 0)
    knee = _knee(found) if logarithmic else 0.0
    if found.whole and max(-low, high) < _NO_HALVES:
        return ValueScale(low - 0.5, high + 0.5, knee, whole=True)
    if low == high:  # in the middle of a bar that is in the middle
        unit = max((abs(low) or 2.0) / 8, _LEAST)
        return ValueScale(low - 4.5 * unit, high + 3.5 * unit, knee)
    return ValueScale(low, high, knee)


def _knee(found: Distribution) -> float:
    import numpy as np

    sizes = np.maximum(np.abs(found.lows), np.abs(found.highs))
    some = sizes > 0
    if not some.any():
        return 1.0
    order = np.argsort(sizes[some])
    upto = np.cumsum(found.counts[some][order])
    knee = float(sizes[some][order][np.searchsorted(upto, _KNEE * upto[-1])])
    # Of values that are all alike there is no logarithm to be seen.
    return max(knee, float(sizes.max()) * 1e-300, 1e-300)


def _accuracy(found: Distribution) -> str:
    said = ""
    if not found.exact:
        width = f"{100 * found.resolution:.2g}"
        said = (
            f"Counted in steps of {width} % of the value; one that two bars share is split evenly."
        )
    elif found.statistics.finite and found.statistics.min == found.statistics.max:
        said = "All finite elements have the same value."
    elif found.whole and (found.statistics.absmax or 0) > _EXACT:
        said = "Numbers beyond 2^53 count as the nearest one that float64 has."
    elif found.distinct:
        said = f"{text.exact(found.distinct)} different values, each counted for itself."
    return f"{found.note} {said}".strip()


def _none_finite(elements: int) -> str:
    if elements == 1:
        return "The only element is no finite number."
    return f"None of the {text.exact(elements)} elements is a finite number."


def _words(found: Distribution) -> str:
    told = found.statistics
    median = number_text(found.quantile(0.5))
    return (
        f"{text.plural(told.finite, 'finite element')} from {number_text(told.min)} to "
        f"{number_text(told.max)}, mean {number_text(told.mean)}, median {median}."
    )


def _span(low: float, high: float, *, whole: bool) -> str:
    if whole:
        low, high = round(low + 0.5), round(high - 0.5)
        if low >= high:
            return number_text(low)
    return f"{number_text(low)} … {number_text(high)}"


def _amount(number: float, found: Distribution) -> str:
    about = "" if abs(number - round(number)) < 1e-6 else "≈ "
    return f"{about}{text.exact(round(number))} ({_share(number, found.statistics.elements)})"


def _share(number: float, of: int) -> str:
    share = 100 * number / max(of, 1)
    if 0 < share < 0.01:
        return "< 0.01 %"
    if 99.99 < share < 100:
        return "> 99.99 %"
    return f"{share:.3g} %"


def _switch(words: str, tip: str) -> QCheckBox:
    switch = QCheckBox(words)
    switch.setToolTip(tip)
    return switch


def _quiet(words: str) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("quiet", True)
    return button
