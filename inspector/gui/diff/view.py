"""A comparison on screen: banner, table and panel, and what they ask of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import STATUSES, Candidate, Measures, Status, Tolerance
from inspector.core.progress import Progress, empty, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.banner import DiffBanner
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.look import USUAL_LOOK, DiffLook
from inspector.gui.diff.opening import Sides
from inspector.gui.diff.other_values import ValuesPage
from inspector.gui.diff.overview import OverviewPage
from inspector.gui.diff.pages import PAGES
from inspector.gui.diff.pane import DiffPane
from inspector.gui.diff.panel import DiffPanel
from inspector.gui.diff.report import ask_to_save_report
from inspector.gui.diff.run import ComparisonRun, measure_pair
from inspector.gui.diff.statuses import EVERYTHING, FILTERS, UNCHANGED, only
from inspector.gui.diff.summary import SummaryPage
from inspector.gui.diff.values_tree import differing_words
from inspector.gui.jobs import undisturbed
from inspector.gui.turns import Turns
from inspector.gui.widgets.divider import Divided
from inspector.gui.widgets.notice_bar import NoticeBar
from inspector.gui.widgets.progress_strip import ProgressStrip
from inspector.gui.widgets.rows import ask_for_order

_SHARE = "diff/table_share"
_USUAL_SHARE = 0.6


class ComparisonView(QWidget):
    """Composes the parts; starts the run as soon as they are on screen."""

    status_changed = Signal()
    menu_requested = Signal(QPoint)
    swap_requested = Signal()
    choices_made = Signal(object)
    tolerance_chosen = Signal(object)
    reload_requested = Signal()

    def __init__(
        self,
        context: AppContext,
        sides: Sides,
        tolerance: Tolerance,
        look: DiffLook = USUAL_LOOK,
    ) -> None:
        super().__init__()
        self._context = context
        self.sides = sides
        self._shown_number = -1
        self.run = ComparisonRun(context, sides)
        self.run.tolerance = tolerance
        self.banner = DiffBanner(context.theme, sides)
        self.strip = ProgressStrip()
        self.notice = NoticeBar(context.theme)
        self.pane = DiffPane(context, self.run)
        self.pane.restore(look)
        self.panel = DiffPanel(context, PAGES)
        lying = Qt.Orientation.Horizontal
        between = ("Differences", "panel")
        self.splitter = Divided(lying, context.settings, _SHARE, _USUAL_SHARE, between)
        self.splitter.addWidget(self.pane)
        self.splitter.addWidget(self.panel)
        self.pane.setMinimumWidth(280)
        self.panel.setMinimumWidth(220)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.banner, self.strip, self.notice):
            column.addWidget(widget)
        column.addWidget(self.splitter, 1)
        self._connect()
        self.commands: Mapping[str, Callable[[], object]] = {
            "search": self.pane.focus_search,
            "group": lambda: self.pane.set_grouped(not self.pane.group.isChecked()),
            "expand_all": lambda: self._set_all(opened=True),
            "collapse_all": lambda: self._set_all(opened=False),
            "copy_key": self._copy_key,
            "whole_file": self.show_whole,
            "other_side": self._other_side,
            "next_view": self.panel.step,
            "sort": lambda: ask_for_order(self.pane.table),
            "next_difference": lambda: self.step(1),
            "previous_difference": lambda: self.step(-1),
            "only_changes": lambda: self._toggle_filter(1),
            "only_unchanged": lambda: self._toggle_filter(2),
            "save_report": self._save_report,
            "swap_sides": self.swap_requested.emit,
        }
        self._turns = Turns(self)
        self._turns.take(self._begin())

    # What others ask.

    def checked(self, name: str) -> bool:
        """Return whether an action that can be ticked is."""
        ticked = {
            "group": self.pane.group.isChecked(),
            "only_changes": self.pane.filter == FILTERS[1],
            "only_unchanged": self.pane.filter == FILTERS[2],
        }
        return ticked.get(name, False)

    def show_whole(self) -> None:
        """Look at the comparison as a whole."""
        self.panel.prefer(OverviewPage, whole=True)
        self._leave_row()

    def show_values(self) -> None:
        """Look at what differs besides tensors."""
        self.panel.prefer(ValuesPage, whole=True)
        self._leave_row()

    def step(self, by: int) -> None:
        """Go to the next or the previous difference, and say so if there is none."""
        if not self.pane.table.go_to_difference(by):
            where = "below" if by > 0 else "above"
            self.notice.say("info", f"There is no difference further {where}.")
        elif self.notice.words().startswith("There is no difference"):
            self.notice.hide()

    def status(self) -> str:
        """Return the text for the status bar."""
        return self.run.words()

    def stop(self) -> None:
        """Drop all jobs, and let go of what is large at once: widgets may live on for a while."""
        plan, matching = self.pane.model.plan, self.sides.matching
        parts = (self.run.rows, plan.entries, plan.modules.values(), plan.marks, matching.pairs)
        large = [[*part] for part in parts]
        del plan, matching, parts
        self._turns.stop()
        self.pane.blockSignals(True)
        self.pane.stop()
        self.panel.forget()
        self.pane.model.forget()
        self.run.drop()
        del self.sides
        self._context.jobs.start("Letting go", _let_go, large)

    # What goes on inside.

    def _connect(self) -> None:
        self.run.started.connect(self.notice.hide)
        self.run.progressed.connect(self._show_progress)
        self.run.rows_came.connect(self._take_rows)
        self.run.candidates_came.connect(self.show_row_again)
        self.run.settled.connect(self._settle)
        self.strip.cancel_requested.connect(self._cancel)
        self.pane.current_changed.connect(self._look)
        self.pane.menu_requested.connect(self.menu_requested)
        self.pane.filter_changed.connect(self.status_changed)
        self.pane.group.toggled.connect(lambda _: self.status_changed.emit())
        self.banner.status_chosen.connect(self._filter)
        self.banner.values_requested.connect(self.show_values)
        self.banner.overview_requested.connect(self.show_whole)
        self.banner.swap_requested.connect(self.swap_requested)
        self.panel.made.connect(self._meet)

    def _begin(self) -> Iterator[None]:
        """Fill the panel, then start: its page takes as long to make as all the rest.

        Beside a job, it would take twice as long until all of that is laid out and painted.
        """
        yield
        self.show_row_again()
        yield
        self.run.start()

    def _meet(self, page: PairViewer) -> None:
        """Listen to a page that has just been made."""
        page.row_wanted.connect(self.pane.go_to)
        if isinstance(page, OverviewPage):
            page.choices_made.connect(self.choices_made)
            page.tolerance_chosen.connect(self.run.set_tolerance)
            page.tolerance_chosen.connect(self.tolerance_chosen)
        elif isinstance(page, SummaryPage):
            page.same_wanted.connect(self._put_together)

    def _take_rows(self) -> None:
        with undisturbed():
            self._show_rows()

    def _show_rows(self) -> None:
        self.pane.take_rows()
        self.banner.show_counts(self.run.counts, self.run.unsure)
        number = self._shown_number
        page = self.panel.page()
        if number >= 0 and isinstance(page, SummaryPage):
            page.show_pair(self._subject(number))
        self.status_changed.emit()

    def _show_progress(self, fraction: float, message: str) -> None:
        if self.run.state == "busy":
            self.strip.show_progress(fraction, self.run.words() if fraction else message)

    def _cancel(self) -> None:
        self.run.cancel()
        self.strip.show_stopping()

    def _settle(self) -> None:
        self.strip.hide()
        if self.run.state == "failed":
            again = ("Reload", self.reload_requested.emit), ("Go on", self.run.start)
            choice = again[0] if self.run.file_changed else again[1]
            self.notice.say("error", f"{self.run.failure()} {self.run.words()}", choice)
        elif self.run.state == "stopped":
            self.notice.say("info", f"Stopped: {self.run.words()}", ("Go on", self.run.start))
        elif self.run.counts["unread"]:
            self.notice.say("warning", self._unread_words())
        elif not self._differing():
            others = differing_words(self.sides.values)
            more = f" {others}." if others else ""
            self.notice.say("info", f"All tensors are the same in both.{more}")
        elif not self._differing(but=("added", "removed")) and not self._alike():
            self.notice.say(
                "info",
                "They have no tensor in common. Is the right part of each compared?",
                ("Choose…", self.show_whole),
            )
        self._take_rows()
        self.pane.ask()

    def _differing(self, but: tuple[Status, ...] = ()) -> int:
        counts = self.run.counts
        return sum(counts[one] for one in STATUSES if one not in UNCHANGED and one not in but)

    def _alike(self) -> int:
        return sum(self.run.counts[status] for status in UNCHANGED)

    def _unread_words(self) -> str:
        number = text.plural(self.run.counts["unread"], "tensor")
        why = next(row.note for row in self.run.rows if row.status == "unread")
        return text.printable(f"The values of {number} cannot be had. {why}", 600)

    def _filter(self, status: Status) -> None:
        """Show one status only, or everything again."""
        wanted = only(status)
        self.pane.set_filter(EVERYTHING if self.pane.filter == wanted else wanted)

    def _toggle_filter(self, number: int) -> None:
        wanted = FILTERS[number]
        self.pane.set_filter(EVERYTHING if self.pane.filter == wanted else wanted)

    def _put_together(self, candidate: Candidate) -> None:
        pair = self.run.rows[candidate.a].pair._replace(b=self.run.rows[candidate.b].pair.b)
        job = self._context.jobs.start(
            "Comparing two tensors", measure_pair, self.sides, pair, self._context.engine
        )

        def take(measures: Measures) -> None:
            self.run.put_together(candidate, measures)
            self.pane.go_to(candidate.a)
            self.show_row_again()

        job.succeeded.connect(take)
        job.failed.connect(lambda error: self.notice.say("error", text.printable(str(error), 600)))

    def _look(self, number: int) -> None:
        self._shown_number = number
        self.panel.show_pair(self._subject(number))
        self.status_changed.emit()

    def show_row_again(self) -> None:
        """Look anew at what is looked at."""
        self._look(self._shown_number)

    def _leave_row(self) -> None:
        self.pane.table.clear_current()
        self._look(-1)

    def _subject(self, number: int) -> PairSubject:
        row = self.run.rows[number] if number >= 0 else None
        return PairSubject(self.sides, self.run, row)

    def _set_all(self, *, opened: bool) -> None:
        self.pane.model.set_all(opened=opened)

    def _copy_key(self) -> None:
        index = self.pane.table.currentIndex()
        if index.isValid():
            name = self.pane.model.entry(index.row()).name
            QGuiApplication.clipboard().setText(text.printable(name))

    def _save_report(self) -> None:
        ask_to_save_report(self, self._context, self.sides, self.run)

    def _other_side(self) -> None:
        in_panel = self.panel.is_within(QGuiApplication.focusObject())
        other = self.pane.table if in_panel else self.panel.tab_bar
        other.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _let_go(lists: list[list[Any]], *, progress: Progress = silent) -> None:
    empty(*lists, progress=progress)
