"""The panel beside the table: a tab for every page that has something to show."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from inspector.core import text
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import dtype_text, shape_text
from inspector.gui.theme import scaled
from inspector.gui.widgets.labels import ElidedLabel, PlainLabel
from inspector.gui.widgets.line import line

_log = logging.getLogger(__name__)


class DiffPanel(QWidget):
    """Keeps to the page that the person chose, of a tensor and of the whole apart."""

    made = Signal(object)  # a PairViewer, the first time that it is needed

    def __init__(self, context: AppContext, pages: Sequence[type[PairViewer]]) -> None:
        super().__init__()
        self._context = context
        self._pages = pages
        self._made: dict[type[PairViewer], PairViewer] = {}
        self._shown: list[type[PairViewer]] = []
        self._chosen: dict[bool, type[PairViewer]] = {}
        self._pair: PairSubject | None = None
        self.title = ElidedLabel()
        self.title.setFont(scaled(1.1, QFont.Weight.DemiBold))
        self.facts = PlainLabel(tone="muted")
        self.tab_bar = QTabBar()
        self.tab_bar.setDrawBase(False)
        self.tab_bar.setExpanding(False)
        self.tab_bar.setAccessibleName("Ways to look at the difference")
        self.tab_bar.currentChanged.connect(self._show_tab)
        self.tab_bar.tabBarClicked.connect(self._choose)
        self._stack = QStackedWidget()
        self._lay_out()

    def show_pair(self, pair: PairSubject) -> None:
        """Look at another row, or at the whole."""
        self._pair = pair
        row = pair.row
        if row is None:
            self.title.set_text("The comparison as a whole")
            number = sum(pair.run.counts.values()) or len(pair.sides.matching.pairs)
            self.facts.setText(text.plural(number, "row"))
        else:
            self.title.set_text(text.printable(row.pair.name, 400))
            self.facts.setText(f"{shape_text(row)} · {dtype_text(row)}")
        fitting = [page for page in self._pages if page.applies(pair)]
        wanted = self._chosen.get(row is None, fitting[0])
        if wanted not in fitting:
            wanted = fitting[0]
        self.tab_bar.blockSignals(True)
        if fitting != self._shown:
            while self.tab_bar.count():
                self.tab_bar.removeTab(0)
            for page in fitting:
                self.tab_bar.addTab(page.title)
            self._shown = fitting
        self.tab_bar.setCurrentIndex(fitting.index(wanted))
        self.tab_bar.blockSignals(False)
        self._show_tab(fitting.index(wanted))

    def prefer(self, page: type[PairViewer], *, whole: bool) -> None:
        """Show a page whenever a row, or the whole, is looked at."""
        self._chosen[whole] = page

    def page(self) -> PairViewer | None:
        """Return the page on screen."""
        widget = self._stack.currentWidget()
        return widget if isinstance(widget, PairViewer) else None

    def titles(self) -> list[str]:
        """Return the tabs on offer."""
        return [page.title for page in self._shown]

    def step(self) -> None:
        """Go to the next way to look, around the end."""
        if self.tab_bar.count():
            number = (self.tab_bar.currentIndex() + 1) % self.tab_bar.count()
            self._choose(number)
            self.tab_bar.setCurrentIndex(number)

    def forget(self) -> None:
        """Let go of what is looked at."""
        self._pair = None
        for page in self._made.values():
            page.cancel()
            page.pair = None

    def is_within(self, child: QObject | None) -> bool:
        """Return whether something is a part of this panel."""
        return isinstance(child, QWidget) and self.isAncestorOf(child)

    def _choose(self, number: int) -> None:
        if 0 <= number < len(self._shown) and self._pair is not None:
            self._chosen[self._pair.row is None] = self._shown[number]

    def _show_tab(self, number: int) -> None:
        if self._pair is None or not 0 <= number < len(self._shown):
            return
        kind = self._shown[number]
        page = self._made.get(kind)
        if page is None:
            page = self._made[kind] = kind(self._context)
            self._stack.addWidget(page)
            self.made.emit(page)
        self._stack.setCurrentWidget(page)
        try:
            page.show_pair(self._pair)
        except Exception:  # noqa: BLE001 - the boundary: one broken page must not hide the others
            _log.exception("%s could not show the pair", kind.__name__)
            page.show_empty("This could not be shown; that is a mistake in the program.")

    def sizeHint(self) -> QSize:
        return QSize(420, 400)

    def _lay_out(self) -> None:
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = QVBoxLayout()
        head.setContentsMargins(16, 10, 16, 4)
        head.setSpacing(1)
        head.addWidget(self.title)
        head.addWidget(self.facts)
        tabs = QVBoxLayout()
        tabs.setContentsMargins(8, 0, 8, 0)
        tabs.addWidget(self.tab_bar, 0, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(tabs)
        column.addWidget(line())
        column.addWidget(self._stack, 1)
