"""What viewers of values have in common: a job reads them, and the window goes on meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job, import_in_job
from inspector.gui.turns import Turns
from inspector.gui.viewers.base import Subject, Viewer
from inspector.gui.widgets.waiting_page import WaitingPage

_log = logging.getLogger(__name__)
_PATIENCE = 150  # milliseconds that one does not take for a delay: a progress bar would only flash

State = Literal["idle", "busy", "shown", "empty", "failed", "cancelled"]


class ComputedViewer(Viewer):
    """A viewer whose picture is made by a job, and that says what becomes of it.

    Subclasses implement `make_body`, and `ask`, which calls `compute` or `show_empty`. The body is
    made when the first result is there: until then pyqtgraph need not be imported.
    """

    settled = Signal()
    """The state is one that stays: `shown`, `empty`, `failed` or `cancelled`."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.state: State = "idle"
        self.subject: Subject | None = None
        self._job: Job | None = None
        self._more: Job | None = None
        self._body: QWidget | None = None
        self._parts: Iterator[QWidget] | None = None
        self._part = QWidget()
        self._turns = Turns(self)
        self.waiting = WaitingPage()
        self.waiting.cancel_requested.connect(self.cancel)
        self.waiting.retry_requested.connect(self._again)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.waiting)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._show_waiting)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)

    def show_subject(self, subject: Subject) -> None:
        self.subject = subject
        self._again()

    def ask(self, subject: Subject) -> None:
        """Begin to work out what is to be shown of a subject."""
        raise NotImplementedError

    def make_body(self) -> Iterator[QWidget]:
        """Make the widget that shows results, a turn of the event loop for each part of it.

        The last one is the whole. Called once; if nobody waits any more, it goes on the next time.
        """
        raise NotImplementedError

    def compute(
        self, title: str, function: Callable[..., Any], *args: Any, show: Callable[[Any], None]
    ) -> None:
        """Call `function(*args, progress=...)` in a job and give the result to `show`.

        What was asked before is cancelled. Errors and progress are shown in the body's place.
        """
        self._stop()
        self.state = "busy"
        self.waiting.show_progress(0.0, title)
        if self._body is None or self._pages.currentWidget() is self.waiting:
            self._show_waiting()
        else:
            self._patience.start()  # the picture of before stays so long
        job = self._job = self.context.jobs.start(title, _with_plots, function, args)
        job.progressed.connect(lambda done, said: self._tell(job, done, said))
        job.succeeded.connect(lambda result: self._take(job, result, show))
        job.failed.connect(lambda error: self._fail(job, error))

    def compute_more(
        self, title: str, function: Callable[..., Any], *args: Any, show: Callable[[Any], None]
    ) -> None:
        """Do the same while the picture stays; if it fails, the error takes its place."""
        self.stop_more()
        job = self._more = self.context.jobs.start(title, function, *args)
        job.succeeded.connect(lambda result: self._take_more(job, result, show))
        job.failed.connect(lambda error: self._fail_more(job, error))

    def stop_more(self) -> None:
        """Give up what was to come to the picture."""
        if self._more is not None:
            self._more.cancel()
            self._more = None

    def show_empty(self, sentence: str) -> None:
        """Say why there is nothing to be shown."""
        self._stop()
        self._settle("empty", sentence)

    def cancel(self) -> None:
        """Stop the work, and offer to begin again."""
        self.stop_more()
        if self.state == "busy":
            self._stop()
            self._settle("cancelled", "Stopped before it was done.", "Begin again")

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody looks any more; `show_subject` comes again with the tab.
        if not event.spontaneous():
            self.stop_more()
        if self.state == "busy" and not event.spontaneous():
            self._stop()
            self.state = "idle"
        super().hideEvent(event)

    def _again(self) -> None:
        if self.subject is not None:
            self.ask(self.subject)

    def _stop(self) -> None:
        self._patience.stop()
        self._turns.stop()
        self.stop_more()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _tell(self, job: Job, fraction: float, message: str) -> None:
        if job is self._job:
            self.waiting.show_progress(fraction, message or job.title)

    def _take(self, job: Job, result: Any, show: Callable[[Any], None]) -> None:
        if job is self._job:
            self._turns.take(self._arrive(job, result, show))

    def _arrive(self, job: Job, result: Any, show: Callable[[Any], None]) -> Iterator[None]:
        try:
            yield from self._show_result(result, show)
        except Exception as error:  # noqa: BLE001 - the boundary: nobody is to wait for ever
            if self._body is None:
                self._parts = None  # a generator that has failed makes no more parts
            self._stop()
            self._job = job
            self._fail(job, error)

    def _show_result(self, result: Any, show: Callable[[Any], None]) -> Iterator[None]:
        """Make the body, fill it and lay it out: together they would hold the window."""
        if self._parts is None:
            self._parts = self.make_body()
        for part in self._parts:
            self._part = part  # the last one is the body
            yield
        if self._body is None:
            self._body = self._part
            self._pages.addWidget(self._body)
        self._job = None
        self._patience.stop()
        self.state = "shown"
        show(result)
        if self.state != "shown":  # it has found that there is nothing to show
            return
        if self._pages.currentWidget() is not self._body:
            self.state = "busy"
            yield
            self.state = "shown"
            self._pages.setCurrentWidget(self._body)
        self.settled.emit()

    def _fail(self, job: Job, error: Exception) -> None:
        if job is not self._job:
            return
        self._job = None
        if isinstance(error, InspectorError):
            self._settle("failed", str(error), "Try again", error=True)
            return
        _log.error("%s failed", job.title, exc_info=error)
        sentence = f"This could not be worked out; that is a mistake in the program ({error!r})."
        self._settle("failed", sentence, "Try again", error=True)

    def _take_more(self, job: Job, result: Any, show: Callable[[Any], None]) -> None:
        if job is self._more:
            self._more = None
            show(result)

    def _fail_more(self, job: Job, error: Exception) -> None:
        if job is self._more:
            self._more, self._job = None, job
            self._fail(job, error)

    def _settle(self, state: State, sentence: str, again: str = "", *, error: bool = False) -> None:
        self._patience.stop()
        self.state = state
        self.waiting.show_sentence(sentence, again, error=error)
        self._show_waiting()
        self.settled.emit()

    def _show_waiting(self) -> None:
        self._pages.setCurrentWidget(self.waiting)


def _with_plots(
    function: Callable[..., Any], args: tuple[Any, ...], *, progress: Progress = silent
) -> Any:
    """Call the function, and meanwhile import what pictures need: it waits for other processes."""
    # First, and by one thread: the thread of the processes imports it too, with the first array
    # that they return, and whoever comes second may find it half there.
    import numpy  # noqa: F401

    importing = threading.Thread(target=import_in_job, args=("pyqtgraph",), name="plots")
    importing.start()
    try:
        return function(*args, progress=progress)
    finally:
        importing.join()
