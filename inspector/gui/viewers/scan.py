"""The scan of all values of an open checkpoint: what has been read, and what that tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.core import text
from inspector.core.analysis.health import ScanRow, cross_findings, health_scan
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.model import Finding, Path, numeric
from inspector.core.progress import Progress, Repeated, empty, part, silent
from inspector.gui.context import AppContext
from inspector.gui.viewers.stoppable import StoppableWork

_PULSE = 500  # tensors between two progress calls
_ROWS = 32  # rows between two


class ScanRows:
    """Rows as they come; a job adds to them, the window reads the first so many."""

    def __init__(self) -> None:
        self.every: list[ScanRow] = []
        self.by_path: dict[Path, ScanRow] = {}
        self.lost = 0
        """Rows without numbers: their values could not be read."""
        self.total = 0
        """How many there will be; 0 until that is known."""

    def add(self, row: ScanRow) -> None:
        """Take one more."""
        self.by_path[row.path] = row
        self.every.append(row)
        self.lost += row.is_lost

    def forget_lost(self) -> None:
        """Let go of what could not be read, so that it is tried again."""
        if self.lost:
            self.every = [row for row in self.every if not row.is_lost]
            self.by_path = {row.path: row for row in self.every}
            self.lost = 0


class ValueScan(StoppableWork):
    """Reads everything once, goes on where it was stopped, and keeps what it found."""

    name = "scan"

    def __init__(self, context: AppContext, checkpoint: Checkpoint) -> None:
        super().__init__(context)
        self._checkpoint = checkpoint
        self.rows = ScanRows()
        self.across: tuple[Finding, ...] = ()
        """What the rows say together, once all are there."""

    @property
    def is_partial(self) -> bool:
        """True if not everything has been read."""
        return self.state != "done"

    def start(self) -> None:
        """Read what has not been read yet."""
        if self.can_start:
            arguments = self._checkpoint, self._context.engine, self.rows
            self.run("Scanning all values", _scan, *arguments)

    def drop(self) -> None:
        """Stop for good, telling nobody, and free the rows off the GUI thread."""
        self.blockSignals(True)
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
        number, total = len(self.rows.every) - self.rows.lost, self.rows.total
        tensors_read = f"{text.exact(number)} of {text.plural(total, 'tensor')}"
        if self.state == "idle":
            return "No values have been read yet."
        if self.is_busy:
            return f"Reading values: {tensors_read}" if total else "Reading values"
        if self.state == "done" and self.rows.lost:
            return f"Read: {tensors_read}. The values of the others are not there."
        if self.state == "done":
            return f"All values have been read: {text.plural(number, 'tensor')}."
        return f"Partial: {tensors_read} {'was' if total == 1 else 'were'} read."

    def finish(self, result: tuple[Finding, ...]) -> None:
        self.across = result
        self.settle("done")


def findings_in(rows: Sequence[ScanRow]) -> Iterator[Finding]:
    """Yield the findings of rows, and one for each that could not be read."""
    for row in rows:
        yield from row.findings
        if row.is_lost:
            yield Finding("unreadable-values", "error", row.error, row.path)


def _scan(
    checkpoint: Checkpoint, engine: Engine, rows: ScanRows, *, progress: Progress = silent
) -> tuple[Finding, ...]:
    """Add a row for every tensor that has none, and return what all say together."""
    items = []
    rows.forget_lost()
    known = rows.by_path
    number = 0
    for path, tensor in numeric(checkpoint.root):
        number += 1
        if number % _PULSE == 0:
            progress(0.0, "Looking for tensors")
        if path not in known:
            items.append((path, tensor))
    rows.total = number
    start = 0.98 * (1 - len(items) / number) if number else 0.0
    report = Repeated(part(progress, start, 0.98))
    for count, row in enumerate(health_scan(checkpoint, items, engine, report)):
        rows.add(row)
        if count % _ROWS == 0:
            report.again()
    last = part(progress, 0.98, 1.0)
    return tuple(cross_findings(checkpoint, rows.every, engine, last))


def _let_go(rows: ScanRows, *, progress: Progress = silent) -> None:
    """Free rows bit by bit: in one go, a million would stop everything else."""
    empty(rows.by_path, rows.every, progress=progress)
