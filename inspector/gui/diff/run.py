"""The work of a comparison: rows as they come, until it is done, stopped or failed."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.core import text
from inspector.core.analysis.comparison import (
    EXACT,
    Candidate,
    Comparison,
    Measures,
    Pair,
    Row,
    Status,
    Tolerance,
)
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError, SourceError
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.opening import Sides
from inspector.gui.jobs import Job

_log = logging.getLogger(__name__)
_TURN = 0.008  # seconds that rows are taken in one turn of the event loop
_AT_ONCE = 50  # rows between two looks at the clock
_PAUSE = 0.2  # seconds between two words of rows while there are more

State = Literal["idle", "busy", "stopping", "done", "stopped", "failed"]


class ComparisonRun(QObject):
    """Compares all pairs in a job; can be stopped, and then goes on with what is not sure yet."""

    started = Signal()
    progressed = Signal(float, str)
    rows_came = Signal()
    candidates_came = Signal()
    settled = Signal()
    """It is done, stopped or failed; every row that has come can be used."""

    def __init__(self, context: AppContext, sides: Sides) -> None:
        super().__init__()
        self._context = context
        self._sides = sides
        self._job: Job | None = None
        self._inbox: deque[Row] = deque()
        self.rows: list[Row] = []
        """Of every pair what is known of it now, by number."""
        self.counts: Counter[Status] = Counter()
        """How many rows there are of each status."""
        self.sure = 0
        """How many rows are certain."""
        self.fresh: set[int] = set()
        """Of which more is known than the last time that `rows_came`."""
        self.tolerance = EXACT
        self.candidates: Sequence[Candidate] = ()
        """Who may have been renamed."""
        self.state: State = "idle"
        self.error: Exception | None = None
        self._told_at = 0.0
        self._more = QTimer(self, singleShot=True, interval=0)
        self._more.timeout.connect(self._drain)

    @property
    def is_busy(self) -> bool:
        """True while a job is at work, or about to be."""
        return self.state in ("idle", "busy", "stopping")

    @property
    def is_complete(self) -> bool:
        """True once every pair has a row, sure or not."""
        return len(self.rows) == len(self._sides.matching.pairs)

    @property
    def file_changed(self) -> bool:
        """True if the bytes of one are no longer those that its tree was made from."""
        return isinstance(self.error, SourceError)

    def start(self) -> None:
        """Compare what is not sure yet."""
        if self.state in ("busy", "stopping", "done"):
            return
        self.state, self.error = "busy", None
        pairs = self._sides.matching.pairs
        numbers = range(len(pairs))
        if self.is_complete:
            numbers = [n for n in numbers if not _is_settled(self.rows[n])]  # type: ignore[assignment]
        job = self._job = self._context.jobs.start(
            "Comparing", _compare, self._sides, numbers, self._context.engine, self._inbox
        )
        job.progressed.connect(self._tell)
        job.succeeded.connect(self._finish)
        job.failed.connect(self._fail)
        job.cancelled.connect(lambda: self._settle("stopped"))
        self.started.emit()

    def cancel(self) -> None:
        """Stop; what has been found is kept."""
        if self._job is not None and self.state == "busy":
            self.state = "stopping"
            self._job.cancel()

    def drop(self) -> None:
        """Stop for good."""
        self.blockSignals(True)
        self._more.stop()
        if self._job is not None:
            self._job.cancel()
        self.rows.clear()
        self.candidates = ()
        del self._sides

    def set_tolerance(self, tolerance: Tolerance) -> None:
        """Tell anew which changes are noise."""
        self.tolerance = tolerance
        self.rows[:] = [self._judged(row) for row in self.rows]
        self.counts = Counter(row.status for row in self.rows if row.into is None)
        self.fresh.update(range(len(self.rows)))
        self._tell_rows()

    def put_together(self, candidate: Candidate, measures: Measures) -> None:
        """Take the person's word for it that two tensors are one, renamed."""
        a, b = self.rows[candidate.a].pair, self.rows[candidate.b].pair
        pair = Pair(a.name, a.a, b.b, f"now {b.name}: paired by hand")
        status: Status = "changed" if measures.changed else "renamed"
        self._put(self._judged(Row(candidate.a, pair, status, measures=measures)))
        self._put(Row(candidate.b, pair, status, into=candidate.a))
        taken = {candidate.a, candidate.b}
        self.candidates = [c for c in self.candidates if not {c.a, c.b} & taken]
        self._tell_rows()

    def words(self) -> str:
        """Return how far it has come, in a sentence."""
        total = len(self._sides.matching.pairs)
        said = f"{text.exact(self.sure)} of {text.plural(total, 'row')}"
        if self.is_busy:
            return f"Comparing bytes: {said} certain"
        if self.state == "done" and self.counts["unread"]:
            return f"{text.exact(self.counts['unread'])} of {text.plural(total, 'row')} not read."
        if self.state == "done":
            return f"All {text.plural(total, 'row')} are certain."
        return f"{said} are certain; the others go by sizes and checksums."

    def failure(self) -> str:
        """Return why it failed, in a sentence."""
        if isinstance(self.error, InspectorError):
            return str(self.error)
        return f"The comparison ended; that is a mistake in the program ({self.error!r})."

    def _tell(self, fraction: float, message: str) -> None:
        self._drain()
        self.progressed.emit(fraction, message)

    def _drain(self) -> None:
        """Take what the job has found since the last time."""
        began = time.monotonic()
        while self._inbox and time.monotonic() < began + _TURN:
            for _ in range(min(_AT_ONCE, len(self._inbox))):
                self._put(self._judged(self._inbox.popleft()))
        if self._inbox:
            self._more.start()
        if not self._inbox or began > self._told_at + _PAUSE:
            self._told_at = began
            self._tell_rows()

    def _tell_rows(self) -> None:
        self.rows_came.emit()
        self.fresh.clear()

    def _put(self, row: Row) -> None:
        """Take a row in the place of what was known of its pair."""
        rows = self.rows
        if row.number < len(rows):
            before = rows[row.number]
            self.sure -= before.sure
            self.counts[before.status] -= before.into is None
            rows[row.number] = row
        else:
            rows.append(row)
        self.sure += row.sure
        self.fresh.add(row.number)
        self.counts[row.status] += row.into is None

    def _judged(self, row: Row) -> Row:
        if row.status not in ("changed", "noise") or row.measures is None:
            return row
        status: Status = "noise" if self.tolerance.covers(row.measures) else "changed"
        return row if row.status == status else row._replace(status=status)

    def _finish(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = [found for found in candidates if not found.certain]
        self._settle("done")
        self.candidates_came.emit()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, InspectorError):
            _log.error("The comparison failed", exc_info=error)
        self.error = error
        self._settle("failed")

    def _settle(self, state: State) -> None:
        self._job = None
        self.state = state
        self._drain()
        self.settled.emit()


