"""Plans while the person types: a pause, then one job at a time, always for what stands there."""

from __future__ import annotations

import logging
from pathlib import Path as FilePath

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.core.export import cast_losses, state_dict_tensors
from inspector.core.export.plan import Loss, Plan
from inspector.core.formats import open_checkpoint
from inspector.core.model.address import parse_address
from inspector.core.progress import Progress, part, silent
from inspector.gui.context import AppContext
from inspector.gui.export.outlook import Asked, Loading, Outlook, Target, look_ahead, spelled
from inspector.gui.export.survey import Survey
from inspector.gui.jobs import Job

_log = logging.getLogger(__name__)
_PAUSE_MS = 150
_LOOKED_AT_UNASKED = 1 << 30  # bytes to read for the sake of what a cast loses


class Forecast(QObject):
    """Asks through `wanted`, which must answer with `plan`; tells what comes of it."""

    wanted = Signal()  # it is time to plan
    planned = Signal(object)  # Outlook
    spelled = Signal(object)  # command and loading code, for another name
    planning = Signal(float)  # how far a plan is that takes longer than a moment
    refused = Signal(Exception)
    lost = Signal(object)  # the losses of the casts in the last outlook
    looking = Signal(float)  # how far the look at casts is

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._planning: Job | None = None
        self._losing: Job | None = None
        self._is_stale = False
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._want)

    @property
    def is_current(self) -> bool:
        """True if the last outlook is of what stands in the window."""
        return self._planning is None and not self._pause.isActive()

    @property
    def is_looking(self) -> bool:
        """True while values are read for what a cast loses."""
        return self._losing is not None and not self._losing.is_settled

    def soon(self, *, name_only: bool = False) -> None:
        """Plan after a pause; what is being planned is not wanted any more."""
        self._cancel(but_losses=name_only)
        self._pause.start()

    def spell(self, found: Survey, outlook: Outlook, file: str, loading: Loading) -> None:
        """Put another name, or another way to load it, into the texts of an outlook."""
        jobs = self._context.jobs
        job = jobs.start("Writing the command", spelled, found, outlook, file, loading)
        job.succeeded.connect(self._tell_texts)
        job.failed.connect(self._refuse)
        job.finished.connect(lambda: self._end(job))
        self._planning = job

    def plan(self, found: Survey, asked: Asked) -> None:
        """Plan now."""
        job = self._context.jobs.start("Planning", look_ahead, found, asked)
        job.progressed.connect(lambda done, _: self.planning.emit(done) if done else None)
        job.succeeded.connect(lambda outlook: self._tell(found, outlook))
        job.failed.connect(self._refuse)
        job.finished.connect(lambda: self._end(job))
        self._planning = job

    def look_at_casts(self, found: Survey, plan: Plan) -> None:
        """Read what is cast, and tell what gets lost."""
        job = self._context.jobs.start("Looking at casts", _losses, found, plan)
        job.progressed.connect(lambda done, _: self.looking.emit(done))
        job.succeeded.connect(self.lost)
        job.failed.connect(self.refused)
        self._losing = job

    def stop(self) -> None:
        """Drop everything that is under way."""
        self._pause.stop()
        self._cancel()

    def _cancel(self, *, but_losses: bool = False) -> None:
        if self._planning is not None:
            self._planning.cancel()
        if self._losing is not None and not but_losses:
            self._losing.cancel()
            self._losing = None

    def _want(self) -> None:
        if self._planning is not None:  # two that compute would keep the window waiting
            self._is_stale = True
            return
        self.wanted.emit()

    def _tell(self, found: Survey, outlook: Outlook) -> None:
        self._planning = None
        if outlook.plan.possible and 0 < outlook.casts <= _LOOKED_AT_UNASKED:
            self.look_at_casts(found, outlook.plan)
        self.planned.emit(outlook)

    def _tell_texts(self, texts: tuple[str, str]) -> None:
        self._planning = None
        self.spelled.emit(texts)

    def _refuse(self, error: Exception) -> None:
        self._planning = None
        self.refused.emit(error)

    def _end(self, job: Job) -> None:
        if self._planning is job:
            self._planning = None
        if self._is_stale:
            self._is_stale = False
            self.wanted.emit()


def read_target(address: str, *, progress: Progress = silent) -> Target:
    """Read which tensors the state_dict of another checkpoint has."""
    place = parse_address(address, lambda file: FilePath(file).exists())
    with open_checkpoint(place.file, part(progress, 0.0, 0.9)) as checkpoint:
        return Target(address, state_dict_tensors(checkpoint, place.path or None))


def _losses(found: Survey, plan: Plan, *, progress: Progress = silent) -> tuple[Loss, ...]:
    return cast_losses(found.checkpoint, plan, progress)
