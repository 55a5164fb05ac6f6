"""Reads the blocks that are on screen, and gives up those that no longer are."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal

from inspector.core.analysis.notation import Notation
from inspector.core.analysis.sheet_texts import Place, Texts, read_texts, request
from inspector.core.analysis.sheets import Sheet
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.viewers.values_model import ValuesModel

_log = logging.getLogger(__name__)


class BlockReading(QObject):
    """At most one job at a time: what is on screen now, or nothing."""

    arrived = Signal()
    failed = Signal(str)
    idle = Signal()

    def __init__(self, context: AppContext, model: ValuesModel) -> None:
        super().__init__()
        self._context = context
        self._model = model
        self._job: Job | None = None
        self._wanted: set[tuple[int, int]] = set()

    @property
    def is_busy(self) -> bool:
        """True while blocks are being read."""
        return self._job is not None

    def look_at(
        self,
        checkpoint: Checkpoint,
        tensor: Tensor,
        rows: range,
        columns: range,
        notation: Notation,
    ) -> None:
        """Have the cells of a part of the page read, where they are not there yet."""
        missing = self._model.missing(rows, columns)
        if self._job is not None:
            if self._wanted.intersection(missing):
                return  # some of it is on its way; the rest is asked for then
            self.stop()
        if not missing:
            self.idle.emit()
            return
        sheet = self._model.sheet
        assert sheet is not None
        self._wanted = set(missing)
        spans = [self._model.extent(key) for key in missing]
        job = self._job = self._context.jobs.start(
            "Reading values",
            _read,
            checkpoint,
            tensor,
            sheet,
            spans,
            notation,
            self._context.engine,
        )
        job.succeeded.connect(lambda blocks: self._take(job, blocks))
        job.failed.connect(lambda error: self._fail(job, error))

    def stop(self) -> None:
        """Give up what is under way."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _take(self, job: Job, blocks: list[Texts]) -> None:
        if job is self._job:
            self._job = None
            self._model.put(blocks)
            self.arrived.emit()

    def _fail(self, job: Job, error: Exception) -> None:
        if job is not self._job:
            return
        self._job = None
        if isinstance(error, InspectorError):
            self.failed.emit(str(error))
            return
        _log.error("%s failed", job.title, exc_info=error)
        self.failed.emit(f"They could not be read; that is a mistake in the program ({error!r}).")


def _read(
    checkpoint: Checkpoint,
    tensor: Tensor,
    sheet: Sheet,
    spans: list[tuple[range, range]],
    notation: Notation,
    engine: Engine,
    *,
    progress: Progress = silent,
) -> list[Texts]:
    place = Place.of(checkpoint, tensor)
    tasks = ((1, request(place, sheet, rows, columns, notation)) for rows, columns in spans)
    return list(engine.run(read_texts, tasks, len(spans), progress, "Reading values"))
