"""Worker processes: numbers are worked out beside the window, not inside it.

A process of its own keeps the window's interpreter free, can run out of memory alone, and is
started by `spawn`: it knows nothing of the window, and no lock is copied half held.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import wait
from typing import TypeVar

from inspector.core.engine.spread import Task, spread
from inspector.core.errors import WorkerDied
from inspector.core.progress import Progress, silent
from inspector.core.sources import allow_mapping

T = TypeVar("T")
R = TypeVar("R")

_MOST_WORKERS = 4  # each takes some 60 MB; four read faster than most disks
_AHEAD = 2  # tasks per worker: one that it works on, one that waits for it
_NICENESS = 5  # of workers behind a window: enough to be painted between their time slices
_LAST_WORDS = 1.0  # seconds in which the exit status of a process that died is there
# One thread each: they share the cores, and threads of a linear algebra library would fight.
_ONE_THREAD = tuple(f"{library}_NUM_THREADS" for library in ("OPENBLAS", "OMP", "MKL"))


class WorkerPool:
    """Processes that are started when first needed, and again after one of them has died."""

    def __init__(
        self,
        workers: int | None = None,
        modules: tuple[str, ...] = (),
        *,
        behind_window: bool = False,
    ) -> None:
        """Have each process import `modules` when it starts, so that no task has to wait for it.

        Behind a window, they leave the processor to it whenever it wants that; not on Windows.
        """
        self.workers = workers or worker_count()
        self._modules = modules
        self._behind_window = behind_window
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False
        self._mapping = True  # until a process has died of it

    def warm(self) -> None:
        """Start the processes without waiting, so that the first request need not wait."""
        pool = self._alive()
        for _ in range(self.workers):
            pool.submit(_ready).add_done_callback(_forget)

    def run(
        self,
        function: Callable[[T], R],
        tasks: Iterable[Task[T]],
        total: int,
        progress: Progress = silent,
        message: str = "",
    ) -> Iterator[R]:
        """Yield the results as they come, in no order; raises WorkerDied if a process has ended."""
        pool = self._alive()
        ahead = _AHEAD * self.workers
        watched = _watching(pool, progress)
        try:
            yield from spread(
                pool, function, tasks, total, ahead, progress=watched, message=message
            )
        except BrokenProcessPool:
            lost_bytes = self._mapping and _has_lost_bytes(pool)
            self._drop(pool)
            if lost_bytes:
                self._mapping = False
                raise WorkerDied(
                    "Bytes of a file could not be had any more while they were looked at: it was "
                    "cut short, or its disk or network drive failed.",
                    "Open it again.",
                ) from None
            raise WorkerDied(
                "A process that was computing has ended unexpectedly: it was killed, or the "
                "machine ran out of memory.",
                "It is started again when you ask once more.",
            ) from None

    def pids(self) -> list[int]:
        """Return the processes that are running, for measurements and tests."""
        processes = getattr(self._pool, "_processes", None) or {}
        return sorted(processes)

    def close(self) -> None:
        """End the processes; what they are working on is dropped."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            if _has_lost_one(pool):
                _end_if_stuck(pool)
            pool.shutdown(wait=True, cancel_futures=True)

    def _alive(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._closed:
                raise WorkerDied("The program is about to end.")
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self.workers,
                    multiprocessing.get_context("spawn"),
                    initializer=_prepare,
                    initargs=(self._mapping, self._modules, self._behind_window),
                )
                for name in _ONE_THREAD:
                    os.environ.setdefault(name, "1")
            return self._pool

    def _drop(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
        _end_if_stuck(broken)
        broken.shutdown(wait=False, cancel_futures=True)


def _watching(pool: ProcessPoolExecutor, progress: Progress) -> Progress:
    """Return a progress that notices the end of a process as well.

    The executor does not always: killed while it writes a result, a process leaves half of it in
    the pipe, and whoever reads there waits for the other half for ever.
    """

    def report(fraction: float, message: str = "", /) -> None:
        progress(fraction, message)
        if _has_lost_one(pool):
            raise BrokenProcessPool("A process has ended.")

    return report


def _has_lost_one(pool: ProcessPoolExecutor) -> bool:
    processes = list((getattr(pool, "_processes", None) or {}).values())
    return bool(wait([process.sentinel for process in processes], 0)) if processes else False


def _has_lost_bytes(pool: ProcessPoolExecutor) -> bool:
    """Return whether a process has died of a mapped file that became shorter."""
    bus_error = getattr(signal, "SIGBUS", None)
    processes = list((getattr(pool, "_processes", None) or {}).values())
    until = time.monotonic() + _LAST_WORDS
    while bus_error is not None and time.monotonic() < until:
        codes = {process.exitcode for process in processes} - {None}
        if codes:
            return -bus_error in codes
        time.sleep(0.01)  # another thread is taking note of it
    return False


def _end_if_stuck(pool: ProcessPoolExecutor) -> None:
    """End what is left of a pool that does not notice by itself that a process has ended.

    One that does must be left alone: its thread still works with what `_end` closes.
    """
    until = time.monotonic() + _LAST_WORDS
    while not getattr(pool, "_broken", False):
        if time.monotonic() > until:
            _end(pool)
            return
        time.sleep(0.01)


def _end(pool: ProcessPoolExecutor) -> None:
    """End what is left of a pool, its threads included: one would wait for a cut-off result."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    for process in processes:
        process.kill()
    for queue, end in (("_result_queue", "_writer"), ("_call_queue", "_reader")):
        connection = getattr(getattr(pool, queue, None), end, None)
        if connection is not None:
            connection.close()  # ours: with it open, nobody would see that the others have closed


def worker_count() -> int:
    """Return how many processes suit this machine."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, _MOST_WORKERS))


def _prepare(mapping: bool, modules: tuple[str, ...], behind_window: bool) -> None:
    """Worker process: import what the tasks need, and end when the program has ended."""
    if behind_window and hasattr(os, "nice"):
        os.nice(_NICENESS)
    for name in ("numpy", *modules):
        import_module(name)
    if mapping:
        allow_mapping()
        _leave_no_core()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the program's, which ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _leave_no_core() -> None:
    """Let nothing be written to the disk when this process dies of a mapped file."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _end_with_parent() -> None:
    """Wait for the program to end: killed, it could not tell us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _ready() -> int:
    return os.getpid()


def _forget(future: Future[int]) -> None:
    """Take note of a failure, which the next request will report."""
    if not future.cancelled():
        future.exception()
