"""Three or more snapshots of one run on screen: curves, facts, and where NaN came in."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.series import Series, series_of
from inspector.core.analysis.series_words import (
    fact_text,
    health_sentence,
    snapshot_label,
    title_text,
)
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.report import ask_to_save_series
from inspector.gui.diff.series_chart import SeriesChart
from inspector.gui.diff.series_lines import QUANTITIES, CurveModel, curves_of
from inspector.gui.jobs import Job, import_in_job
from inspector.gui.theme import scaled
from inspector.gui.viewers import file_name
from inspector.gui.widgets.divider import Divided
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.notice_bar import NoticeBar
from inspector.gui.widgets.progress_strip import ProgressStrip
from inspector.gui.widgets.rows import ask_for_order
from inspector.gui.widgets.search_box import SearchBox
from inspector.gui.widgets.segments import Segments
from inspector.gui.widgets.table import Table

_SHARES = ("series/tensors", "series/curve")
_DRAWS = "Click a column to draw it over the snapshots."
_log = logging.getLogger(__name__)


class SeriesView(QWidget):
    """Fills snapshot by snapshot; what has come can be used while more is read."""

    status_changed = Signal()
    settled = Signal()

    def __init__(self, context: AppContext, files: Sequence[str]) -> None:
        super().__init__()
        self._context = context
        self._files = files
        self._inbox: deque[Series] = deque()
        self._job: Job | None = None
        self._sorting: Job | None = None
        self.series = Series([], "name")
        self.chart: SeriesChart | None = None  # pyqtgraph has to be there first
        self.title = PlainLabel(font=scaled(1.15, QFont.Weight.DemiBold))
        self.health = PlainLabel(tone="muted", wrap=True)
        self.strip = ProgressStrip()
        self.notice = NoticeBar(context.theme)
        self.search = SearchBox("Search keys")
        self.model = CurveModel(context.theme)
        self.table = Table(context.theme, self.model, "Tensors of the series")
        self.quantity = Segments([row.words for row in QUANTITIES], "What the curve shows")
        for number, row in enumerate(QUANTITIES):
            self.quantity.button(number).setToolTip(row.meaning)
        self.curve_title = PlainLabel(wrap=True)
        self.facts = QTableWidget()
        self._make_facts()
        self._lay_out()
        self.strip.cancel_requested.connect(self.cancel)
        self.search.searched.connect(lambda _: self._sort())
        self.search.left.connect(self.table.setFocus)
        self.commands: Mapping[str, Callable[[], object]] = {
            "search": self._focus_search,
            "copy_key": self._copy_key,
            "sort": lambda: ask_for_order(self.table),
            "other_side": self._other_side,
            "save_report": self.save_report,
        }
        self.table.sort_requested.connect(lambda *_: self._sort())
        self.table.selectionModel().currentChanged.connect(lambda *_: self._draw())
        self.quantity.changed.connect(lambda _: self._draw())
        self.facts.currentCellChanged.connect(lambda *_: self._draw_fact())
        context.theme.changed.connect(self._dress)
        self._dress()
        self.start()

    def start(self) -> None:
        """Read the snapshots from the first one on."""
        self.notice.hide()
        job = self._job = self._context.jobs.start(
            "Reading the series", _read, self._files, self._context.engine, self._inbox
        )
        job.progressed.connect(self._tell)
        job.succeeded.connect(lambda series: self._settle(series))
        job.failed.connect(self._fail)
        job.cancelled.connect(self._say_stopped)

    @property
    def is_busy(self) -> bool:
        """True while snapshots are being read."""
        return self._job is not None

    def cancel(self) -> None:
        """Stop; the snapshots that have been read stay."""
        if self._job is not None:
            self._job.cancel()
            self.strip.show_stopping()

    def stop(self) -> None:
        """Stop for good."""
        self.blockSignals(True)
        for job in (self._job, self._sorting):
            if job is not None:
                job.cancel()
        self._job = self._sorting = None  # what they still tell finds nobody

    def save_report(self) -> None:
        """Write what has been read into a file that the person chooses."""
        ask_to_save_series(self, self._context, self.series)

    def status(self) -> str:
        """Return the text for the status bar."""
        done = max((len(points) for points in self.series.curves.values()), default=0)
        number = len(self.series.snapshots)
        return f"{text.exact(done)} of {text.plural(number, 'snapshot')} read"

    # What comes.

    def _tell(self, fraction: float, message: str) -> None:
        if self._job is None:
            return
        self.strip.show_progress(fraction, message or "Reading the series")
        self._take()

    def _take(self) -> None:
        if self._inbox:
            self.series = self._inbox[-1]
            self._inbox.clear()
            self._show()

    def _settle(self, series: Series) -> None:
        if self._job is None:
            return
        self._job = None
        self.strip.hide()
        self._inbox.clear()
        self.series = series
        self._show()
        if series.skipped:
            self.notice.say("warning", text.printable(" ".join(series.skipped[:4]), 600))
        self.settled.emit()

    def _say_stopped(self) -> None:
        if self._job is None:
            return
        self._job = None
        self.strip.hide()
        self._take()
        self.notice.say("info", f"Stopped: {self.status()}.", ("Begin again", self.start))
        self.settled.emit()

    def _fail(self, error: Exception) -> None:
        if self._job is None:
            return
        self._job = None
        self.strip.hide()
        self._take()
        if not isinstance(error, InspectorError):
            _log.error("The series could not be read", exc_info=error)
        words = text.printable(str(error), 600)
        self.notice.say("error", words, ("Try again", self.start))
        self.settled.emit()

    def _show(self) -> None:
        series = self.series
        if self.chart is None:
            self.chart = SeriesChart(self._context.theme)
            self._curves.addWidget(self.chart, 1)
        self.title.set_plain(title_text(series))
        self.health.set_plain(health_sentence(series))
        bad = series.first_with_nan is not None
        self.health.setProperty("tone", "error" if bad else "muted")
        self.health.style().polish(self.health)
        self._fill_facts()
        self._sort()
        self.status_changed.emit()

    def _sort(self) -> None:
        if self._sorting is not None:
            self._sorting.cancel()
        column, descending = self.table.order()
        job = self._sorting = self._context.jobs.start(
            "Sorting", curves_of, self.series, self.search.text(), column, descending
        )

        def show(curves: list[object]) -> None:
            if job is not self._sorting:
                return
            self._sorting = None
            index = self.table.currentIndex()
            name = self.model.curves[index.row()].name if index.isValid() else ""
            self.model.show_curves(curves)  # type: ignore[arg-type]
            place = next((n for n, one in enumerate(self.model.curves) if one.name == name), 0)
            if self.model.curves:
                self.table.selectRow(place)
            self._draw()

        job.succeeded.connect(show)

    # What actions do here.

    def _focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _copy_key(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            name = self.model.curves[index.row()].name
            QGuiApplication.clipboard().setText(text.printable(name))

    def _other_side(self) -> None:
        to_facts = self.table.hasFocus() or self.search.hasFocus()
        other = self.facts if to_facts else self.table
        other.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _labels(self) -> list[str]:
        return [snapshot_label(self.series, n) for n in range(len(self.series.snapshots))]

    def _draw(self) -> None:
        index = self.table.currentIndex()
        if self.chart is None or not index.isValid() or index.row() >= len(self.model.curves):
            return
        curve = self.model.curves[index.row()]
        quantity = QUANTITIES[self.quantity.current()]
        values = [None if point is None else quantity.read(point) for point in curve.points]
        self.curve_title.set_plain(text.printable(curve.name, 300))
        self.chart.show_values(
            quantity.meaning, self._labels(), values, logarithmic=quantity.logarithmic
        )

    def _dress(self) -> None:
        theme = self._context.theme
        self.search.set_icons(theme.icon("search"), theme.icon("close"))

    # Facts.

    def _make_facts(self) -> None:
        self.facts.setObjectName("parts")
        self.facts.setAccessibleName("Facts of the snapshots")
        self.facts.setTabKeyNavigation(False)  # Tab would never leave it
        self.facts.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.facts.setShowGrid(False)
        self.facts.setFrameShape(QTableWidget.Shape.NoFrame)
        self.facts.verticalHeader().hide()
        self.facts.horizontalHeader().setToolTip(_DRAWS)
        self.facts.setAccessibleDescription(_DRAWS)

    def _facts_and_hint(self) -> QWidget:
        both = QWidget()
        column = QVBoxLayout(both)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        hint = PlainLabel(_DRAWS, tone="muted", wrap=True)
        hint.setContentsMargins(14, 0, 14, 0)
        column.addWidget(hint)
        column.addWidget(self.facts, 1)
        return both

    def _fill_facts(self) -> None:
        names = self.series.fact_names
        self.facts.setColumnCount(1 + len(names))
        self.facts.setRowCount(len(self.series.snapshots))
        self.facts.setHorizontalHeaderLabels(["Snapshot", *(text.printable(n, 60) for n in names)])
        for line, one in enumerate(self.series.snapshots):
            shown = [file_name(one.uri), *(fact_text(one.facts.get(name)) for name in names)]
            for place, words in enumerate(shown):
                cell = QTableWidgetItem(words)
                side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
                cell.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.facts.setItem(line, place, cell)
        header = self.facts.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def _draw_fact(self) -> None:
        place = self.facts.currentColumn() - 1
        names = self.series.fact_names
        if self.chart is not None and 0 <= place < len(names):
            values = [one.facts.get(names[place]) for one in self.series.snapshots]
            self.curve_title.set_plain(text.printable(names[place], 100))
            self.chart.show_values("", self._labels(), values)

    def _lay_out(self) -> None:
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = QWidget()
        head.setProperty("ground", "window")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words = QVBoxLayout(head)
        words.setContentsMargins(16, 8, 14, 9)
        words.setSpacing(3)
        words.addWidget(self.title)
        words.addWidget(self.health)
        self.table.set_widths({1: 8, 2: 8, 3: 8})
        # Keys of one network begin alike: in a narrow window their ends tell them apart.
        self.table.setTextElideMode(Qt.TextElideMode.ElideLeft)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        left = QWidget()
        lines = QVBoxLayout(left)
        lines.setContentsMargins(10, 8, 0, 0)
        lines.setSpacing(6)
        search = QHBoxLayout()
        search.setContentsMargins(0, 0, 10, 0)
        search.addWidget(self.search)
        lines.addLayout(search)
        lines.addWidget(self.table, 1)
        settings = self._context.settings
        upright, lying = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
        right = Divided(upright, settings, _SHARES[1], 0.62, ("Curve", "facts"))
        curves = QWidget()
        column = self._curves = QVBoxLayout(curves)
        column.setContentsMargins(14, 8, 14, 8)
        column.setSpacing(6)
        column.addWidget(self.curve_title)
        column.addWidget(self.quantity, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(curves)
        right.addWidget(self._facts_and_hint())
        splitter = Divided(lying, settings, _SHARES[0], 0.47, ("Tensors", "curve"))
        splitter.addWidget(left)
        splitter.addWidget(right)
        self.splitters = {"tensors": splitter, "curve": right}
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        for widget in (head, self.strip, self.notice):
            page.addWidget(widget)
        page.addWidget(splitter, 1)


def _read(
    files: Sequence[str], engine: Engine, inbox: deque[Series], *, progress: Progress = silent
) -> Series:
    # What the curves are drawn with, which the window is not to wait for.
    import_in_job("numpy")
    import_in_job("pyqtgraph")

    def take(series: Series) -> None:
        # A copy: the series goes on growing while the window shows this.
        inbox.append(replace(series, curves={k: [*v] for k, v in series.curves.items()}))

    return series_of(files, engine, progress, take)
