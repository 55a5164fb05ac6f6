"""The scan of all values of an open checkpoint: what has been read, and what that tells."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Literal

from PySide6.QtCore import QObject, Signal

from inspector.core import text
from inspector.core.analysis.health import ScanRow, cross_findings, health_scan
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError, SourceError
from inspector.core.model import Finding, Path, tensors
from inspector.core.progress import Progress, empty, part, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job

_log = logging.getLogger(__name__)
_PULSE = 500  # tensors between two progress calls
_ROWS = 32  # rows between two

State = Literal["idle", "busy", "stopping", "done", "stopped", "failed"]


class ScanRows:
    """Rows as they come; a job adds to them, the window reads the first so many."""

    def __init__(self) -> None:
        self.every: list[ScanRow] = []
        self.by_path: dict[Path, ScanRow] = {}
        self.total = 0
        """How many there will be; 0 until that is known."""

    def add(self, row: ScanRow) -> None:
        """Take one more."""
        self.by_path[row.path] = row
        self.every.append(row)


class ValueScan(QObject):
    """Reads everything once, goes on where it was stopped, and keeps what it found."""

    started = Signal()
    progressed = Signal(float, str)
    settled = Signal()
    """It is done, stopped or failed; whatever was read until then can be used."""

    def __init__(self, context: AppContext, checkpoint: Checkpoint) -> None:
        super().__init__()
        self._context = context
        self._checkpoint = checkpoint
        self._job: Job | None = None
        self.rows = ScanRows()
        self.across: tuple[Finding, ...] = ()
        """What the rows say together, once all are there."""
        self.found: Sequence[Finding] = ()
        """The findings that are on screen."""
        self.state: State = "idle"
        self.error: Exception | None = None

    @property
    def is_busy(self) -> bool:
        """True while a job is at work."""
        return self.state in ("busy", "stopping")

    @property
    def is_partial(self) -> bool:
        """True if not everything has been read."""
        return self.state != "done"

    @property
    def file_changed(self) -> bool:
        """True if the bytes are no longer those that the tree was made from."""
        return isinstance(self.error, SourceError)

    def start(self) -> None:
        """Read what has not been read yet."""
        if self.is_busy or self.state == "done":
            return
        self.state, self.error = "busy", None
        job = self._job = self._context.jobs.start(
            "Scanning all values", _scan, self._checkpoint, self._context.engine, self.rows
        )
        job.progressed.connect(self.progressed)
        job.succeeded.connect(self._finish)
        job.failed.connect(self._fail)
        job.cancelled.connect(lambda: self._settle("stopped"))
        self.started.emit()

    def cancel(self) -> None:
        """Stop; what has been read is kept."""
        if self._job is not None and self.state == "busy":
            self.state = "stopping"
            self._job.cancel()

    def drop(self) -> None:
        """Stop for good, and free the rows off the GUI thread."""
        if self._job is not None:
            self._job.cancel()
        rows, self.rows = self.rows, ScanRows()
        if rows.every:
            self._context.jobs.start("Letting go", _let_go, rows)

    def row(self, path: Path) -> ScanRow | None:
        """Return what is known of a tensor."""
        return self.rows.by_path.get(path)

    def snapshot(self) -> Sequence[ScanRow]:
        """Return the rows that are there now."""
        return self.rows.every[:]

    def findings(self) -> Iterator[Finding]:
        """Yield everything that was found, tensors that could not be read included."""
        yield from findings_in(self.snapshot())
        yield from self.across

    def words(self) -> str:
        """Return how far it has come, in a sentence."""
        number, total = len(self.rows.every), self.rows.total
        tensors_read = f"{text.exact(number)} of {text.plural(total, 'tensor')}"
        if self.state == "idle":
            return "No values have been read yet."
        if self.is_busy:
            return f"Reading values: {tensors_read}" if total else "Reading values"
        if self.state == "done":
            return f"All values have been read: {text.plural(number, 'tensor')}."
        return f"Partial: {tensors_read} were read."

    def failure(self) -> str:
        """Return why it failed, in a sentence."""
        if isinstance(self.error, InspectorError):
            return str(self.error)
        return f"The scan ended; that is a mistake in the program ({self.error!r})."

    def _finish(self, across: tuple[Finding, ...]) -> None:
        self.across = across
        self._settle("done")

    def _fail(self, error: Exception) -> None:
        self.error = error
        if not isinstance(error, InspectorError):
            _log.error("The scan failed", exc_info=error)
        self._settle("failed")

    def _settle(self, state: State) -> None:
        self._job = None
        self.state = state
        self.settled.emit()


def findings_in(rows: Sequence[ScanRow]) -> Iterator[Finding]:
    """Yield the findings of rows, and one for each that could not be read."""
    for row in rows:
        yield from row.findings
        if row.error and (row.tensor.storage is not None or row.tensor.parts):
            yield Finding("unreadable-values", "error", row.error, row.path)


def _scan(
    checkpoint: Checkpoint, engine: Engine, rows: ScanRows, *, progress: Progress = silent
) -> tuple[Finding, ...]:
    """Add a row for every tensor that has none, and return what all say together."""
    items = []
    known = rows.by_path
    number = 0
    for path, tensor in tensors(checkpoint.root):
        number += 1
        if number % _PULSE == 0:
            progress(0.0, "Looking for tensors")
        if path not in known:
            items.append((path, tensor))
    rows.total = number
    start = 0.98 * (1 - len(items) / number) if number else 0.0
    report = _Report(part(progress, start, 0.98))
    for count, row in enumerate(health_scan(checkpoint, items, engine, report)):
        rows.add(row)
        if count % _ROWS == 0:
            report.again()
    last = part(progress, 0.98, 1.0)
    return tuple(cross_findings(checkpoint, rows.every, engine, last))


class _Report:
    """A progress that can be told once more: each report is where a job lets the window go first.

    Thousands of small tensors come at once, and the window would wait for all of them.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = (0.0, "")

    def __call__(self, fraction: float, message: str = "", /) -> None:
        self._last = (fraction, message)
        self._progress(fraction, message)

    def again(self) -> None:
        """Say the same again."""
        self._progress(*self._last)


def _let_go(rows: ScanRows, *, progress: Progress = silent) -> None:
    """Free rows bit by bit: in one go, a million would stop everything else."""
    empty(rows.by_path, rows.every, progress=progress)
