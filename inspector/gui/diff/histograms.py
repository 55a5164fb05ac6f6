"""The values of both tensors counted, on one axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import Side
from inspector.core.analysis.distribution import Distribution, distribution_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.progress import Progress, part, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import number_text
from inspector.gui.diff.opening import Sides
from inspector.gui.diff.overlay import OverlaidHistogram
from inspector.gui.theme import tabular
from inspector.gui.viewers.distribution import scale_of
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save
from inspector.gui.widgets.rounds import Round
from inspector.gui.widgets.value_scale import ValueScale

_ROWS = ("", "Mean", "Std", "Min", "Median", "Max", "Zeros", "NaN", "Inf")


class Counted(NamedTuple):
    """The distribution of each side; None where there is no tensor, or it has no elements."""

    a: Distribution | None
    b: Distribution | None


class HistogramsPage(PairViewer):
    """Both are read once; zooming works with what was counted then."""

    title = "Histograms"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.found: Counted | None = None
        self._shown_of: tuple[object, ...] = ()

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.row is not None

    def look(self, pair: PairSubject) -> None:
        if pair.shown_of == self._shown_of and self.state == "shown":
            return
        assert pair.row is not None
        a, b = pair.row.pair.a, pair.row.pair.b
        self._shown_of = pair.shown_of
        self.compute(
            "Counting values", _count, pair.sides, a, b, self.context.engine, show=self._show
        )

    def make_body(self) -> Iterator[QWidget]:
        self.histogram = OverlaidHistogram(self.context.theme)
        self.histogram.setMinimumHeight(180)
        yield self.histogram
        self.log_counts = QCheckBox("Log &counts")
        self.log_values = QCheckBox("Log &values")
        self.log_counts.toggled.connect(self.histogram.set_log)
        self.log_values.toggled.connect(self._scale)
        self.save = QPushButton("&Save picture…")
        self.save.setProperty("quiet", True)
        self.save.clicked.connect(lambda: ask_to_save(self.histogram, "histograms"))
        self.legend = PlainLabel("A filled, B as a line", tone="muted")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(3)
        self.cells: list[tuple[PlainLabel, PlainLabel]] = []
        body = QWidget()
        around = Round(body)
        for line, name in enumerate(_ROWS):
            self._grid.addWidget(PlainLabel(name, tone="muted"), line, 0)
            pair = (
                PlainLabel(font=tabular(), selectable=True),
                PlainLabel(font=tabular(), selectable=True),
            )
            for place, label in enumerate(pair, 1):
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
                self._grid.addWidget(label, line, place)
                around.add(label)
            self.cells.append(pair)
        self._grid.setColumnStretch(3, 1)
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(8)
        switches = Flow(3)
        for widget in (self.log_counts, self.log_values, self.legend):
            switches.flow.addWidget(widget)
        column.addWidget(switches)
        column.addWidget(self.histogram, 1)
        column.addLayout(self._grid)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.save)
        column.addLayout(foot)
        around.settle()
        yield body

    def _show(self, found: Counted) -> None:
        self.found = found
        if not any(one is not None and one.statistics.finite for one in found):
            self._shown_of = ()
            self.show_empty("There is nothing to count: no side has a finite number.")
            return
        self._scale()
        for line, pair in enumerate(zip(_cells(found.a, "A"), _cells(found.b, "B"), strict=True)):
            for label, words, side in zip(self.cells[line], pair, "AB", strict=True):
                label.set_plain(words)
                label.setAccessibleName(f"{side} {_ROWS[line]}: {words}")

    def _scale(self) -> None:
        if self.found is not None:
            scale = scale_together(self.found, logarithmic=self.log_values.isChecked())
            self.histogram.show_both(*self.found, scale)


def scale_together(found: Counted, *, logarithmic: bool) -> ValueScale:
    """Return a scale on which the finite values of both are."""
    scales = [
        scale_of(one, logarithmic=logarithmic)
        for one in found
        if one is not None and one.statistics.finite
    ]
    knees = [scale.knee for scale in scales]
    return ValueScale(
        min(scale.low for scale in scales), max(scale.high for scale in scales), min(knees)
    )


def _cells(found: Distribution | None, name: str) -> tuple[str, ...]:
    if found is None:
        return (name, *("–" for _ in _ROWS[1:]))
    told = found.statistics
    return (
        name,
        number_text(told.mean),
        number_text(told.std),
        number_text(told.min),
        number_text(found.quantile(0.5)),
        number_text(told.max),
        text.exact(told.zero),
        text.exact(told.nan),
        text.exact(told.posinf + told.neginf),
    )


def _count(
    sides: Sides, a: Side | None, b: Side | None, engine: Engine, *, progress: Progress = silent
) -> Counted:
    return Counted(
        _distribution(sides.a, a, engine, part(progress, 0.0, 0.5)),
        _distribution(sides.b, b, engine, part(progress, 0.5, 1.0)),
    )


def _distribution(
    checkpoint: Checkpoint, side: Side | None, engine: Engine, progress: Progress
) -> Distribution | None:
    if side is None:
        return None
    return distribution_of(checkpoint, side.tensor, engine, progress)
