"""Many things are cut into pieces for workers, and what comes of the pieces is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from inspector.core.engine import Engine, next_task
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, Repeated

T = TypeVar("T")
P = TypeVar("P")
R = TypeVar("R")

_TASK_BYTES = 64 << 20


class Gathering(Generic[T, P, R]):
    """One look at many numbered things: what is under way, and what has come of it."""

    def __init__(
        self,
        pieces: Callable[[int, T], Iterable[P]],
        size: Callable[[P], int],
        merge: Callable[[R, R], R],
        most: int,
    ) -> None:
        """Send away at most so many pieces at once.

        `pieces` cuts a thing; it raises InspectorError if that cannot be read. `size` is in bytes.
        """
        self._pieces = pieces
        self._size = size
        self._merge = merge
        self._most = most
        self._found: dict[int, R] = {}
        self._left: dict[int, int] = {}  # pieces under way, one more while others are being cut
        self._failed: dict[int, InspectorError] = {}
        self._settled: list[tuple[int, R | InspectorError | None]] = []

    def run(
        self,
        look: Callable[[tuple[P, ...]], Iterable[tuple[int, R | InspectorError]]],
        items: Iterable[tuple[int, T]],
        weigh: Callable[[T], int],
        engine: Engine,
        progress: Progress,
        message: str,
    ) -> Iterator[tuple[int, R | InspectorError | None]]:
        """Yield what `look` makes of the pieces of each thing, merged, or why there is nothing.

        In no order: each thing as soon as its last piece is done; None for one without any.
        `weigh` says how many bytes the pieces of a thing will have together.
        """
        report = Repeated(progress)
        todo: list[tuple[int, T]] = []
        total = 0
        for item in report.between(items):
            todo.append(item)
            total += weigh(item[1])
        tasks = self._tasks(report.between(todo), total)
        for results in engine.run(look, tasks, max(1, total), report, message):
            for number, found in results:
                self._take(number, found)
            yield from self._ready()
        yield from self._ready()

    def _tasks(
        self, items: Iterable[tuple[int, T]], left: int
    ) -> Iterator[tuple[int, tuple[P, ...]]]:
        """Yield tasks with their cost: parts of what is large, much that is small together."""
        batch: list[P] = []
        cost, room = 0, next_task(left, _TASK_BYTES)
        for number, item in items:
            self._left[number] = 1
            try:
                for piece in self._pieces(number, item):
                    size = self._size(piece)
                    if batch and (cost + size > room or len(batch) >= self._most):
                        yield cost, tuple(batch)
                        left -= cost
                        batch, cost, room = [], 0, next_task(left, _TASK_BYTES)
                    batch.append(piece)
                    cost += size
                    self._left[number] += 1
            except InspectorError as error:
                self._failed[number] = error
            self._let_go(number)
        if batch:
            yield cost, tuple(batch)

    def _take(self, number: int, found: R | InspectorError) -> None:
        if isinstance(found, InspectorError):
            self._failed.setdefault(number, found)
        elif number in self._found:
            self._found[number] = self._merge(self._found[number], found)
        else:
            self._found[number] = found
        self._let_go(number)

    def _let_go(self, number: int) -> None:
        self._left[number] -= 1
        if not self._left[number]:
            del self._left[number]
            found = self._found.pop(number, None)
            self._settled.append((number, self._failed.pop(number, None) or found))

    def _ready(self) -> Iterator[tuple[int, R | InspectorError | None]]:
        """Yield, once, the things that nothing more is to come for."""
        ready, self._settled = self._settled, []
        yield from ready
