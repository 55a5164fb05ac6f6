"""One tab: a checkpoint from the moment it is asked for until it is closed."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.core.model import Path
from inspector.core.model.address import Address, print_address
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.tree.arrangement import Request
from inspector.gui.tree.pane import TreePane
from inspector.gui.turns import Turns
from inspector.gui.viewers import file_name
from inspector.gui.widgets.first_focus import FirstFocus
from inspector.gui.widgets.notice_bar import Choice, NoticeBar
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.file_watch import FileWatch, look_at
from inspector.gui.window.file_watch import Look as FileLook
from inspector.gui.window.opening import Look, Opened, let_go, open_for_window
from inspector.gui.window.pages import CancelledPage, ErrorPage, ProgressPage

_log = logging.getLogger(__name__)
_SAID = {
    "changed": "This file has changed on disk since it was read.",
    "shrunk": "This file has become shorter on disk since it was read: it may be cut off, or"
    " about to be written anew.",
    "gone": "This file is no longer there. What was read of it stays here.",
}


class CheckpointTab(QWidget):
    """Shows progress, then the checkpoint, or why there is none; owns its job and its file."""

    status_changed = Signal()
    opened = Signal()
    menu_requested = Signal(QPoint)
    close_requested = Signal()

    def __init__(self, context: AppContext, uri: str, path: Path = ()) -> None:
        super().__init__()
        self._context = context
        self.uri = uri
        self.name = file_name(uri)
        self.view: CheckpointView | None = None
        self._wanted = path
        self._job: Job | None = None
        self._arrived: Opened | None = None
        self._tree: TreePane | None = None
        self._made: CheckpointView | None = None
        self._turns = Turns(self)
        self._page: QWidget | None = None
        self._offer: tuple[str, Choice] | None = None
        self.watch = FileWatch(context.jobs, uri)
        self.watch.noticed.connect(self._tell)
        self.notice = NoticeBar(context.theme)
        self._column = QVBoxLayout(self)
        self._focus: FirstFocus | None = None
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.notice)
        self.open()

    def open(self) -> None:
        """Open the file, or open it again and return to the same place."""
        if self._job is not None:
            self._job.cancel()
        self._drop_made()
        self.notice.hide()
        page: ProgressPage | None = None
        if self.view is None:
            page = ProgressPage(self._context.theme, self.name)
            page.cancel_requested.connect(self.cancel)
            self._show(page)
        else:
            self.notice.say("info", "Reading the file again…", ("Cancel", self.cancel))
        job = self._context.jobs.start(
            f"Opening {self.name}", _open, self.uri, self._look(), discard=_close
        )
        if page is not None:
            job.progressed.connect(page.show_progress)
        job.succeeded.connect(lambda pair: self._turns.take(self._arrive(*pair)))
        job.failed.connect(self._show_error)
        self._job = job

    def cancel(self) -> None:
        """Give up opening; what arrives later is dropped."""
        if self._job is None:
            return
        self._job.cancel()
        self._job = None
        self._drop_made()
        if self.view is not None:
            self.notice.hide()
            self.status_changed.emit()
            return
        page = CancelledPage(self._context.theme, self.name)
        page.retry_requested.connect(self.open)
        page.close_requested.connect(self.close_requested)
        self._show(page)

    def stop(self) -> None:
        """End the job and let go of the file."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._drop_made()
        self.watch.stop()
        self._drop_view()

    def go_to(self, path: Path) -> None:
        """Show a place in the file, now or once it is open; say so if it is not there."""
        if self.view is None or self._job is not None:
            self._wanted = path
            return
        self._wanted = ()
        if path and not self.view.tree.reach(path):
            place = text.printable(print_address(Address("", path)), 200)
            self.notice.say("warning", f"There is no {place} in this file.")

    def offer(self, words: str, choice: Choice) -> None:
        """Say something in passing, now or once the file is open."""
        if self.is_busy:
            self._offer = (words, choice)
        elif self.view is not None and not self.notice.words():
            self.notice.say("info", words, choice)

    def address(self) -> str:
        """Return the file and the current place in it on one line."""
        path = self.view.current_path() if self.view else self._wanted
        return print_address(Address(self.uri, path))

    def kept(self) -> str:
        """Return what brings it back in another session."""
        return self.address()

    def command(self) -> list[str]:
        """Return the words that open it again."""
        return ["inspector", self.address()]

    @property
    def files(self) -> tuple[str, ...]:
        """The one address."""
        return (self.uri,)

    @property
    def is_busy(self) -> bool:
        """True while the file is being opened."""
        return self._job is not None

    def status(self) -> str:
        """Return the text for the status bar."""
        return self.view.status() if self.view else ""

    def _look(self) -> Look:
        preferences = self._context.preferences
        fold = bool(preferences["fold_repeats"])
        if self.view is None:
            return Look(Request(grouped=bool(preferences["group_keys"])), None, fold)
        tree = self.view.tree
        return Look(tree.model.request, tree.unfiltered_lines(), fold)

    def _arrive(self, opened: Opened, look: FileLook | None) -> Iterator[None]:
        """Make what is shown next, fill and show it: together they would hold the window."""
        try:
            self._arrived = opened
            self._tree = TreePane(self._context, opened.subject, opened.first)
            yield
            # With its parent from the start: else fonts and colours would go to all in one turn.
            view = self._made = CheckpointView(self._context, opened, self._tree, self)
            self._arrived = self._tree = None
            yield
            view.show_whole()
            yield
        except Exception as error:  # noqa: BLE001 - the boundary: nobody is to wait for ever
            self._drop_made()
            self._show_error(error)
            return
        self._made = self._job = None
        self._show_opened(view, look)

    def _drop_made(self) -> None:
        """Let go of a view that was given up before it was shown."""
        self._turns.stop()
        if self._arrived is not None:
            self._arrived.close()
        for made in (self._tree, self._made):
            if made is not None:
                made.stop()
                made.deleteLater()
        self._arrived = self._tree = self._made = None

    def _show_opened(self, view: CheckpointView, look: FileLook | None) -> None:
        self.notice.hide()
        before = self.view
        view.status_changed.connect(self.status_changed)
        view.menu_requested.connect(self.menu_requested)
        view.reload_requested.connect(self.open)
        if before is not None:
            view.take_place_of(before)
            self._drop_view()
        self.view = view
        self._show(view)
        view.start_marking_soon()
        self.watch.start(look)
        if before is None:
            self._focus = FirstFocus(self, view.tree.view)
        if self._wanted:
            self.go_to(self._wanted)
        if self._offer is not None:
            self.offer(*self._offer)
            self._offer = None
        self.opened.emit()

    def _drop_view(self) -> None:
        if self.view is not None:
            checkpoint = self.view.opened.checkpoint
            nodes = [checkpoint.root, *self.view.tree.made_up()]
            directories = [*checkpoint.directories, *self.view.places()]
            self.view.stop()
            self.view = None
            self._context.jobs.rest_a_turn()
            self._context.jobs.start("Letting go", let_go, nodes, directories)

    def _show_error(self, error: Exception) -> None:
        self._job = None
        if not isinstance(error, InspectorError):
            _log.error("%s could not be opened", self.uri, exc_info=error)
        if self.view is not None:
            why = text.printable(str(error), 600)
            again = ("Try again", self.open)
            self.notice.say("error", f"The file could not be read again: {why}", again)
            self.status_changed.emit()
            return
        page = ErrorPage(self._context.theme, self.uri, error)
        page.retry_requested.connect(self.open)
        page.close_requested.connect(self.close_requested)
        self._show(page)

    def _tell(self, what: str) -> None:
        if self._job is not None:
            return
        if what == "same":
            self.notice.hide()
        elif what == "changed" and self._context.preferences["when_changed"] == "reload":
            self.open()
        else:
            reload = () if what == "gone" else (("Reload", self.open),)
            self.notice.say("warning", _SAID[what], *reload)

    def _show(self, page: QWidget) -> None:
        if self._page is not None:
            self._column.removeWidget(self._page)
            self._page.hide()
            self._page.deleteLater()
        self._page = page
        self._column.addWidget(page, 1)
        page.show()  # a layout shows it later, and what is not shown cannot have the keyboard
        self.status_changed.emit()


def _open(uri: str, look: Look, *, progress: Progress = silent) -> tuple[Opened, FileLook | None]:
    """Open a file; how it looked before that tells later whether it has changed."""
    seen = look_at(uri)
    return open_for_window(uri, look, progress=progress), seen


def _close(pair: tuple[Opened, FileLook | None]) -> None:
    pair[0].close()
