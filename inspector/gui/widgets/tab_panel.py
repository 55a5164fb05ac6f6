"""A panel of tabs, each of which is made when it is first needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar, cast

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from inspector.gui.theme import scaled
from inspector.gui.turns import Turns
from inspector.gui.widgets.labels import ElidedLabel, PlainLabel
from inspector.gui.widgets.line import line

_log = logging.getLogger(__name__)


class Page(Protocol):
    """What a tab needs: the words that stand on it."""

    title: str
    is_large: bool
    """True if making it and showing it take a turn of the event loop each."""


P = TypeVar("P", bound=Page)


class TabPanel(QWidget, Generic[P]):
    """Shows one of the pages that are on offer; subclasses say which, make and fill them."""

    def __init__(self, name: str, width: int) -> None:
        super().__init__()
        self._width = width
        self._made: dict[type[P], P] = {}
        self._shown: list[type[P]] = []
        self.title = ElidedLabel()
        self.title.setFont(scaled(1.1, QFont.Weight.DemiBold))
        self.facts = PlainLabel(tone="muted")
        self.tab_bar = QTabBar()
        self.tab_bar.setDrawBase(False)
        self.tab_bar.setExpanding(False)
        self.tab_bar.setAccessibleName(name)
        self.tab_bar.currentChanged.connect(self._show_tab)
        self.tab_bar.tabBarClicked.connect(self._choose)
        self._turns = Turns(self)
        self._stack = QStackedWidget()
        self._stack.addWidget(QWidget())  # until there is a page
        self._failure = PlainLabel(
            "This could not be shown; that is a mistake in the program.", tone="error", wrap=True
        )
        self._failure.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._failure.setContentsMargins(16, 14, 16, 14)
        self._stack.addWidget(self._failure)
        self._lay_out()

    # What subclasses say.

    def make(self, kind: type[P]) -> P:
        """Return a new page."""
        raise NotImplementedError

    def fill(self, page: P) -> None:
        """Show in a page what is looked at."""
        raise NotImplementedError

    def keep(self, kind: type[P]) -> None:
        """Remember that the person chose a page."""
        raise NotImplementedError

    # What others ask.

    def page(self) -> P | None:
        """Return the page on screen."""
        widget: object = self._stack.currentWidget()
        return next((page for page in self._made.values() if page is widget), None)

    def titles(self) -> list[str]:
        """Return the tabs on offer."""
        return [kind.title for kind in self._shown]

    def offer(self, kinds: Sequence[type[P]], wanted: type[P]) -> None:
        """Offer pages, and show the wanted one."""
        self.tab_bar.blockSignals(True)
        if list(kinds) != self._shown:
            while self.tab_bar.count():
                self.tab_bar.removeTab(0)
            for kind in kinds:
                self.tab_bar.addTab(kind.title)
            self._shown = list(kinds)
        self.tab_bar.setCurrentIndex(kinds.index(wanted))
        self.tab_bar.blockSignals(False)
        self._show_tab(kinds.index(wanted))

    def step(self) -> None:
        """Go to the next way to look, around the end."""
        if self.tab_bar.count() and not self.tab_bar.isHidden():
            number = (self.tab_bar.currentIndex() + 1) % self.tab_bar.count()
            self._choose(number)
            self.tab_bar.setCurrentIndex(number)

    def is_within(self, child: QObject | None) -> bool:
        """Return whether something is a part of this panel."""
        return isinstance(child, QWidget) and self.isAncestorOf(child)

    def sizeHint(self) -> QSize:
        return QSize(self._width, 400)

    # What goes on inside.

    def _choose(self, number: int) -> None:
        if 0 <= number < len(self._shown):
            self.keep(self._shown[number])

    def _show_tab(self, number: int) -> None:
        if not 0 <= number < len(self._shown):
            return
        kind = self._shown[number]
        if kind.is_large and kind not in self._made:
            self._turns.take(self._begin(kind))
        else:
            self._turns.stop()
            self._put(kind)

    def _begin(self, kind: type[P]) -> Iterator[None]:
        """Make a large page, show it, and fill it: together they would hold the window.

        What made it necessary, e.g. a click on a row, is painted before.
        """
        yield
        with self._saying_failures(kind):
            page = self._page_of(kind)
            yield
            self._stack.setCurrentWidget(cast(QWidget, page))
            yield
            self.fill(page)

    def _page_of(self, kind: type[P]) -> P:
        page = self._made.get(kind)
        if page is None:
            page = self._made[kind] = self.make(kind)
            self._stack.addWidget(cast(QWidget, page))
        return page

    def _put(self, kind: type[P]) -> None:
        with self._saying_failures(kind):
            page = self._page_of(kind)
            self.fill(page)
            self._stack.setCurrentWidget(cast(QWidget, page))

    @contextmanager
    def _saying_failures(self, kind: type[P]) -> Iterator[None]:
        try:
            yield
        except Exception:  # noqa: BLE001 - the boundary: one broken page must not hide the others
            _log.exception("%s could not show what is looked at", kind.__name__)
            self._stack.setCurrentWidget(self._failure)

    def _lay_out(self) -> None:
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.title)
        words.addWidget(self.facts)
        self._head = QHBoxLayout()
        self._head.setContentsMargins(16, 12, 16, 4)
        self._head.setSpacing(10)
        self._head.addLayout(words, 1)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(8, 0, 8, 0)
        tabs.addWidget(self.tab_bar)
        tabs.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addLayout(tabs)
        column.addWidget(line())
        column.addWidget(self._stack, 1)
