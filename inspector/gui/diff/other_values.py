"""What differs besides tensors: epochs, losses, learning rates, configurations, as a tree."""

from __future__ import annotations

import logging

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import ValueChange
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.lines import Face, LinesModel
from inspector.gui.diff.table import LinesTable
from inspector.gui.diff.values_tree import (
    VALUE_COLUMNS,
    VALUE_FILTERS,
    VALUE_LOOKS,
    Group,
    ValuesPlan,
    ValuesRequest,
    arrange_values,
    path_name,
    type_text,
    value_text,
)
from inspector.gui.jobs import Job
from inspector.gui.theme import KIND_ICONS
from inspector.gui.tree.search import BadPattern, marked_part
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.search_box import SearchBox
from inspector.gui.widgets.segments import Segments

_log = logging.getLogger(__name__)
_LEAST_KEY = 120  # pixels of names, below which columns are left out
_CHANGES = 1  # of VALUE_FILTERS
_SIDES = {2: "a", 3: "b"}  # by their columns


class ValuesPage(PairViewer):
    """Every value of its own, at first those that are not the same in both."""

    title = "Values"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._arranging: Job | None = None
        self._stored: tuple[ValueChange, ...] | None = None
        self.model = ValuesModel()
        self.table = LinesTable(
            context.theme, context.settings, self.model, "Values of both sides", _LEAST_KEY
        )
        self.search = SearchBox("Search values")
        self.segments = Segments([row.words for row in VALUE_FILTERS], "Which values are shown")
        for number, row in enumerate(VALUE_FILTERS):
            self.segments.button(number).setToolTip(row.meaning)
        self.segments.choose(_CHANGES)
        self.count = PlainLabel(tone="muted")
        self.nothing = PlainLabel(tone="muted", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(24, 32, 24, 24)
        self._lay_out()
        self.search.searched.connect(lambda _: self._arrange())
        self.search.left.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        self.segments.changed.connect(lambda _: self._arrange())
        self.table.sort_requested.connect(lambda *_: self._arrange())
        self.table.escaped.connect(self.table.clear_current)
        context.theme.changed.connect(self._dress)
        self._dress()

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.row is None

    @property
    def idle(self) -> bool:
        """True while nothing is being arranged."""
        return self._arranging is None

    def look(self, pair: PairSubject) -> None:
        self.state = "shown"
        self._pages.setCurrentWidget(self._page)
        if self._stored is not pair.sides.every_value:
            self._stored = pair.sides.every_value
            self._arrange()

    def cancel(self) -> None:
        """Arrange no more, and let go of what is shown."""
        super().cancel()
        if self._arranging is not None:
            self._arranging.cancel()
            self._arranging = None
        self._stored = None
        self.model.forget()

    def _arrange(self) -> None:
        if self.pair is None:
            return
        if self._arranging is not None:
            self._arranging.cancel()
        header = self.table.horizontalHeader()
        request = ValuesRequest(
            self.search.text(),
            VALUE_FILTERS[self.segments.current()],
            header.sortIndicatorSection(),
            header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        )
        sides = self.pair.sides
        job = self._arranging = self.context.jobs.start(
            "Arranging", arrange_values, sides.every_value, sides.matching, request
        )
        job.succeeded.connect(lambda plan: self._show_plan(job, plan))
        job.failed.connect(lambda error: self._say_failure(job, error))

    def _show_plan(self, job: Job, plan: ValuesPlan) -> None:
        if job is not self._arranging:
            return
        self._arranging = None
        self.model.show(plan)
        self.table.mark(marked_part(plan.request.pattern, "auto"))
        shown = sum(entry.number >= 0 for entry in plan.entries)
        total = len(plan.changes)
        whole = text.plural(total, "value")
        self.count.set_plain(whole if shown == total else f"{text.exact(shown)} of {whole}")
        self.nothing.set_plain(_why_nothing(plan))
        self._stack.setCurrentWidget(self.table if plan.entries else self.nothing)

    def _say_failure(self, job: Job, error: Exception) -> None:
        if job is not self._arranging:
            return
        self._arranging = None
        if not isinstance(error, BadPattern):
            _log.error("The values could not be arranged", exc_info=error)
        self.nothing.set_plain(text.printable(str(error), 300))
        self._stack.setCurrentWidget(self.nothing)

    def _dress(self) -> None:
        theme = self.context.theme
        self.search.set_icons(theme.icon("search"), theme.icon("close"))

    def _lay_out(self) -> None:
        filters = Flow(4)
        filters.flow.addWidget(self.segments)
        filters.flow.addWidget(self.count)
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 14, 0)
        head.addWidget(self.search)
        below = QHBoxLayout()
        below.setContentsMargins(14, 6, 14, 6)
        below.addWidget(filters)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.nothing)
        self._page = QWidget()
        self._page.setProperty("ground", "base")
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(below)
        column.addWidget(self._stack, 1)
        self._pages.addWidget(self._page)


class ValuesModel(LinesModel):
    """An adapter from a `ValuesPlan` to Qt."""

    def __init__(self) -> None:
        super().__init__(VALUE_COLUMNS)
        self._plan = ValuesPlan(ValuesRequest(), (), (), {}, frozenset())

    def show(self, plan: ValuesPlan) -> None:
        """Show other lines; containers stay as somebody opened or closed them."""
        anew = plan.request != self._plan.request
        self._plan = plan
        self.show_entries(plan.entries, plan.closed, searched=bool(plan.request.pattern), anew=anew)

    def forget(self) -> None:
        """Show nothing any more."""
        super().forget()
        self._plan = self._plan._replace(changes=(), entries=(), groups={})

    def cell(self, line: int) -> ValueChange | Group:
        """Return what is known of a line."""
        entry = self.entry(line)
        plan = self._plan
        return plan.changes[entry.number] if entry.number >= 0 else plan.groups[entry.name]

    def face(self, line: int) -> Face:
        cell = self.cell(line)
        if isinstance(cell, Group):
            return Face("folder", "container", quiet=not cell.differing)
        look = VALUE_LOOKS[cell.change]
        node = cell.b or cell.a
        icon, _ = KIND_ICONS[node.kind if node else "value"]
        return Face(icon, "faint", look, quiet=look.unchanged)

    def explained(self, line: int, column: int) -> str:
        cell = self.cell(line)
        if isinstance(cell, Group):
            return self.text(line, column)
        if column in _SIDES:
            return value_text(getattr(cell, _SIDES[column]))
        parts = (
            text.printable(path_name(cell.path), 400),
            f"{value_text(cell.a)} → {value_text(cell.b)}",
            VALUE_LOOKS[cell.change].meaning,
            type_text(cell),
        )
        return "\n".join(part for part in parts if part)

    def is_nested(self) -> bool:
        return self._plan.request.in_containers


def _why_nothing(plan: ValuesPlan) -> str:
    if not plan.changes:
        return "There are no values besides tensors."
    if plan.request.pattern:
        return "No name matches."
    if "same" not in plan.request.filter.changes:
        return "Nothing else differs: epochs, options and other values are the same in both."
    return "There is no such value."
