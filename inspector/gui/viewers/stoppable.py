"""Work over all of a file that a person can stop and go on with; what was found is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from inspector.core.errors import InspectorError, SourceError
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job

_log = logging.getLogger(__name__)

State = Literal["idle", "busy", "stopping", "done", "stopped", "failed"]


class StoppableWork(QObject):
    """One job at a time; subclasses say in `start` what it does, and in `finish` take the rest."""

    started = Signal()
    progressed = Signal(float, str)
    settled = Signal()
    """It is done, stopped or failed; whatever was found until then can be used."""

    name = "work"
    """What a person calls it."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._job: Job | None = None
        self.state: State = "idle"
        self.error: Exception | None = None

    def start(self) -> None:
        """Do what has not been done yet."""
        raise NotImplementedError

    def finish(self, result: Any) -> None:
        """Take what the job returns."""
        raise NotImplementedError

    @property
    def is_busy(self) -> bool:
        """True while a job is at work."""
        return self.state in ("busy", "stopping")

    @property
    def can_start(self) -> bool:
        """True if there is something left to do, and nobody at it."""
        return self.state in ("idle", "stopped", "failed")

    @property
    def file_changed(self) -> bool:
        """True if the bytes are no longer those that the tree was made from."""
        return isinstance(self.error, SourceError)

    def run(self, title: str, function: Callable[..., Any], *args: Any) -> None:
        """Call `function(*args, progress=...)` in a job."""
        self.state, self.error = "busy", None
        job = self._job = self._context.jobs.start(title, function, *args)
        job.progressed.connect(self.tell)
        job.succeeded.connect(self.finish)
        job.failed.connect(self._fail)
        job.cancelled.connect(lambda: self.settle("stopped"))
        self.started.emit()

    def cancel(self) -> None:
        """Stop; what has been found is kept."""
        if self._job is not None and self.state == "busy":
            self.state = "stopping"
            self._job.cancel()

    def failure(self) -> str:
        """Return why it failed, in a sentence."""
        if isinstance(self.error, InspectorError):
            return str(self.error)
        return f"The {self.name} ended; that is a mistake in the program ({self.error!r})."

    def tell(self, fraction: float, message: str) -> None:
        """Say how far the job is."""
        self.progressed.emit(fraction, message)

    def settle(self, state: State) -> None:
        """Say that the job is over."""
        self._job = None
        self.state = state
        self.settled.emit()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, InspectorError):
            _log.error("The %s failed", self.name, exc_info=error)
        self.error = error
        self.settle("failed")
