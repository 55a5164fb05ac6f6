"""The work of a comparison: rows as they come, until it is done, stopped or failed."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal

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
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, Repeated, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.opening import Sides
from inspector.gui.viewers.stoppable import State, StoppableWork

_TURN = 0.008  # seconds that rows are taken in one turn of the event loop
_AT_ONCE = 50  # rows between two looks at the clock
_PAUSE = 0.2  # seconds between two words of rows while there are more


class ComparisonRun(StoppableWork):
    """Compares all pairs in a job; can be stopped, and then goes on with what is not sure yet."""

    name = "comparison"
    rows_came = Signal()
    candidates_came = Signal()

    def __init__(self, context: AppContext, sides: Sides) -> None:
        super().__init__(context)
        self._sides = sides
        self._inbox: deque[Row] = deque()
        self.rows: list[Row] = []
        """Of every pair what is known of it now, by number."""
        self.counts: Counter[Status] = Counter()
        """How many rows there are of each status."""
        self.unsure: Counter[Status] = Counter()
        """How many of these the bytes have not confirmed."""
        self.sure = 0
        """How many rows are certain."""
        self.fresh: set[int] = set()
        """Of which more is known than the last time that `rows_came`."""
        self.tolerance = EXACT
        self.candidates: Sequence[Candidate] = ()
        """Who may have been renamed."""
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

    def start(self) -> None:
        """Compare what is not sure yet."""
        if not self.can_start:
            return
        pairs = self._sides.matching.pairs
        numbers = range(len(pairs))
        if self.is_complete:
            numbers = [n for n in numbers if not _is_settled(self.rows[n])]  # type: ignore[assignment]
        self.run("Comparing", _compare, self._sides, numbers, self._context.engine, self._inbox)

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
        whole = [row for row in self.rows if row.into is None]
        self.counts = Counter(row.status for row in whole)
        self.unsure = Counter(row.status for row in whole if not row.sure)
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

    def tell(self, fraction: float, message: str) -> None:
        self._drain()
        super().tell(fraction, message)

    def _drain(self) -> None:
        """Take what the job has found since the last time."""
        began = time.monotonic()
        while self._inbox and time.monotonic() < began + _TURN:
            for _ in range(min(_AT_ONCE, len(self._inbox))):
                self._put(self._judged(self._inbox.popleft()))
        if self._inbox:
            self._more.start()
        if self.fresh and (not self._inbox or began > self._told_at + _PAUSE):
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
            self.unsure[before.status] -= before.into is None and not before.sure
            rows[row.number] = row
        else:
            rows.append(row)
        self.sure += row.sure
        self.fresh.add(row.number)
        self.counts[row.status] += row.into is None
        self.unsure[row.status] += row.into is None and not row.sure

    def _judged(self, row: Row) -> Row:
        if row.status not in ("changed", "noise") or row.measures is None:
            return row
        status: Status = "noise" if self.tolerance.covers(row.measures) else "changed"
        return row if row.status == status else row._replace(status=status)

    def finish(self, result: Sequence[Candidate]) -> None:
        self.candidates = [found for found in result if not found.certain]
        self.settle("done")
        self.candidates_came.emit()

    def settle(self, state: State) -> None:
        self._drain()
        super().settle(state)


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
    report = Repeated(progress)
    for count, row in enumerate(comparison.rows(report)):
        if count % _AT_ONCE == 0:
            report.again()
        into = None if row.into is None else numbers[row.into]
        inbox.append(row._replace(number=numbers[row.number], into=into))
    return [
        found._replace(a=numbers[found.a], b=numbers[found.b]) for found in comparison.candidates
    ]


def measure_pair(
    sides: Sides, pair: Pair, engine: Engine, *, progress: Progress = silent
) -> Measures:
    """Return how far two tensors are apart that were paired by hand; raises InspectorError."""
    matching = sides.matching._replace(pairs=(pair,))
    last = list(Comparison(sides.a, sides.b, matching, engine).rows(progress))[-1]
    if last.measures is None:
        raise InspectorError(f"{pair.name} cannot be compared. {last.note}".strip())
    return last.measures