def _is_settled(row: Row) -> bool:
    """Return whether going on has nothing to say of it: one without a partner may be renamed."""
    return row.sure and row.pair.a is not None and row.pair.b is not None


def _compare(
    sides: Sides,
    numbers: Sequence[int],
    engine: Engine,
    inbox: deque[Row],
    *,
    progress: Progress = silent,
) -> list[Candidate]:
    """Put rows into the inbox as they become known; return who may have been renamed."""
    pairs = sides.matching.pairs
    matching = sides.matching._replace(pairs=tuple(pairs[number] for number in numbers))
    comparison = Comparison(sides.a, sides.b, matching, engine)
    done = (0.0, "Comparing")

    def report(fraction: float, message: str = "", /) -> None:
        nonlocal done
        done = fraction, message
        progress(fraction, message)

    for count, row in enumerate(comparison.rows(report)):
        if count % _AT_ONCE == 0:
            progress(*done)  # thousands of rows can come in between, and the window goes first
        into = None if row.into is None else numbers[row.into]
        inbox.append(row._replace(number=numbers[row.number], into=into))
    return [
        found._replace(a=numbers[found.a], b=numbers[found.b]) for found in comparison.candidates
    ]


def let_go(lists: list[list[Any]], *, progress: Progress = silent) -> None:
    """Free long lists bit by bit; they must hold their members alone."""
    for one in lists:
        while one:
            del one[-_AT_ONCE:]
            progress(0.5)


def measure_pair(
    sides: Sides, pair: Pair, engine: Engine, *, progress: Progress = silent
) -> Measures:
    """Return how far two tensors are apart that were paired by hand; raises InspectorError."""
    matching = sides.matching._replace(pairs=(pair,))
    last = list(Comparison(sides.a, sides.b, matching, engine).rows(progress))[-1]
    if last.measures is None:
        raise InspectorError(f"{pair.name} cannot be compared. {last.note}".strip())
    return last.measures
