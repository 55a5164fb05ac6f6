"""The panel beside the tree: a tab for every viewer that fits the selection."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel

from inspector.gui.context import AppContext
from inspector.gui.theme import pixmap
from inspector.gui.viewers.base import UNSUITED, Subject, Viewer
from inspector.gui.viewers.kinds import kind_icon, kind_text, title_of
from inspector.gui.viewers.selection_page import SelectionPage
from inspector.gui.widgets.tab_panel import TabPanel

_log = logging.getLogger(__name__)


class ViewerPanel(TabPanel[Viewer]):
    """Shows a subject in the viewer that the person used last, or in the one that fits best."""

    jump_requested = Signal(object)  # Path

    def __init__(self, context: AppContext, viewers: Sequence[type[Viewer]]) -> None:
        super().__init__("Ways to look at the selection", 380)
        self._context = context
        self._viewers = viewers
        self._chosen: type[Viewer] | None = None
        self._subject: Subject | None = None
        self._picture = QLabel()
        self._head.insertWidget(0, self._picture, 0, Qt.AlignmentFlag.AlignTop)
        self.selection = SelectionPage()
        self._stack.addWidget(self.selection)
        context.theme.changed.connect(self._draw_picture)

    def show_subject(self, subject: Subject) -> None:
        """Look at something else."""
        self._subject = subject
        self.tab_bar.show()
        self.title.set_text(title_of(subject))
        self.facts.setText(kind_text(subject))
        self._draw_picture()
        rated = [(_rate(viewer, subject), viewer) for viewer in self._viewers]
        fitting = [viewer for priority, viewer in rated if priority > UNSUITED]
        best = max(rated, key=lambda pair: pair[0])[1]
        self.offer(fitting, self._chosen if self._chosen in fitting else best)

    def show_selection(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        """Look at several nodes at once: what they amount to together."""
        self._subject = None
        self.stop()  # nobody waits for the page of one node any more
        self.title.set_text(title)
        self.facts.setText("Together")
        self._picture.setPixmap(self._pixmap("sequence", "container"))
        self.selection.show_facts(facts)
        self.tab_bar.hide()
        self._stack.setCurrentWidget(self.selection)

    def viewer(self) -> Viewer | None:
        """Return the viewer on screen."""
        return self.page()

    def preferred(self) -> type[Viewer] | None:
        """Return the viewer that the person chose last."""
        return self._chosen

    def prefer(self, viewer: type[Viewer] | None) -> None:
        """Show that viewer wherever it fits, as if the person had chosen it."""
        self._chosen = viewer

    def make(self, kind: type[Viewer]) -> Viewer:
        viewer = kind(self._context)
        viewer.jump_requested.connect(self.jump_requested)
        return viewer

    def fill(self, page: Viewer) -> None:
        if self._subject is not None:
            page.show_subject(self._subject)

    def keep(self, kind: type[Viewer]) -> None:
        self._chosen = kind

    def _draw_picture(self) -> None:
        if self._subject is None:
            return
        self._picture.setPixmap(self._pixmap(*kind_icon(self._subject)))

    def _pixmap(self, name: str, colour: str) -> QPixmap:
        colours = self._context.theme.colours
        return pixmap(name, getattr(colours, colour), 20, self.devicePixelRatio())


def _rate(viewer: type[Viewer], subject: Subject) -> int:
    try:
        return viewer.priority(subject)
    except Exception:  # noqa: BLE001 - the boundary: one broken viewer must not hide the others
        _log.exception("%s cannot say whether it fits", viewer.__name__)
        return UNSUITED
