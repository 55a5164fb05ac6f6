"""Run functions of the core off the GUI thread.

A worker thread touches Qt in one place only: the two queued relay signals. Every public signal is
emitted in the GUI thread, so any slot, a lambda included, may touch widgets.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any

from PySide6.QtCore import QEvent, QMetaMethod, QObject, Qt, QTimer, Signal, Slot

from inspector.core.progress import Cancelled

_log = logging.getLogger(__name__)
_REPORT_INTERVAL = 0.05  # seconds: more than 20 reports a second only load the event loop
_PATIENCE = 0.05  # seconds that a job lets the window go first, at each report
_LONG = 0.2  # seconds of work that may have made more than a look for garbage should meet
_window_rests = threading.Event()
_window_rests.set()


@contextmanager
def undisturbed() -> Iterator[None]:
    """GUI thread: have the interpreter alone, as soon as each job comes to its next report.

    Two threads that both run Python wait for each other at every switch: beside a busy job, a
    screen of rows would take four times as long.
    """
    was_resting = _window_rests.is_set()
    _window_rests.clear()
    try:
        yield
    finally:
        if was_resting:
            _window_rests.set()


def import_in_job(name: str) -> None:
    """Import a large package off the GUI thread; before each of its modules, the window goes first.

    An import makes no reports, and painting beside one takes twice as long.
    """
    if _courtesy not in sys.meta_path:
        sys.meta_path.insert(0, _courtesy)
    thread = threading.get_ident()
    _courtesy.patient.add(thread)
    try:
        importlib.import_module(name)
    finally:
        _courtesy.patient.discard(thread)


class _Courtesy(MetaPathFinder):
    """Finds nothing, but is asked before each module.

    It stays: if it went while another thread goes through the finders, that would skip one.
    """

    def __init__(self) -> None:
        self.patient: set[int] = set()  # threads

    def find_spec(self, *_: object) -> None:
        # Whoever loses patience once has none left: the window itself may be waiting for a module.
        thread = threading.get_ident()
        if thread in self.patient and not _window_rests.wait(_PATIENCE):
            self.patient.discard(thread)


_courtesy = _Courtesy()


class PaintedFirst:
    """A window that jobs wait for while it is painted; stands before its class of Qt."""

    def event(self, event: QEvent) -> bool:
        """Hold jobs while all that asked for it is painted."""
        if event.type() != QEvent.Type.UpdateRequest:
            return bool(super().event(event))  # type: ignore[misc]
        # Called from Python, Qt keeps Python's lock meanwhile: beside a busy job, taking it anew
        # for each cell of a table would take longer than one notices.
        with undisturbed():
            return bool(super().event(event))  # type: ignore[misc]


class Job(QObject):
    """One running call: connect to its signals, or `cancel()` it."""

    progressed = Signal(float, str)
    succeeded = Signal(object)
    failed = Signal(Exception)
    cancelled = Signal()
    finished = Signal()  # always last, after exactly one of the three above

    _reported = Signal(float, str)
    _returned = Signal()

    def __init__(self, title: str, discard: Callable[[Any], None] | None) -> None:
        super().__init__()  # no Qt parent: the runner's dict is the one owner
        self.title = title
        self._discard = discard
        self._cancel = threading.Event()
        self._last_report = 0.0
        self._result: Any = None
        self._error: Exception | None = None
        self._settled = False
        queued = Qt.ConnectionType.QueuedConnection
        self._reported.connect(self._relay_progress, queued)
        self._returned.connect(self.settle, queued)

    def cancel(self) -> None:
        """Ask the call to stop at its next progress report; whatever it returns is dropped."""
        self._cancel.set()

    @property
    def is_cancelled(self) -> bool:
        """True from the moment that `cancel()` was called."""
        return self._cancel.is_set()

    @property
    def is_settled(self) -> bool:
        """True from the moment that the outcome is being told."""
        return self._settled

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Worker thread: call `function` and keep what became of it."""
        try:
            self._report(0.0)
            self._result = function(*args, progress=self._report, **kwargs)
        except Cancelled:
            self._cancel.set()
        except Exception as error:  # noqa: BLE001 - the boundary: the user must see it
            self._error = error
        self._returned.emit()

    def _report(self, fraction: float, message: str = "", /) -> None:
        if self._cancel.is_set():
            raise Cancelled
        if not _window_rests.is_set():
            _window_rests.wait(_PATIENCE)
        now = time.monotonic()
        if now - self._last_report >= _REPORT_INTERVAL:
            self._last_report = now
            self._reported.emit(fraction, message)

    @Slot(float, str)
    def _relay_progress(self, fraction: float, message: str) -> None:
        if not self._cancel.is_set():
            with undisturbed():
                self.progressed.emit(fraction, message)

    @Slot()
    def settle(self) -> None:
        """GUI thread: tell the outcome, once, after the call has returned."""
        if not self._settled:
            self._settled = True
            with undisturbed():
                self._tell()

    def forget_slots(self) -> None:
        """Let go of what its slots refer to: one that names the job would keep both for ever."""
        for signal in (self.progressed, self.succeeded, self.failed, self.cancelled, self.finished):
            signal.connect(_ignore)  # where nobody listens, there is nothing to disconnect
            signal.disconnect()

    def _tell(self) -> None:
        result, self._result = self._result, None
        if self._cancel.is_set():
            if self._discard and result is not None:
                self._discard(result)
            self.cancelled.emit()
        elif self._error is not None:
            if not self.isSignalConnected(QMetaMethod.fromSignal(self.failed)):
                _log.error("%s failed", self.title, exc_info=self._error)
            self.failed.emit(self._error)
        else:
            self.succeeded.emit(result)
        self.finished.emit()


