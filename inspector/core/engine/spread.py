"""Spread tasks over an executor: a bounded number at a time, with progress, until cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Protocol, TypeVar

from inspector.core.progress import Progress, silent

T = TypeVar("T")
R = TypeVar("R")
Task = tuple[int, T]
"""What a task costs, in bytes or any other unit, and the task."""

_LAST_TASKS = 4  # what is left is at least so many
_LEAST_TASK = 4 << 20  # bytes; to send away less takes longer than to work it out
_TURN = 0.05  # seconds between two looks at whether the result is still wanted


class Engine(Protocol):
    """Runs the same function over many tasks."""

    def run(
        self,
        function: Callable[[T], R],
        tasks: Iterable[Task[T]],
        total: int,
        progress: Progress = silent,
        message: str = "",
    ) -> Iterator[R]:
        """Yield the results as they come, in no order; `total` is what all tasks cost together.

        Raises what the function raises, Cancelled once `progress` does, and WorkerDied.
        """
        ...


class ExecutorEngine:
    """Runs tasks on an executor that somebody else owns: threads, a cluster."""

    def __init__(self, executor: Executor, ahead: int = 4) -> None:
        """Keep so many tasks under way; some more than the executor has workers."""
        self._executor = executor
        self._ahead = ahead

    def run(
        self,
        function: Callable[[T], R],
        tasks: Iterable[Task[T]],
        total: int,
        progress: Progress = silent,
        message: str = "",
    ) -> Iterator[R]:
        """Yield the results as they come, in no order."""
        return spread(
            self._executor, function, tasks, total, self._ahead, progress=progress, message=message
        )


def next_task(left: int, most: int) -> int:
    """Return how many of the bytes that are left the next task should take, and `most` at most.

    The last tasks are small: no worker has much to do when the others have ended.
    """
    return max(min(left // _LAST_TASKS, most), _LEAST_TASK)


def spread(
    executor: Executor,
    function: Callable[[T], R],
    tasks: Iterable[Task[T]],
    total: int,
    ahead: int,
    *,
    progress: Progress = silent,
    message: str = "",
) -> Iterator[R]:
    """Yield the results as they come, with at most `ahead` tasks under way."""
    waiting: dict[Future[R], int] = {}
    left = iter(tasks)
    more, done = True, 0
    try:
        while more or waiting:
            progress(min(done / max(total, 1), 1.0), message)
            while more and len(waiting) < ahead:
                found = next(left, None)
                if found is None:
                    more = False
                    break
                waiting[executor.submit(function, found[1])] = found[0]
            if not waiting:
                break
            ready, _ = wait(waiting, timeout=_TURN, return_when=FIRST_COMPLETED)
            for future in ready:
                done += waiting.pop(future)
                yield future.result()
    except BrokenExecutor:
        # The executor is telling all of them; Python 3.11's ends its thread over a cancelled one.
        waiting.clear()
        raise
    finally:
        for future in waiting:
            future.cancel()
    progress(1.0, message)
