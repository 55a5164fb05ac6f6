"""Rows that are dragged out of the window as a file, which is written once somebody wants it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QByteArray,
    QCoreApplication,
    QEvent,
    QEventLoop,
    QMetaType,
    QMimeData,
    QObject,
    Qt,
    QTimer,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDrag, QKeyEvent, QPixmap
from PySide6.QtWidgets import QWidget

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, part, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.tree.columns import Known
from inspector.gui.tree.lines import Branch
from inspector.gui.tree.model import TreeModel
from inspector.gui.tree.selection import Ranges, paths_of, selected

if TYPE_CHECKING:
    from inspector.core.export.handouts import HandoutFolder

_log = logging.getLogger(__name__)
MOST = 4_000_000_000
"""Bytes of tensors; others would have to wait too long."""
INSTEAD = "Use Export selection… (Ctrl+Alt+E)."
_FEW = 1_000  # rows that are looked at before a drag begins
_PATIENCE = 30_000  # milliseconds that another program is kept waiting, at most
_FILES = "text/uri-list"
_OF_A_DRAG = frozenset(
    {QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.DragLeave, QEvent.Type.Drop}
)


class Rows(NamedTuple):
    """What is dragged."""

    uri: str
    lines: Branch
    ranges: Ranges
    name: str
    """Of the first row."""
    number: int


def rows_of(uri: str, model: TreeModel, ranges: Ranges) -> Rows:
    """Return the selected rows as something that can be dragged."""
    first = model.row_at(ranges[0][0]).path
    name = str(first[-1]).rstrip(".") if first else ""
    return Rows(uri, model.lines, ranges, name, sum(last - one + 1 for one, last in ranges))


def why_not(rows: Rows, known: Known) -> str:
    """Return why no file can be made of the rows; empty if one can, or if it takes long to tell."""
    if rows.number > _FEW:
        return ""
    held = [known.totals_of(row.node) for row in selected(rows.lines, rows.ranges)]
    if not any(totals.tensors for totals in held):
        return "There are no tensors in what is dragged; only tensors become a file."
    largest = max(totals.nbytes for totals in held)
    if largest > MOST:
        return f"{text.size(largest)} are too much to be dragged. {INSTEAD}"
    return ""


class Handout(QObject):
    """The file of one drag: made at the first question where it is, and not again."""

    told = Signal(str)

    def __init__(self, context: AppContext, rows: Rows) -> None:
        super().__init__()
        self._context = context
        self._rows = rows
        self._job: Job | None = None
        self._has_begun = False
        self._path = ""

    def path(self) -> str:
        """Return where the file is, when it is complete; empty if there is none.

        The window goes on meanwhile: events are dealt with, and Esc gives up.
        """
        if not self._has_begun:
            self._has_begun = True
            self._start()
        if self._job is not None:
            self._wait(self._job)
        return self._path

    def cancel(self) -> None:
        """Give up; what was begun is deleted."""
        if self._job is not None:
            self._job.cancel()

    def _start(self) -> None:
        self.told.emit("Writing what is dragged…")
        job = self._context.jobs.start("Writing what is dragged", _write, self._rows)
        job.progressed.connect(self._tell)
        job.succeeded.connect(self._succeed)
        job.failed.connect(self._fail)
        job.cancelled.connect(lambda: self.told.emit("Given up: no file was dragged out."))
        job.finished.connect(self._end)
        self._job = job

    def _wait(self, job: Job) -> None:
        loop = QEventLoop()
        patience = QTimer(singleShot=True, interval=_PATIENCE)
        patience.timeout.connect(loop.quit)
        patience.start()
        job.finished.connect(loop.quit)
        escape = _Escape(self.cancel)
        with _hearing(escape):
            loop.exec()

    def _tell(self, fraction: float, words: str) -> None:
        self.told.emit(f"{words or 'Writing'} what is dragged … {fraction:.0%} (Esc gives up)")

    def _succeed(self, written: tuple[str, int]) -> None:
        self._path, nbytes = written
        name = text.printable(Path(self._path).name, 120)
        self.told.emit(f"{name} written and verified to be dragged out: {text.size(nbytes)}.")

    def _fail(self, error: Exception) -> None:
        if isinstance(error, InspectorError | OSError):
            self.told.emit(f"Nothing was dragged out: {text.printable(str(error), 300)} {INSTEAD}")
        else:
            _log.error("Writing what is dragged failed", exc_info=error)
            self.told.emit("Nothing was dragged out; that is a mistake in the program.")

    def _end(self) -> None:
        self._job = None


def drag_out(source: QWidget, handout: Handout, picture: QPixmap) -> None:
    """Let a person drag a file out of a widget, to any other program."""
    drag = QDrag(source)
    data = _FileToCome(handout.path)
    drag.setMimeData(data)
    drag.setPixmap(picture)
    # Others may ask after the drop; as long as Qt keeps the drag for them, there is an answer.
    drag.destroyed.connect(partial(_let_go, data, handout))
    # To move it is as good: nobody else needs it. On one disk some file managers would rather.
    with _hearing(_Deaf()):
        dropped = drag.exec(
            Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, Qt.DropAction.CopyAction
        )
    if dropped == Qt.DropAction.IgnoreAction:
        handout.cancel()


class _FileToCome(QMimeData):
    """A list of one file, which is asked for only when its place is wanted."""

    def __init__(self, path: Callable[[], str]) -> None:
        super().__init__()
        self._path = path

    def formats(self) -> list[str]:
        return [_FILES]

    def hasFormat(self, mimetype: str) -> bool:
        return mimetype == _FILES

    def retrieveData(self, mimetype: str, _: QMetaType | QMetaType.Type) -> Any:
        path = self._path() if mimetype == _FILES else ""
        return QByteArray(QUrl.fromLocalFile(path).toEncoded() + b"\r\n") if path else None


class _Deaf(QObject):
    """Our own windows take no notice: a file of what they show is of no use to them."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _OF_A_DRAG:
            event.ignore()
            return True
        return False


class _Escape(QObject):
    """Hears of Esc before the drag does."""

    def __init__(self, pressed: Callable[[], None]) -> None:
        super().__init__()
        self._pressed = pressed

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self._pressed()
        return False


@contextmanager
def _hearing(listener: QObject) -> Iterator[None]:
    """Have a filter see all events of the program."""
    application = _application()
    application.installEventFilter(listener)
    try:
        yield
    finally:
        application.removeEventFilter(listener)


def _application() -> QCoreApplication:
    application = QCoreApplication.instance()
    assert application is not None, "there is a window"
    return application


def _let_go(*_: object) -> None:
    """Nothing: the connection has held the arguments until now."""


@cache
def _folder() -> HandoutFolder:
    from inspector.core.export.handouts import HandoutFolder

    return HandoutFolder()


def _write(rows: Rows, *, progress: Progress = silent) -> tuple[str, int]:
    """Worker thread: write the file; return where it is, and its size."""
    # Imported here: a drag that goes nowhere needs none of it.
    from inspector.core.export.handouts import handout_name, write_handout

    chosen = paths_of(rows.lines, rows.ranges, progress=part(progress, 0.0, 0.05))
    target = _folder().new() / handout_name(rows.uri, rows.name, rows.number - 1)
    done = write_handout(rows.uri, chosen, target, MOST, progress=part(progress, 0.05, 1.0))
    return done.paths[0], done.nbytes
