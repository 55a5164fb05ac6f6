"""The tree with its search box: what a person asks for becomes a job, its answer becomes rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import Node, Path
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.tree.arrangement import Arrangement, Request, arrange
from inspector.gui.tree.columns import Rollup
from inspector.gui.tree.model import TreeModel
from inspector.gui.tree.selection import add_up, describe_totals, totals_of
from inspector.gui.tree.view import TreeView
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.search_box import SearchBox

_MOST_COUNTED = 20_000  # selected rows that are added up; more would be felt


class TreePane(QWidget):
    """Search above, rows below; knows which answer is the latest."""

    current_changed = Signal(object)  # Path or None
    selection_counted = Signal()
    menu_requested = Signal(QPoint)
    arranged = Signal()  # the rows answer what was asked last

    def __init__(
        self,
        context: AppContext,
        root: Node,
        rollup: Rollup,
        bases: tuple[Path, ...],
        first: Arrangement,
    ) -> None:
        super().__init__()
        self._context = context
        self._bases = bases
        self._job: Job | None = None
        self._unfiltered = first.expanded
        self.model = TreeModel(root, rollup, first, self)
        self.view = TreeView(context.theme)
        self.view.show_model(self.model)
        self.search = SearchBox("Search keys   (part of a path, or *.weight)")
        self._count = PlainLabel(tone="muted")
        self._expand = self._button("Expand all", self.expand_all)
        self._collapse = self._button("Collapse all", self.collapse_all)
        self.nothing = PlainLabel(tone="muted", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(24, 48, 24, 24)
        self._lay_out()
        self._show_rows_or_say_why_not()
        self._dress()
        context.theme.changed.connect(self._dress)
        self.search.searched.connect(lambda _: self._ask())
        self.search.left.connect(self._enter_rows)
        self.view.sort_requested.connect(lambda *_: self._ask())
        self.view.current_changed.connect(self.current_changed)
        self.view.selection_counted.connect(self.selection_counted)
        self.view.menu_requested.connect(self.menu_requested)
        self.view.jump_requested.connect(self.go_to)
        self.view.escaped.connect(self.clear_search)

    def go_to(self, path: Path) -> None:
        """Select the row of `path`; a search that hides it is given up first."""
        if self.view.go_to(path) or not path:
            return
        self.search.clear()
        self._ask(then_go_to=path)

    def focus_search(self) -> None:
        """Put the keyboard into the search box, ready to type over what is there."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def clear_search(self) -> None:
        """Show everything again."""
        self.search.clear()

    def expand_all(self) -> None:
        """Open every branch while the rows are few enough."""
        self._keeping_current(self.model.expand_all)

    def collapse_all(self) -> None:
        """Close every branch."""
        self._keeping_current(self.model.collapse_all)

    def expanded_paths(self) -> list[Path]:
        """Return the paths of the branches that are open on screen."""
        numbers = range(self.model.rowCount())
        return [self.model.row_at(n).path for n in numbers if self.model.is_expanded(n)]

    def status(self) -> str:
        """Return how much is selected; how much there is where that is nothing or one row."""
        number = self.view.selected_count()
        if number < 2:
            return describe_totals(totals_of(self.model.root, self.model.rollup))
        chosen = text.plural(number, "row") + " selected"
        if number > _MOST_COUNTED:
            return chosen
        return f"{chosen}: {describe_totals(add_up(self.view.selected_rows(), self.model.rollup))}"

    def stop(self) -> None:
        """Drop the search that is still running."""
        if self._job:
            self._job.cancel()
            self._job = None

    def _keeping_current(self, change: Callable[[], object]) -> None:
        path = self.view.current_path()
        change()
        while path and self.model.find(path) < 0:
            path = path[:-1]
        self.view.go_to(path or ())

    def _ask(self, then_go_to: Path | None = None) -> None:
        self.stop()
        header = self.view.horizontalHeader()
        request = Request(
            self.search.text().strip(),
            header.sortIndicatorSection(),
            header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        )
        if not self.model.request.pattern:
            self._unfiltered = frozenset(self.model.expanded)
        job = self._context.jobs.start(
            "Searching",
            arrange,
            self.model.root,
            self.model.rollup,
            self._bases,
            request,
            self._unfiltered,
        )
        job.succeeded.connect(lambda plan: self._answer(plan, then_go_to))
        self._job = job

    def _answer(self, plan: Arrangement, then_go_to: Path | None) -> None:
        self._job = None
        path = then_go_to or self.view.current_path()
        self.model.show_arrangement(plan)
        pattern = plan.request.pattern
        self.view.mark("" if "*" in pattern or "?" in pattern else pattern)
        self._count.setVisible(bool(pattern))
        self._count.setText(
            "1 match" if plan.matches == 1 else f"{text.exact(plan.matches)} matches"
        )
        self._show_rows_or_say_why_not()
        if path and not self.view.go_to(path):
            self.current_changed.emit(None)
        self.arranged.emit()

    def _show_rows_or_say_why_not(self) -> None:
        pattern = self.model.request.pattern
        if pattern:
            self.nothing.set_plain(f"No key matches “{text.printable(pattern)}”.")
        else:
            self.nothing.set_plain("No keys inside: the panel shows all there is.")
        self._stack.setCurrentIndex(0 if self.model.rowCount() else 1)

    def _enter_rows(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.view.currentIndex().isValid() and self.model.rowCount():
            self.view.go_to(self.model.row_at(0).path)

    def _button(self, name: str, slot: Callable[[], object]) -> QToolButton:
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
        bar.setSpacing(6)
        bar.addWidget(self.search, 1)
        bar.addWidget(self._count)
        bar.addWidget(self._expand)
        bar.addWidget(self._collapse)
        self._count.hide()
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def _dress(self) -> None:
        theme = self._context.theme
        self.search.set_icons(theme.icon("search"), theme.icon("close"))
        self._expand.setIcon(theme.icon("expand"))
        self._collapse.setIcon(theme.icon("collapse"))