def _ignore(*_: object) -> None:
    """Nobody listens."""


class JobRunner(QObject):
    """Starts jobs on a small thread pool and stops them all on shutdown."""

    _sweep_later = Signal()

    def __init__(self, workers: int = 4) -> None:
        super().__init__()
        # Queued: a job must not be let go of while one of its own signals is still being emitted.
        self._sweep_later.connect(self._sweep, Qt.ConnectionType.QueuedConnection)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._running: dict[Job, Future[None]] = {}
        self._busy_since = 0.0
        self._is_over = False
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(_window_rests.set)

    def start(
        self,
        title: str,
        function: Callable[..., Any],
        *args: Any,
        discard: Callable[[Any], None] | None = None,
    ) -> Job:
        """Call `function(*args, progress=...)` on a worker thread.

        `discard` gets a result that nobody wants any more, to release what it holds. After
        `shutdown`, which ends jobs whose end may ask for others, nothing is called.
        """
        job = Job(title, discard)
        if self._is_over:
            job.cancel()
            return job
        job.finished.connect(self._sweep_later)
        if not self._running:
            self._busy_since = time.monotonic()
            gc.disable()
        self._running[job] = self._pool.submit(job.run, function, *args)
        return job

    def rest_a_turn(self) -> None:
        """Let the window go first until it has done what it was asked to do later.

        A view that is deleted asks for the interpreter with each of its hundred widgets.
        """
        _window_rests.clear()
        self._turn.start()

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs whose outcome has not been told yet."""
        return tuple(job for job in self._running if not job.is_settled)

    @Slot()
    def _sweep(self) -> None:
        """Forget the jobs that are over, and with them whatever their slots refer to."""
        for job in [job for job in self._running if job.is_settled]:
            job.forget_slots()
            del self._running[job]
        if not self._running:
            self._collect_again()

    def _collect_again(self) -> None:
        """Let Python look for garbage in cycles once more, but not in what a long job has made.

        The tree of a million tensors is tuples and lists that no cycle holds. To look for one in
        them, or in a single list of them, takes longer than a window may stand still.
        """
        if time.monotonic() - self._busy_since > _LONG:
            gc.freeze()
        gc.enable()

    def shutdown(self) -> None:
        """Cancel every job, wait until the worker threads are idle, and tell the outcomes."""
        for job in self.running:
            job.cancel()
        _window_rests.set()
        wait(self._running.values())
        self._pool.shutdown()
        self._is_over = True
        for job in self.running:
            job.settle()
        self._running.clear()
        self._collect_again()
