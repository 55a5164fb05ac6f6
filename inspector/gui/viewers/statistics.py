"""What a scan has read, as a table that sorts and can be saved."""

from __future__ import annotations

from itertools import islice
from pathlib import Path as File
from typing import Any

from PySide6.QtCore import QElapsedTimer, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.analysis.scan_files import write_file
from inspector.core.model import Node, containers, tensor_of
from inspector.core.progress import Progress, silent
from inspector.gui import notify
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject, Viewer
from inspector.gui.viewers.kinds import file_name
from inspector.gui.viewers.scan import ValueScan
from inspector.gui.viewers.statistics_table import (
    GRAVEST_FIRST,
    STATISTIC_COLUMNS,
    Line,
    NameDelegate,
    StatisticModel,
    lines_below,
)
from inspector.gui.widgets.labels import ElidedLabel, PlainLabel
from inspector.gui.widgets.table import Table

_REFRESH = 1_000  # milliseconds between two looks at what has come, at the least
_SHARE = 10  # times as long as a look takes, it is waited for the next one
_MOST_PLACES = 1_000  # that are looked at for arrays where there are no tensors
_FILTERS = "CSV table (*.csv);;JSON, as inspector stats writes it (*.json)"


def _holds_arrays(node: Node) -> bool:
    """Tell whether there is a numpy array with numbers among the first places below a node."""
    some = islice(containers(node), _MOST_PLACES)
    return any(tensor_of(child) is not None for _, parent in some for child in parent.children)


def _listed(*asked: Any, progress: Progress = silent) -> tuple[list[Line], bool]:
    """Return the rows, and whether anything was found in them."""
    lines = lines_below(*asked, progress=progress)
    return lines, any(line.findings or line.row.error for line in lines)


