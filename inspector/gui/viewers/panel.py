"""The panel beside the tree: a tab for every viewer that fits the selection."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from inspector.gui.context import AppContext
from inspector.gui.theme import pixmap, scaled
from inspector.gui.viewers.base import UNSUITED, Subject, Viewer
from inspector.gui.viewers.kinds import kind_icon, kind_text, title_of
from inspector.gui.viewers.selection_page import SelectionPage
from inspector.gui.widgets.labels import ElidedLabel, PlainLabel
from inspector.gui.widgets.line import line

_log = logging.getLogger(__name__)


class ViewerPanel(QWidget):
    """Shows a subject in the viewer that the person used last, or in the one that fits best."""

    jump_requested = Signal(object)  # Path

    def __init__(self, context: AppContext, viewers: Sequence[type[Viewer]]) -> None:
        super().__init__()
        self._context = context
        self._viewers = viewers
        self._made: dict[type[Viewer], Viewer] = {}
        self._shown: list[type[Viewer]] = []
        self._chosen: type[Viewer] | None = None
        self._subject: Subject | None = None
        self._picture = QLabel()
        self._title = ElidedLabel()
        self._title.setFont(scaled(1.1, QFont.Weight.DemiBold))
        self._kind = PlainLabel(tone="muted")
        self.tab_bar = QTabBar()
        self.tab_bar.setDrawBase(False)
        self.tab_bar.setExpanding(False)
        self.tab_bar.setAccessibleName("Ways to look at the selection")
        self.tab_bar.currentChanged.connect(self._show_tab)
        self.tab_bar.tabBarClicked.connect(self._choose)
        self._stack = QStackedWidget()
        self._failure = PlainLabel(
            "This view could not show the selection; that is a mistake in the program.",
            tone="error",
            wrap=True,
        )
        self._failure.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._failure.setContentsMargins(16, 14, 16, 14)
        self._stack.addWidget(self._failure)
        self.selection = SelectionPage()
        self._stack.addWidget(self.selection)
        self._lay_out()
        context.theme.changed.connect(self._draw_picture)

    def show_subject(self, subject: Subject) -> None:
        """Look at something else."""
        self._subject = subject
        self.tab_bar.show()
        self._title.set_text(title_of(subject))
        self._kind.setText(kind_text(subject))
        self._draw_picture()
        rated = [(_rate(viewer, subject), viewer) for viewer in self._viewers]
        fitting = [viewer for priority, viewer in rated if priority > UNSUITED]
        best = max(rated, key=lambda pair: pair[0])[1]
        wanted = self._chosen if self._chosen in fitting else best
        self.tab_bar.blockSignals(True)
        if fitting != self._shown:
            while self.tab_bar.count():
                self.tab_bar.removeTab(0)
            for viewer in fitting:
                self.tab_bar.addTab(viewer.title)
            self._shown = fitting
        self.tab_bar.setCurrentIndex(fitting.index(wanted))
        self.tab_bar.blockSignals(False)
        self._show_tab(fitting.index(wanted))

    def show_selection(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        """Look at several nodes at once: what they amount to together."""
        self._subject = None
        self._title.set_text(title)
        self._kind.setText("Together")
        self._picture.setPixmap(self._pixmap("sequence", "container"))
        self.selection.show_facts(facts)
        self.tab_bar.hide()
        self._stack.setCurrentWidget(self.selection)

    def viewer(self) -> Viewer | None:
        """Return the viewer on screen."""
        widget = self._stack.currentWidget()
        return widget if isinstance(widget, Viewer) else None

    def preferred(self) -> type[Viewer] | None:
        """Return the viewer that the person chose last."""
        return self._chosen

    def prefer(self, viewer: type[Viewer] | None) -> None:
        """Show that viewer wherever it fits, as if the person had chosen it."""
        self._chosen = viewer

    def step(self) -> None:
        """Go to the next way to look, around the end."""
        if self.tab_bar.count() and not self.tab_bar.isHidden():
            number = (self.tab_bar.currentIndex() + 1) % self.tab_bar.count()
            self._choose(number)
            self.tab_bar.setCurrentIndex(number)

    def is_within(self, child: QObject | None) -> bool:
        """Return whether something is a part of this panel."""
        return isinstance(child, QWidget) and self.isAncestorOf(child)

    def titles(self) -> list[str]:
        """Return the tabs on offer."""
        return [viewer.title for viewer in self._shown]

    def _choose(self, number: int) -> None:
        if 0 <= number < len(self._shown):
            self._chosen = self._shown[number]

    def _show_tab(self, number: int) -> None:
        if self._subject is None or not 0 <= number < len(self._shown):
            return
        kind = self._shown[number]
        viewer = self._made.get(kind) or self._make(kind)
        try:
            viewer.show_subject(self._subject)
        except Exception:  # noqa: BLE001 - the boundary: a broken viewer must not take the rest along
            _log.exception("%s could not show %s", kind.__name__, title_of(self._subject))
            self._stack.setCurrentWidget(self._failure)
        else:
            self._stack.setCurrentWidget(viewer)

    def _make(self, kind: type[Viewer]) -> Viewer:
        viewer = self._made[kind] = kind(self._context)
        viewer.jump_requested.connect(self.jump_requested)
        self._stack.addWidget(viewer)
        return viewer

    def _draw_picture(self) -> None:
        if self._subject is None:
            return
        self._picture.setPixmap(self._pixmap(*kind_icon(self._subject)))

    def _pixmap(self, name: str, colour: str) -> QPixmap:
        colours = self._context.theme.colours
        return pixmap(name, getattr(colours, colour), 20, self.devicePixelRatio())

    def _lay_out(self) -> None:
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 4)
        head.setSpacing(10)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._title)
        words.addWidget(self._kind)
        head.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(8, 0, 8, 0)
        tabs.addWidget(self.tab_bar)
        tabs.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(tabs)
        column.addWidget(line())
        column.addWidget(self._stack, 1)

    def sizeHint(self) -> QSize:
        return QSize(380, 400)


def _rate(viewer: type[Viewer], subject: Subject) -> int:
    try:
        return viewer.priority(subject)
    except Exception:  # noqa: BLE001 - the boundary: one broken viewer must not hide the others
        _log.exception("%s cannot say whether it fits", viewer.__name__)
        return UNSUITED
