"""What a container is made of: a table of its modules with parameters, bytes and shares."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
)

from inspector.core import text
from inspector.core.model import Node, Path
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.theme import Theme, tabular
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject, Viewer
from inspector.gui.viewers.breakdown import ALL, Part, breakdown, largest
from inspector.gui.viewers.modules_table import PART_COLUMNS, SHARE, PartModel, ShareDelegate
from inspector.gui.widgets.labels import PlainLabel

_MOST = 20_000  # rows; more than the largest of them nobody reads
_DEPTHS = ((1, "1 step"), (2, "2 steps"), (3, "3 steps"), (4, "4 steps"), (ALL, "every tensor"))
_LEAST_NAME = 130  # pixels of names, below which columns are left out
_LEFT_OUT_FIRST = (1, 2, 3)


class ModulesViewer(Viewer):
    """Parts of the selected container down to a depth; a double-click goes to one."""

    title = "Modules"
    listed = Signal()  # the table shows what was asked last

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._subject: Subject | None = None
        self._job: Job | None = None
        self.model = PartModel()
        self.table = _PartTable(context.theme, self.model)
        self.steps = QComboBox()
        self.steps.setAccessibleName("Depth")
        for depth, words in _DEPTHS:
            self.steps.addItem(words, depth)
        self.note = PlainLabel(tone="muted")
        label = QLabel("&Depth")
        label.setBuddy(self.steps)
        label.setProperty("tone", "muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.note, 1)
        bar.addWidget(label)
        bar.addWidget(self.steps)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.table, 1)
        self.steps.currentIndexChanged.connect(lambda _: self._list())
        self.table.chosen.connect(self.jump_requested)

    @staticmethod
    def priority(subject: Subject) -> int:
        holds = subject.node.kind != "tensor" and subject.totals.tensors > 0
        return USUAL - 2 if holds else UNSUITED

    def show_subject(self, subject: Subject) -> None:
        self._subject = subject
        self._list()

    def _list(self) -> None:
        if self._subject is None:
            return
        if self._job is not None:
            self._job.cancel()
        self.note.set_plain("Adding up…")
        self._job = self.context.jobs.start(
            "Adding up modules",
            _parts,
            self._subject.node,
            self._subject.path,
            self.steps.currentData(),
        )
        self._job.succeeded.connect(self._show)

    def _show(self, found: tuple[tuple[Part, ...], int]) -> None:
        self._job = None
        parts, number = found
        self.table.show_parts(parts)
        more = f", the {text.exact(len(parts))} largest shown" if len(parts) < number else ""
        self.note.set_plain(text.plural(number, "part") + more)
        self.listed.emit()


def _parts(
    node: Node, path: Path, depth: int, *, progress: Progress = silent
) -> tuple[tuple[Part, ...], int]:
    parts = breakdown(node, path, depth, progress=progress)
    return largest(parts, _MOST), len(parts)


class _PartTable(QTableView):
    """A table that sorts by its header and says which row was chosen."""

    chosen = Signal(object)  # Path

    def __init__(self, theme: Theme, model: PartModel) -> None:
        super().__init__()
        self._parts = model
        self._share = ShareDelegate(theme, model)
        self.setObjectName("parts")
        self.setFont(tabular())
        self.setModel(model)
        self.setItemDelegateForColumn(SHARE, self._share)
        self.setAccessibleName("Modules")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QTableView.Shape.NoFrame)
        metrics = QFontMetrics(tabular())
        lines = self.verticalHeader()
        lines.hide()
        lines.setDefaultSectionSize(metrics.height() + 11)
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        unit = metrics.horizontalAdvance("0")
        self._widths = {n: c.width * unit + 20 for n, c in enumerate(PART_COLUMNS) if c.width}
        for number, width in self._widths.items():
            self.setColumnWidth(number, width)
        header.sortIndicatorChanged.connect(model.sort)
        self.doubleClicked.connect(self._choose)
        theme.changed.connect(self.viewport().update)

    def show_parts(self, parts: tuple[Part, ...]) -> None:
        """Replace the rows, keeping the order that the header shows."""
        header = self.horizontalHeader()
        self._parts.show_parts(
            parts,
            header.sortIndicatorSection(),
            header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.viewport().width() - _LEAST_NAME - sum(self._widths.values())
        for number in _LEFT_OUT_FIRST:
            self.setColumnHidden(number, room < 0)
            room += self._widths[number] if room < 0 else 0

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(self._parts.part_at(index.row()).path)