class StatisticsViewer(Viewer):
    """One row per tensor below the selected container; a double-click goes to it."""

    title = "Statistics"
    listed = Signal()  # the table shows what was asked last
    saved = Signal(str)

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._subject: Subject | None = None
        self._scan: ValueScan | None = None
        self._job: Job | None = None
        self._took = QElapsedTimer()
        self._took_last = 0
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._list_again)
        self.model = StatisticModel(context.theme)
        self.table = Table(context.theme, self.model, "Statistics")
        self.table.set_widths({n: column.width for n, column in enumerate(STATISTIC_COLUMNS)})
        self._delegate = NameDelegate(context.theme, self.model)
        self.table.setItemDelegateForColumn(0, self._delegate)
        # What a scan is for is seen at once; another click on the heading brings the stored order.
        header = self.table.horizontalHeader()
        header.setSortIndicator(GRAVEST_FIRST, Qt.SortOrder.AscendingOrder)
        self.table.chosen.connect(self._choose)
        self.table.sort_requested.connect(lambda *_: self._list())
        self.note = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.start = QPushButton("Scan all values")
        self.start.clicked.connect(self._start)
        self.save = QToolButton()
        self.save.setToolTip("Save as CSV or JSON…")
        self.save.setAccessibleName("Save as CSV or JSON")
        self.save.setIconSize(QSize(18, 18))
        self.save.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.save.clicked.connect(self._ask_to_save)
        self.nothing = PlainLabel(tone="muted", wrap=True)
        self._lay_out()
        self._dress()
        context.theme.changed.connect(self._dress)

    @staticmethod
    def priority(subject: Subject) -> int:
        node = subject.node
        holds = node.kind != "tensor" and (subject.totals.tensors > 0 or _holds_arrays(node))
        return USUAL - 3 if holds and subject.scan is not None else UNSUITED

    def show_subject(self, subject: Subject) -> None:
        if subject.scan is not self._scan:
            if self._scan is not None:
                self._scan.started.disconnect(self._list)
                self._scan.progressed.disconnect(self._hear)
                self._scan.settled.disconnect(self._list)
            self._scan = subject.scan
            if self._scan is not None:
                self._scan.started.connect(self._list)
                self._scan.progressed.connect(self._hear)
                self._scan.settled.connect(self._list)
        self._subject = subject
        self._list()

    def save_rows(self, path: str) -> None:
        """Write the rows as they stand, with all findings that they show, in a job."""
        rows = [line.row._replace(findings=line.findings) for line in self.model.lines]
        job = self.context.jobs.start("Saving statistics", write_file, rows, path)
        job.succeeded.connect(lambda _: self.saved.emit(path))
        job.failed.connect(lambda error: notify.error(self, "Save statistics", str(error)))

    def _start(self) -> None:
        if self._scan is not None:
            self._scan.start()

    def _hear(self) -> None:
        """Look at what has come, now and then while it is on screen."""
        if self.isVisible() and not self._later.isActive() and self._job is None:
            self._later.start(max(_REFRESH, _SHARE * self._took_last))

    def _list_again(self) -> None:
        if self.isVisible():
            self._list()

    def _list(self) -> None:
        """Ask a job for the rows below the subject, in order."""
        if self._subject is None or self._scan is None:
            return
        if self._job is not None:
            self._job.cancel()
        if not self._scan.rows.every:
            self._show([], tells=False)
            return
        self._took.start()
        scan, subject = self._scan, self._subject
        self._job = self.context.jobs.start(
            "Sorting statistics",
            _listed,
            scan.rows.by_path,
            scan.across,
            subject.node,
            subject.path,
            *self.table.order(),
        )
        self._job.succeeded.connect(lambda listed: self._show(listed[0], tells=listed[1]))
        self._say()

    def _show(self, lines: list[Line], *, tells: bool) -> None:
        self._job = None
        # Where nothing was found, the room belongs to the numbers.
        self.table.setColumnHidden(GRAVEST_FIRST, not tells)
        self._took_last = int(self._took.elapsed())
        index = self.table.currentIndex()
        here = self.model.lines[index.row()].row.path if index.isValid() else None
        place = self.table.verticalScrollBar().value()
        self.model.show_lines(lines)
        if here is not None:
            at = next((n for n, line in enumerate(lines) if line.row.path == here), -1)
            if at >= 0:
                self.table.selectRow(at)
        self.table.verticalScrollBar().setValue(place)
        self._say()
        self.listed.emit()

    def _say(self) -> None:
        scan = self._scan
        assert scan is not None
        shown = len(self.model.lines)
        self._pages.setCurrentWidget(self.table if shown else self._empty)
        words = text.plural(shown, "tensor") if shown and scan.state == "done" else scan.words()
        self.note.set_text(words)
        self.save.setEnabled(bool(shown))
        if self.start.hasFocus() and scan.is_busy:
            self.setFocus()  # until there are rows to go to; Qt would take the next best widget
        elif self.hasFocus() and shown:
            self.table.setFocus()
        self.start.setVisible(scan.state in ("idle", "stopped", "failed"))
        self.start.setText("Scan all values" if scan.state == "idle" else "Go on")
        busy = "The rows appear here as they are read."
        idle = "Reads every tensor once: NaN, infinity, zeros, extremes, mean, norm, and findings."
        self.nothing.set_plain(busy if scan.is_busy else idle if scan.state == "idle" else "")

    def _choose(self, number: int) -> None:
        self.jump_requested.emit(self.model.lines[number].row.path)

    def _ask_to_save(self) -> None:
        assert self._subject is not None
        name = File(file_name(self._subject.checkpoint.source.uri)).stem
        dialog = QFileDialog(self, "Save statistics", f"{name} statistics.csv", _FILTERS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("json" if "json" in chosen else "csv")
        )
        dialog.fileSelected.connect(self.save_rows)
        dialog.open()

    def _dress(self) -> None:
        self.save.setIcon(self.context.theme.icon("save"))

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.note, 1)
        bar.addWidget(self.start)
        bar.addWidget(self.save)
        self._empty = QWidget()
        words = QVBoxLayout(self._empty)
        words.setContentsMargins(16, 6, 16, 16)
        words.addWidget(self.nothing)
        words.addStretch()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._pages, 1)
