"""Starts the window: `inspector-gui`, or `run()` for the command line."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QSettings, QSocketNotifier, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from inspector import __version__
from inspector.core.analysis import TASK_MODULES
from inspector.core.analysis.comparison import CompareRequest, SeriesRequest
from inspector.core.analysis.comparison.request import packed, unpacked
from inspector.core.engine import WorkerPool
from inspector.core.progress import Progress, silent
from inspector.core.settings import Settings, settings_path
from inspector.gui import notify
from inspector.gui.context import AppContext, Preferences
from inspector.gui.jobs import JobRunner
from inspector.gui.single_instance import (
    SingleInstance,
    come_forward,
    end_busy_cursor,
    socket_name,
)
from inspector.gui.theme import Theme, application_icon
from inspector.gui.window.commands import create_window
from inspector.gui.window.main_window import MainWindow
from inspector.gui.window.theme_menu import chosen_theme, follow_choice
from inspector.gui.window.titles import NAME

_log = logging.getLogger(__name__)
_WARM_AFTER = 500  # milliseconds; the tree of a usual file is on screen by then


class Application(QApplication):
    """Knows that macOS asks for a file by an event, not by an argument."""

    open_requested = Signal(str)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent):
            self.open_requested.emit(event.file() or event.url().toString())
            return True
        return super().event(event)


def main() -> int:
    """Open the window with the files that the command line names."""
    return run(sys.argv[1:])


def run(
    paths: list[str], *, new_window: bool = False, compare: CompareRequest | None = None
) -> int:
    """Open the window, one tab per path, and return when it is closed.

    With `compare`, that is shown in one more. Without `new_window`, all of it goes to the window
    that this user has open on this screen.
    """
    compare = compare and _in_full(compare)
    be_responsive()
    application = Application([NAME])
    hear_signals(application)
    instance = SingleInstance(None if new_window else socket_name())
    wanted = list(compare.addresses) if compare else [address(path) for path in paths]
    if instance.hand_over(wanted, compare=compare and packed(compare)):
        end_busy_cursor()
        return 0
    context = make_context(application)
    window = start(application, context, paths, compare=compare)
    # After the first paint: two processes that import numpy would take the cores away from it.
    warming = QTimer(singleShot=True, interval=_WARM_AFTER)
    warming.timeout.connect(lambda: context.jobs.start("Starting workers", _warm, context.engine))
    warming.start()
    instance.open_requested.connect(window.open_together)
    instance.open_requested.connect(lambda: come_forward(window))
    instance.compare_requested.connect(lambda found: _compare(window, unpacked(found)))
    instance.compare_requested.connect(lambda: come_forward(window))
    report_mistakes(window)
    try:
        return application.exec()
    finally:
        warming.stop()
        instance.close()
        sys.excepthook = sys.__excepthook__
        context.shut_down()


def hear_signals(application: Application) -> None:
    """Let Ctrl+C in the terminal, and whoever ends the session, close the program properly.

    Python runs a signal's handler between two steps of its own, and while Qt waits it takes none:
    the signal wakes Qt by a socket (https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd).
    """
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, application)
    notifier.activated.connect(lambda: ours.recv(64))
    # What closes it is the handler; the sockets live as long as the program does.
    application.setProperty("sockets", (ours, theirs))
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: application.quit())


def be_responsive() -> None:
    """Tell Python that a window must not wait for what goes on beside it."""
    # A thread that reads must hand over quickly: each time that the window asks Python something it
    # would otherwise wait for 5 ms. A paint asks a thousand times: beside threads of the executor,
    # which nobody can hold, it took 0.1 s with a fifth of a millisecond, with this half as long.
    sys.setswitchinterval(0.000_05)
    # The tree of a million tensors is made of tuples that no cycle holds; looking for cycles in it
    # would stop the window for a second, and even in what is new of it for longer than one notices.
    gc.freeze()
    gc.set_threshold(20_000, 2, 100_000)


def start(
    application: Application,
    context: AppContext,
    paths: list[str],
    *,
    compare: CompareRequest | None = None,
) -> MainWindow:
    """Show the window, which begins to open `paths` and to compare what is to be compared."""
    window = create_window(context)
    application.open_requested.connect(window.open_uri)
    window.open_together(address(path) for path in paths)
    _compare(window, compare)
    if not paths and not compare and context.preferences["restore_session"]:
        window.open_session()
    window.show()
    return window


def _compare(window: MainWindow, request: CompareRequest | None) -> None:
    if request is not None:
        window.show_comparison(request)


def _in_full(request: CompareRequest) -> CompareRequest:
    """Return a request with the full addresses of its files."""
    if isinstance(request, SeriesRequest):
        return SeriesRequest(tuple(map(address, request.files)))
    return request._replace(a=address(request.a), b=address(request.b))


def _warm(engine: WorkerPool, *, progress: Progress = silent) -> None:
    """Start the workers, and clear away what an export left that was killed."""
    engine.warm()
    from inspector.core.export import clear_unfinished
    from inspector.core.export.handouts import clear_handouts

    for path in clear_unfinished():
        _log.info("Removed what an interrupted export left: %s", path)
    for path in clear_handouts():
        _log.info("Removed what was dragged out before: %s", path)


def make_context(application: QApplication, engine: WorkerPool | None = None) -> AppContext:
    """Name the program to the system, and make what its parts share."""
    application.setApplicationName("checkpoint-inspector")
    application.setApplicationDisplayName(NAME)
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("checkpoint-inspector")
    application.setWindowIcon(application_icon())
    settings = QSettings(
        QSettings.Format.IniFormat,
        QSettings.Scope.UserScope,
        "checkpoint-inspector",
        "window",
    )
    preferences = Preferences(Settings(settings_path()))
    theme = Theme(application, chosen_theme(preferences))
    engine = engine or WorkerPool(modules=TASK_MODULES, behind_window=True)
    context = AppContext(JobRunner(), theme, settings, preferences, engine)
    follow_choice(context)
    return context


def address(path: str) -> str:
    """Return a local path in full, so that one file has one tab; leave `https://...` alone."""
    return path if "://" in path else str(Path(path).absolute())


def report_mistakes(window: MainWindow) -> None:
    """Show an exception that nobody caught, instead of only printing it somewhere unseen."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        _log.critical("A mistake in the program", exc_info=(kind, error, trace))
        notify.error(
            window,
            NAME,
            "Something went wrong inside the program. What you were looking at is unharmed.",
            f"{kind.__name__}: {error}",
        )

    sys.excepthook = report


if __name__ == "__main__":
    sys.exit(main())
