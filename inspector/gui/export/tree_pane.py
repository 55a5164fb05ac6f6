"""The ticked tree with its search; what is found can be ticked at once."""

from __future__ import annotations

import logging

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import Node
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.export.outlook import Outlook
from inspector.gui.export.survey import Survey
from inspector.gui.export.ticks import Ticks
from inspector.gui.export.tree_model import TickedModel
from inspector.gui.export.tree_view import TickedView
from inspector.gui.jobs import Job
from inspector.gui.tree.arrangement import Arrangement, Request, arrange
from inspector.gui.tree.lines import Row
from inspector.gui.tree.search import BadPattern, marked_part, matcher
from inspector.gui.tree.search_bar import SearchBar
from inspector.gui.widgets.labels import PlainLabel

_log = logging.getLogger(__name__)
_PULSE = 1000


class TickedPane(QWidget):
    """Owns the ticks."""

    changed = Signal()  # other tensors are ticked
    arranged = Signal()  # the rows answer what was searched last

    def __init__(self, context: AppContext, found: Survey) -> None:
        super().__init__()
        self._context = context
        self._found = found
        self._job: Job | None = None
        self._shown: Arrangement = found.first
        self.model = TickedModel(found, self)
        self.view = TickedView(context.theme, self.model)
        self.bar = SearchBar(context.theme)
        self.problem = PlainLabel(tone="error", wrap=True)
        self.problem.setContentsMargins(12, 0, 12, 6)
        self.problem.hide()
        self.tick_shown = _quiet("Tick all", lambda: self._turn_shown(True))
        self.untick_shown = _quiet("Untick all", lambda: self._turn_shown(False))
        self._lay_out()
        self.bar.searched.connect(self._ask)
        self.bar.left.connect(self._enter_rows)
        self.view.ticked.connect(self._toggle)
        self.view.search_requested.connect(lambda: self.bar.box.setFocus())

    def ticks(self) -> Ticks:
        """Return what is ticked, for a job to read."""
        return self.model.ticks.copy()

    def show_outlook(self, outlook: Outlook | None) -> None:
        """Show what would become of every row."""
        self.model.show_outlook(outlook)

    def show_ticks(self, ticks: Ticks) -> None:
        """Tick what somebody else has chosen."""
        self.model.show_ticks(ticks)
        self.changed.emit()

    def stop(self) -> None:
        """Drop what is under way."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _toggle(self, rows: list[Row]) -> None:
        ticks = self.model.ticks
        on = any(ticks.state(row.node) != "on" for row in rows)
        ticks.set_all([row.node for row in rows], on=on)
        self.model.refresh()
        self.changed.emit()

    def _turn_shown(self, on: bool) -> None:
        """Tick or untick what is shown: everything, or what a search has found."""
        if not self.model.request.narrows:
            self.model.ticks.set(self.model.root, on=on)
            self.model.refresh()
            self.changed.emit()
            return
        self.stop()
        self._job = self._context.jobs.start(
            "Ticking what was found", _turned, self.ticks(), self._shown, on
        )
        self._job.succeeded.connect(self.show_ticks)

    def _ask(self) -> None:
        self.stop()
        request = Request(self.bar.pattern(), self.bar.mode, grouped=True)
        problem = ""
        try:
            matcher(request.pattern, request.mode, ())
        except BadPattern as bad:
            problem = text.printable(str(bad), 300)
        self._say(problem)
        if problem:
            return
        self._job = self._context.jobs.start("Searching", arrange, self._found.subject, request)
        self._job.succeeded.connect(self._answer)
        self._job.failed.connect(self._fail)

    def _answer(self, plan: Arrangement) -> None:
        self._job = None
        self._shown = plan
        self.model.show_arrangement(plan)
        narrows = plan.request.narrows
        self.view.mark(marked_part(plan.request.pattern, plan.request.mode))
        self.bar.show_matches(plan.matches if narrows else None)
        self.tick_shown.setText("Tick found" if narrows else "Tick all")
        self.untick_shown.setText("Untick found" if narrows else "Untick all")
        self.arranged.emit()

    def _fail(self, error: Exception) -> None:
        self._job = None
        if isinstance(error, BadPattern):
            self._say(text.printable(str(error), 300))
        else:
            _log.error("A search failed", exc_info=error)
            self._say("The search failed; that is a mistake in the program.")

    def _say(self, problem: str) -> None:
        self.problem.set_plain(problem)
        self.problem.setVisible(bool(problem))

    def _enter_rows(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.view.currentIndex().isValid() and self.model.rowCount():
            self.view.go_to_line(0)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 8, 10, 8)
        bar.setSpacing(6)
        bar.addWidget(self.bar, 1)
        bar.addWidget(self.tick_shown)
        bar.addWidget(self.untick_shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.problem)
        column.addWidget(self.view, 1)
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def _turned(ticks: Ticks, shown: Arrangement, on: bool, *, progress: Progress = silent) -> Ticks:
    """Tick what stands in an arrangement; a branch all of which is shown is ticked as one."""
    seen = 0

    def cover(node: Node) -> tuple[bool, list[Node]]:
        nonlocal seen
        seen += 1
        if seen % _PULSE == 0:
            progress(0.5, "Ticking")
        every = ticks.children(node)
        if not every:
            return True, [node]
        below = [cover(child) for child in shown.shown(node)]
        if len(below) == len(every) and all(whole for whole, _ in below):
            return True, [node]
        return False, [one for _, some in below for one in some]

    ticks.set_all(cover(shown.lines.node)[1], on=on)
    return ticks


def _quiet(words: str, slot: object) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("quiet", True)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: slot())  # type: ignore[operator]
    return button
