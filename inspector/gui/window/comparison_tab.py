"""One tab: two checkpoints side by side, from the moment they are asked for until it is closed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import Choices, PairRequest, Tolerance
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.banner import names_apart
from inspector.gui.diff.look import USUAL_LOOK, DiffLook
from inspector.gui.diff.opening import Sides, open_sides, pair_up
from inspector.gui.jobs import Job
from inspector.gui.viewers import file_name
from inspector.gui.widgets.first_focus import FirstFocus
from inspector.gui.widgets.notice_bar import NoticeBar
from inspector.gui.window.file_watch import FileWatch, Look, look_at
from inspector.gui.window.opening import let_go
from inspector.gui.window.pages import CancelledPage, ErrorPage, ProgressPage
from inspector.gui.window.recent import keep_comparison

if TYPE_CHECKING:
    from inspector.gui.diff.view import ComparisonView

_log = logging.getLogger(__name__)
_SAID = {
    "changed": "has changed on disk since it was compared.",
    "shrunk": "has become shorter on disk since it was compared.",
    "gone": "is no longer there.",
}
_Looks = tuple[Look | None, Look | None]


class ComparisonTab(QWidget):
    """Shows progress, then the comparison, or why there is none; owns both files."""

    status_changed = Signal()
    opened = Signal()
    failed = Signal()
    menu_requested = Signal(QPoint)
    close_requested = Signal()
    renamed = Signal()

    def __init__(
        self, context: AppContext, request: PairRequest, look: DiffLook = USUAL_LOOK
    ) -> None:
        super().__init__()
        self._context = context
        self.a, self.b, self._choices, self._tolerance = request
        self._look = look  # of the view that is not there yet, or any more
        self.view: ComparisonView | None = None
        self._job: Job | None = None
        self._page: QWidget | None = None
        self._watches: list[FileWatch] = []
        self.notice = NoticeBar(context.theme)
        self._column = QVBoxLayout(self)
        self._focus: FirstFocus | None = None
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.notice)
        self.open()

    @property
    def name(self) -> str:
        """What stands on the tab."""
        one, other = names_apart(self.a, self.b)
        return f"{one} → {other}"

    @property
    def uri(self) -> str:
        """Both addresses."""
        return f"{self.a} → {self.b}"

    @property
    def files(self) -> tuple[str, ...]:
        """The addresses of both."""
        return self.a, self.b

    @property
    def request(self) -> PairRequest:
        """What brings it back as it is now."""
        return PairRequest(self.a, self.b, self._choices, self._tolerance)

    @property
    def look(self) -> DiffLook:
        """How it is looked at."""
        return self.view.pane.look() if self.view else self._look

    def kept(self) -> str:
        """Return what brings it back in another session."""
        return keep_comparison(self.request, self.look)

    def command(self) -> list[str]:
        """Return the words that open it again."""
        return self.request.command()

    @property
    def is_busy(self) -> bool:
        """True while the files are being opened."""
        return self._job is not None

    def open(self) -> None:
        """Open both files, or open them again."""
        self._stop_job()
        self._drop_view()
        self.notice.hide()
        page = ProgressPage(self._context.theme, self.name)
        page.cancel_requested.connect(self.cancel)
        self._show(page)
        job = self._context.jobs.start(
            "Opening both", _open, self.a, self.b, self._choices, discard=_close
        )
        job.progressed.connect(page.show_progress)
        job.succeeded.connect(lambda pair: self._show_opened(*pair))
        job.failed.connect(self._show_error)
        self._job = job

    def cancel(self) -> None:
        """Give up opening."""
        if self._job is None:
            return
        self._stop_job()
        page = CancelledPage(self._context.theme, self.name)
        page.retry_requested.connect(self.open)
        page.close_requested.connect(self.close_requested)
        self._show(page)

    def stop(self) -> None:
        """End the jobs and let go of both files."""
        self._stop_job()
        self._stop_watches()
        self._drop_view()

    def swap(self) -> None:
        """Make A of B."""
        self.a, self.b = self.b, self.a
        root_a, root_b = self._choices.root_a, self._choices.root_b
        self._choices = self._choices._replace(root_a=root_b, root_b=root_a)
        self.renamed.emit()
        if self.view is None:
            self.open()
            return
        sides = self.view.sides
        self._pair_up(sides.b, sides.a)

    def status(self) -> str:
        """Return the text for the status bar."""
        return self.view.status() if self.view else ""

    def look_again(self) -> None:
        """Look whether the files have changed."""
        for watch in self._watches:
            watch.look_again()

    def _choose(self, choices: Choices) -> None:
        assert self.view is not None
        self._choices = choices
        self._pair_up(self.view.sides.a, self.view.sides.b)

    def _tolerate(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance

    def _pair_up(self, a: object, b: object) -> None:
        """Compare the files that are open anew."""
        self._stop_job()
        job = self._context.jobs.start("Pairing keys", pair_up, a, b, self._choices)
        job.succeeded.connect(self._show_paired)
        job.failed.connect(self._say_unpaired)
        self._job = job
        self.status_changed.emit()

    def _show_opened(self, sides: Sides, looks: _Looks) -> None:
        self._job = None
        self._drop_view()
        self._show_sides(sides)
        self._stop_watches()
        for uri, look in zip((self.a, self.b), looks, strict=True):
            watch = FileWatch(self._context.jobs, uri)
            watch.noticed.connect(lambda what, uri=uri: self._tell(uri, what))
            watch.start(look)
            self._watches.append(watch)
        self.opened.emit()

    def _stop_watches(self) -> None:
        for watch in self._watches:
            watch.stop()
        self._watches = []  # what they call keeps the tab

    def _show_paired(self, sides: Sides) -> None:
        self._job = None
        self._look = self.look
        before, self.view = self.view, None
        if before is not None:
            before.stop()
        self._show_sides(sides)

    def _show_sides(self, sides: Sides) -> None:
        # Imported here: most windows never compare, and all of them would start later.
        from inspector.gui.diff.view import ComparisonView

        view = ComparisonView(self._context, sides, self._tolerance, self._look)
        self.view = view
        view.status_changed.connect(self.status_changed)
        view.menu_requested.connect(self.menu_requested)
        view.swap_requested.connect(self.swap)
        view.choices_made.connect(self._choose)
        view.tolerance_chosen.connect(self._tolerate)
        view.reload_requested.connect(self.open)
        self._show(view)
        self._focus = FirstFocus(self, view.pane.table)

    def _say_unpaired(self, error: Exception) -> None:
        self._job = None
        if not isinstance(error, InspectorError):
            _log.error("The keys could not be paired", exc_info=error)
        self.notice.say("error", text.printable(str(error), 600))

    def _show_error(self, error: Exception) -> None:
        self._job = None
        self._drop_view()
        if not isinstance(error, InspectorError):
            _log.error("%s could not be compared", self.uri, exc_info=error)
        page = ErrorPage(self._context.theme, self.uri, error)
        if isinstance(error, InspectorError):
            page.set_title("These two cannot be compared")
        page.retry_requested.connect(self.open)
        page.close_requested.connect(self.close_requested)
        self._show(page)
        self.failed.emit()

    def _tell(self, uri: str, what: str) -> None:
        if self._job is not None or self.view is None:
            return
        if what == "same":
            self.notice.hide()
            return
        again = () if what == "gone" else (("Compare again", self.open),)
        self.notice.say("warning", f"{file_name(uri)} {_SAID[what]}", *again)

    def _stop_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _drop_view(self) -> None:
        if self.view is not None:
            sides, self._look = self.view.sides, self.look
            self.view.stop()
            self.view = None
            sides.close()
            roots = [sides.a.root, sides.b.root]
            del sides
            self._context.jobs.start("Letting go", let_go, roots)

    def _show(self, page: QWidget) -> None:
        if self._page is not None:
            self._column.removeWidget(self._page)
            self._page.hide()
            self._page.deleteLater()
        self._page = page
        self._column.addWidget(page, 1)
        page.show()
        self.status_changed.emit()


def _open(a: str, b: str, choices: Choices, *, progress: Progress = silent) -> tuple[Sides, _Looks]:
    # What shows it, which the window is not to wait for.
    import inspector.gui.diff.view  # noqa: F401

    looks = look_at(a), look_at(b)
    return open_sides(a, b, choices, progress=progress), looks


def _close(pair: tuple[Sides, _Looks]) -> None:
    pair[0].close()
