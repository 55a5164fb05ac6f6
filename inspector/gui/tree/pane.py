"""The tree with its search box: what a person asks for becomes a job, its answer becomes rows."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import Node, Path, Prefix
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.tree.arrangement import Arrangement, Open, Request, Subject, arrange
from inspector.gui.tree.filter_bar import FilterBar
from inspector.gui.tree.lines import Branch, let_go
from inspector.gui.tree.marks import Marks
from inspector.gui.tree.model import TreeModel
from inspector.gui.tree.search import BadPattern, marked_part, matcher
from inspector.gui.tree.search_bar import SearchBar
from inspector.gui.tree.view import TreeView
from inspector.gui.widgets.labels import PlainLabel

_log = logging.getLogger(__name__)
_MANY = 1_000  # open branches; to free more at once would be felt


class TreePane(QWidget):
    """Search above, rows below; knows which answer is the latest."""

    current_changed = Signal(object)  # the current Row, or None
    selection_counted = Signal()
    menu_requested = Signal(QPoint)
    grouping_changed = Signal(bool)
    arranged = Signal()  # the rows answer what was asked last

    def __init__(self, context: AppContext, subject: Subject, first: Arrangement) -> None:
        super().__init__()
        self._context = context
        self._subject = subject._replace(grouping=first.grouping)
        self._job: Job | None = None
        self._unfiltered = first.lines
        self.model = TreeModel(first, self)
        self.view = TreeView(context.theme, context.settings)
        self.view.show_model(self.model)
        self.bar = SearchBar(context.theme)
        self.search = self.bar.box
        self.filter_bar = FilterBar(context.theme)
        self.addAction(self.filter_bar.everything)
        self.group = self._button("Group keys by their dots", self.set_grouped)
        self.group.setCheckable(True)
        self.group.setChecked(first.request.grouped)
        self._expand = self._button("Expand all", lambda _: self.expand_all())
        self._collapse = self._button("Collapse all", lambda _: self.collapse_all())
        self.problem = PlainLabel(tone="error", wrap=True)
        self.problem.setContentsMargins(12, 0, 12, 8)
        self.problem.hide()
        self.nothing = PlainLabel(tone="muted", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(24, 48, 24, 24)
        self._lay_out()
        self._restore(first.request)
        self._show_rows_or_say_why_not()
        self._dress()
        context.theme.changed.connect(self._dress)
        self.bar.searched.connect(self._ask)
        self.bar.left.connect(self._enter_rows)
        self.filter_bar.changed.connect(self._ask)
        self.view.sort_requested.connect(lambda *_: self._ask())
        self.view.current_changed.connect(self.current_changed)
        self.view.selection_counted.connect(self.selection_counted)
        self.view.menu_requested.connect(self.menu_requested)
        self.view.jump_requested.connect(self.go_to)
        self.view.escaped.connect(self.clear_search)

    def go_to(self, path: Path) -> None:
        """Select the row of `path`; a search that hides it is given up first."""
        if not path or self._shows(path):
            return
        self.search.clear()
        self.filter_bar.clear()
        self._ask(then_go_to=path)

    def reach(self, path: Path) -> bool:
        """Go to a path if it is anywhere in the tree; return whether it is."""
        found = self.model.holds(path)
        self.go_to(path)
        return found

    def made_up(self) -> list[Node]:
        """Return the groups at the top of each branch that has any."""
        made = self._subject.grouping
        return [node for nodes in made.children.values() for node in nodes] if made else []

    def unfiltered_lines(self) -> Branch:
        """Return what is open, or was before the search."""
        return self._unfiltered if self.model.request.narrows else self.model.lines

    def _shows(self, path: Path) -> bool:
        """Go to a path that is shown; where keys are not grouped, to the first of a group."""
        if self.view.go_to(path):
            return True
        return isinstance(path[-1], Prefix) and self.view.go_to_first(path[:-1], str(path[-1]))

    def focus_search(self) -> None:
        """Put the keyboard into the search box, ready to type over what is there."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def clear_search(self) -> None:
        """Show everything again."""
        self.search.clear()
        self.filter_bar.clear()

    def set_grouped(self, grouped: bool) -> None:
        """Show keys in folders by their dots, or as they are stored."""
        self.group.setChecked(grouped)
        self.grouping_changed.emit(grouped)
        self._ask()

    def expand_all(self) -> None:
        """Open every branch."""
        self._ask(is_open="all")

    def collapse_all(self) -> None:
        """Close every branch."""
        path = self.view.current_path()
        before = self.model.lines
        self.model.collapse_all()
        self._unfiltered = self.model.lines
        self._let_go(before)
        while path and self.model.find(path) < 0:
            path = path[:-1]
        self.view.go_to(path or ())

    def show_marks(self, marks: Marks) -> None:
        """Show what has been found out about the nodes, and filter by it from now on."""
        self._subject = self._subject._replace(marks=marks)
        self.model.show_marks(marks)
        self.filter_bar.offer(marks)
        if self.filter_bar.filters.any:
            self._ask()

    def stop(self) -> None:
        """Drop the search that is still running."""
        if self._job:
            self._job.cancel()
            self._job = None

    def request(self) -> Request:
        """Return what the bar and the header ask for."""
        header = self.view.horizontalHeader()
        return Request(
            self.bar.pattern(),
            self.bar.mode,
            self.filter_bar.filters,
            self.group.isChecked(),
            header.sortIndicatorSection(),
            header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        )

    def _restore(self, request: Request) -> None:
        """Let the bar and the header say what the rows answer."""
        self.search.set_quietly(request.pattern)
        self.bar.set_mode(request.mode)
        self.filter_bar.set_filters(request.filters)
        order = Qt.SortOrder.DescendingOrder if request.descending else Qt.SortOrder.AscendingOrder
        self.view.horizontalHeader().setSortIndicator(request.column, order)

    def _ask(self, then_go_to: Path | None = None, is_open: Open | None = None) -> None:
        self.stop()
        request = self.request()
        problem = _problem(request)
        self._say_problem(problem)
        if problem:
            return
        if not self.model.request.narrows:
            self._unfiltered = self.model.lines
        job = self._context.jobs.start(
            "Searching", arrange, self._subject, request, is_open or self._unfiltered
        )
        job.succeeded.connect(lambda plan: self._answer(plan, then_go_to))
        job.failed.connect(self._fail)
        self._job = job

    def _fail(self, error: Exception) -> None:
        """Say why there is no answer; the rows stay as they are."""
        self._job = None
        if isinstance(error, BadPattern):
            self._say_problem(str(error))
        else:
            _log.error("A search failed", exc_info=error)
            self._say_problem("The search failed; that is a mistake in the program.")

    def _say_problem(self, problem: str) -> None:
        self.problem.set_plain(text.printable(problem, 300))
        self.problem.setVisible(bool(problem))

    def _answer(self, plan: Arrangement, then_go_to: Path | None) -> None:
        self._job = None
        path = then_go_to or self.view.current_path()
        self._subject = self._subject._replace(grouping=plan.grouping)
        if plan.known.marks is not self._subject.marks:
            plan = plan._replace(known=plan.known._replace(marks=self._subject.marks))
        before = self.model.lines
        self.model.show_arrangement(plan)
        self._let_go(before)
        self.view.mark(marked_part(plan.request.pattern, plan.request.mode))
        self.bar.show_matches(plan.matches if plan.request.narrows else None)
        self._show_rows_or_say_why_not()
        while path and not self._shows(path):
            path = path[:-1]
        if not path:
            self.current_changed.emit(None)
        self.arranged.emit()

    def _let_go(self, lines: Branch) -> None:
        """Free lines that are shown no longer, off the GUI thread if they are many."""
        if any(len(one.branches) > _MANY for one in (lines, *lines.branches[:_MANY])):
            self._context.jobs.start("Letting go", let_go, [lines])

    def _show_rows_or_say_why_not(self) -> None:
        request = self.model.request
        if request.narrows:
            about = text.printable(request.pattern)
            words = f"No key matches “{about}”" if about else "Nothing passes"
            filters = f" with the filters {request.filters.words()}" if request.filters.any else ""
            self.nothing.set_plain(f"{words}{filters}.")
        else:
            self.nothing.set_plain("There is nothing inside.")
        self._stack.setCurrentIndex(0 if self.model.rowCount() else 1)

    def _enter_rows(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.view.currentIndex().isValid() and self.model.rowCount():
            self.view.go_to_line(0)

    def _button(self, name: str, slot: Callable[[bool], object]) -> QToolButton:
        button = QToolButton()
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setIconSize(QSize(18, 18))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(slot)
        return button

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 8, 8, 8)
        bar.setSpacing(4)
        bar.addWidget(self.bar, 1)
        for button in (self.filter_bar.button, self.group, self._expand, self._collapse):
            bar.addWidget(button)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.filter_bar)
        column.addWidget(self.problem)
        column.addWidget(self._stack, 1)
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def _dress(self) -> None:
        theme = self._context.theme
        self.group.setIcon(theme.icon("group"))
        self._expand.setIcon(theme.icon("expand"))
        self._collapse.setIcon(theme.icon("collapse"))


def _problem(request: Request) -> str:
    """Return why the pattern means nothing, empty if it does."""
    try:
        matcher(request.pattern, request.mode, ())
    except BadPattern as bad:
        return str(bad)
    return ""
