"""The table of a comparison with its search and filters; asks jobs for lines and shows them."""

from __future__ import annotations

import logging
import time

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.gui.context import AppContext
from inspector.gui.diff.column_menus import fill_filters, fill_sorting
from inspector.gui.diff.conditions import conditions_of
from inspector.gui.diff.entries import Arrangement, Request, arrange, same_lines
from inspector.gui.diff.look import DiffLook
from inspector.gui.diff.model import DiffModel
from inspector.gui.diff.run import ComparisonRun
from inspector.gui.diff.statuses import EVERYTHING, FILTERS, Filter
from inspector.gui.diff.strip import OverviewStrip
from inspector.gui.diff.table import DiffTable
from inspector.gui.jobs import Job
from inspector.gui.tree.search import BadPattern, marked_part, matcher
from inspector.gui.tree.search_bar import SearchBar
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.segments import Segments

_log = logging.getLogger(__name__)
_LEAST_PAUSE, _MOST_PAUSE = 200, 5_000  # milliseconds between two arrangements while rows come
_HINT = (
    "Columns can be asked, too: relative>0.01  max<1e-3  cosine<0.99  changed>50%  "
    "dtype:float16  shape:512  status:nan"
)
_REST = 8  # times as long as the last one took


class DiffPane(QWidget):
    """Search and filters above, rows below, the strip beside them."""

    current_changed = Signal(int)
    menu_requested = Signal(QPoint)
    arranged = Signal()  # the lines answer what was asked last
    filter_changed = Signal()

    def __init__(self, context: AppContext, run: ComparisonRun) -> None:
        super().__init__()
        self._context = context
        self._run = run
        self._job: Job | None = None
        self._asked_at = 0.0
        self._pause = 0  # milliseconds; none before the first lines
        self._go_to = -1
        self._wanted = ""  # the name of a row to go to when there are rows
        self.filter = EVERYTHING
        self.model = DiffModel(run.rows)
        self.table = DiffTable(context.theme, context.settings, self.model)
        self.strip = OverviewStrip(context.theme)
        self.bar = SearchBar(context.theme)
        self.bar.box.setToolTip(_HINT)
        self.bar.menu.addSeparator()
        self.segments = Segments([row.words for row in FILTERS], "Which rows are shown")
        for number, row in enumerate(FILTERS):
            self.segments.button(number).setToolTip(row.meaning)
        self.chip = QPushButton()
        self.chip.setProperty("chip", True)
        self.chip.setToolTip("Remove this filter")
        self.chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.chip.setIconSize(QSize(12, 12))
        self.chip.hide()
        self.count = PlainLabel(tone="muted")
        self.group = self._button("Group by modules")
        self.group.setCheckable(True)
        self.group.setChecked(True)
        self.problem = PlainLabel(tone="error", wrap=True)
        self.problem.setContentsMargins(12, 0, 12, 8)
        self.problem.hide()
        self.nothing = PlainLabel(tone="muted", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(24, 48, 24, 24)
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self.ask)
        self._fill_columns(self.bar.menu)
        self._lay_out()
        self._connect()
        self._dress()

    # What others ask.

    def request(self) -> Request:
        """Return what is asked for now; raise BadPattern if it means nothing."""
        header = self.table.horizontalHeader()
        descending = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        pattern, conditions = conditions_of(self.bar.pattern())
        return Request(
            pattern,
            self.bar.mode,
            self.filter,
            self.group.isChecked(),
            header.sortIndicatorSection(),
            descending,
            conditions,
        )

    def look(self) -> DiffLook:
        """Return how the rows are looked at."""
        header, number = self.table.horizontalHeader(), self.table.current_number()
        return DiffLook(
            self.filter,
            self.bar.pattern(),
            self.bar.mode,
            self.group.isChecked(),
            header.sortIndicatorSection(),
            header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
            self._run.rows[number].pair.name if number >= 0 else self._wanted,
        )

    def restore(self, look: DiffLook) -> None:
        """Look in the same way as before, once there are rows; ask for it before that."""
        self.bar.set_mode(look.mode)
        self.bar.box.set_quietly(look.search)
        self.group.setChecked(look.grouped)
        header = self.table.horizontalHeader()
        way = Qt.SortOrder.DescendingOrder if look.descending else Qt.SortOrder.AscendingOrder
        with QSignalBlocker(header):
            header.setSortIndicator(look.column, way)
        self._wanted = look.row
        self._show_filter(look.filter)

    def ask(self) -> None:
        """Arrange the rows as they are now."""
        self._soon.stop()
        self.problem.hide()
        try:
            request = self.request()
            if request.pattern:
                matcher(request.pattern, request.mode, ())
        except BadPattern as bad:
            self._say_problem(str(bad))
            return
        if self._job is not None:
            self._job.cancel()
        self._asked_at = time.monotonic()
        job = self._job = self._context.jobs.start(
            "Arranging", arrange, list(self._run.rows), request
        )
        job.succeeded.connect(lambda plan: self._show(job, plan))
        job.failed.connect(lambda error: self._fail(job, error))

    def set_filter(self, wanted: Filter) -> None:
        """Show other rows."""
        if wanted != self.filter:
            self._show_filter(wanted)
            self.filter_changed.emit()
            self.ask()

    def set_grouped(self, grouped: bool) -> None:
        """Show modules with what is in them, or all tensors in one list."""
        self.group.setChecked(grouped)
        self.ask()

    def go_to(self, number: int) -> None:
        """Select a row; a search or a filter that hides it is given up first."""
        if self.table.go_to(number):
            return
        self._go_to = number
        self.clear()
        self.ask()

    def focus_search(self) -> None:
        """Put the keyboard into the search box."""
        self.bar.box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.box.selectAll()

    def clear(self) -> None:
        """Show everything."""
        self.bar.box.set_quietly("")
        self.filter = EVERYTHING
        self.segments.choose(0)
        self.chip.hide()
        self.filter_changed.emit()

    def stop(self) -> None:
        """Ask nothing more."""
        self._soon.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    @property
    def idle(self) -> bool:
        """True while nothing is being arranged, nor about to be."""
        return self._job is None and not self._soon.isActive()

    # What comes.

    def take_rows(self) -> None:
        """Show what has become known, and arrange anew before long."""
        self.table.show_again(self._run.fresh)
        if self._job is None and not self._soon.isActive():
            self._soon.start(self._pause)

    def _show(self, job: Job, plan: Arrangement) -> None:
        if job is not self._job:
            return
        self._job = None
        took = (time.monotonic() - self._asked_at) * 1000
        self._pause = round(min(max(_REST * took, _LEAST_PAUSE), _MOST_PAUSE))
        if same_lines(self.model.plan, plan):
            self.model.refresh(plan)
        else:
            self._replace(plan)
        self.table.mark(marked_part(plan.request.pattern, plan.request.mode))
        self._say(plan)
        self._mark_strip()
        self.arranged.emit()

    def _replace(self, plan: Arrangement) -> None:
        """Show other lines, and stay where one was."""
        number = self._go_to if self._go_to >= 0 else self.table.current_number()
        if self._wanted and number < 0:
            rows = enumerate(self._run.rows)
            number = next((n for n, row in rows if row.pair.name == self._wanted), -1)
        self._go_to, self._wanted = -1, ""
        scroll = self.table.verticalScrollBar()
        place = scroll.value()
        self.model.show(plan)
        if number < 0 or not self.table.go_to(number):
            scroll.setValue(place)
            if number >= 0:
                self.current_changed.emit(-1)

    def _say(self, plan: Arrangement) -> None:
        total = plan.whole.tensors
        narrowed = f"{text.exact(plan.matches)} of {text.plural(total, 'row')}"
        self.count.set_plain(narrowed if plan.request.narrows else text.plural(total, "row"))
        self._stack.setCurrentWidget(self.table if plan.entries else self.nothing)
        if not plan.entries:
            self.nothing.set_plain(self._why_nothing(plan.request, total))

    def _why_nothing(self, request: Request, total: int) -> str:
        if not total:
            return "There are no tensors to compare."
        if request.conditions:
            return "No row is like that."
        if request.pattern:
            return "No key matches."
        if request.filter.name == "changes":
            if self._run.state == "done":
                return "Nothing differs: every tensor is the same in both."
            return "No difference has been found so far."
        return "There is no such row."

    def _fail(self, job: Job, error: Exception) -> None:
        if job is not self._job:
            return
        self._job = None
        if isinstance(error, BadPattern):
            self._say_problem(str(error))
            return
        _log.error("The rows could not be arranged", exc_info=error)

    def _say_problem(self, words: str) -> None:
        self.problem.set_plain(text.printable(words, 300))
        self.problem.show()

    def _show_filter(self, wanted: Filter) -> None:
        self.filter = wanted
        known = next((n for n, row in enumerate(FILTERS) if row.name == wanted.name), None)
        if known is not None:
            self.segments.choose(known)
        self.chip.setVisible(known is None)
        self.chip.setText(f"only {wanted.words}")

    def _choose(self, number: int) -> None:
        if FILTERS[number].name != self.filter.name:
            self.set_filter(FILTERS[number])

    # Columns.

    def begin_filter(self, words: str) -> None:
        """Begin to ask something of a column: the person types the rest."""
        box = self.bar.box
        box.setText(f"{box.text().rstrip()} {words}".lstrip())
        box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        box.setCursorPosition(len(box.text()))

    def _fill_columns(self, menu: QMenu) -> None:
        sorting = menu.addMenu("&Sort by")
        header = self.table.horizontalHeader()
        sorting.aboutToShow.connect(lambda: fill_sorting(sorting, header))
        fill_filters(menu.addMenu("&Filter by"), self.begin_filter)
        columns = menu.addMenu("&Columns")
        columns.aboutToShow.connect(lambda: self.table.fill_columns(columns))

    # The strip.

    def _mark_strip(self) -> None:
        self.strip.show_marks(self.model.marks())
        self._mark_seen()

    def _mark_seen(self) -> None:
        bar = self.table.verticalScrollBar()
        whole = max(1, bar.maximum() + bar.pageStep())
        self.strip.show_seen(bar.value() / whole, (bar.value() + bar.pageStep()) / whole)

    def _scroll_to(self, share: float) -> None:
        bar = self.table.verticalScrollBar()
        whole = bar.maximum() + bar.pageStep()
        bar.setValue(round(share * whole - bar.pageStep() / 2))

    def _connect(self) -> None:
        self._context.theme.changed.connect(self._dress)
        self.bar.searched.connect(self.ask)
        self.bar.left.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        self.segments.changed.connect(self._choose)
        self.chip.clicked.connect(lambda: self.set_filter(EVERYTHING))
        self.group.clicked.connect(lambda on: self.set_grouped(on))
        self.table.sort_requested.connect(lambda *_: self.ask())
        self.table.header_menu = self._fill_columns
        self.table.current_changed.connect(self.current_changed)
        self.table.menu_requested.connect(self.menu_requested)
        self.table.escaped.connect(self.table.clear_current)
        self.table.verticalScrollBar().valueChanged.connect(lambda _: self._mark_seen())
        self.table.verticalScrollBar().rangeChanged.connect(lambda *_: self._mark_seen())
        self.strip.place_chosen.connect(self._scroll_to)
        self.model.rowsInserted.connect(self._mark_strip)
        self.model.rowsRemoved.connect(self._mark_strip)

    def _button(self, words: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setIconSize(QSize(18, 18))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _dress(self) -> None:
        self.group.setIcon(self._context.theme.icon("group"))
        self.chip.setIcon(self._context.theme.icon("close", self._context.theme.colours.accent))

    def _lay_out(self) -> None:
        search = QHBoxLayout()
        search.setContentsMargins(10, 8, 8, 6)
        search.setSpacing(6)
        search.addWidget(self.bar, 1)
        search.addWidget(self.group)
        filters = QHBoxLayout()
        filters.setContentsMargins(10, 0, 12, 6)
        filters.setSpacing(8)
        filters.addWidget(self.segments)
        filters.addWidget(self.chip)
        filters.addStretch()
        filters.addWidget(self.count)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.nothing)
        rows = QHBoxLayout()
        rows.setSpacing(0)
        rows.addWidget(self._stack, 1)
        rows.addWidget(self.strip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(search)
        column.addLayout(filters)
        column.addWidget(self.problem)
        column.addLayout(rows, 1)
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
