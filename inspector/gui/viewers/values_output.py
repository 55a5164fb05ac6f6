"""What leaves the Values viewer: cells on the clipboard, arrays as files."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.core import text
from inspector.core.analysis.array_file import save_array
from inspector.core.analysis.excerpts import Form, excerpt
from inspector.core.analysis.notation import Notation
from inspector.core.analysis.sheet_texts import Place
from inspector.core.analysis.sheets import Sheet
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.gui import notify
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.widgets.progress_strip import ProgressStrip

_log = logging.getLogger(__name__)
_SAVING, _COPYING = "Save values", "Copy values"


class ValuesOutput(QObject):
    """One copy or one file at a time, with a strip that says how far it is."""

    done = Signal(str)  # a sentence about what has been done

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__()
        self._context = context
        self._parent = parent
        self._job: Job | None = None
        self.strip = ProgressStrip()
        self.strip.cancel_requested.connect(self.stop)
        parent.destroyed.connect(self._let_go)

    def copy(
        self,
        checkpoint: Checkpoint,
        tensor: Tensor,
        sheet: Sheet,
        cells: tuple[range, range],
        form: Form,
        notation: Notation,
    ) -> None:
        """Put a rectangle of a sheet on the clipboard."""
        engine = self._context.engine
        args = checkpoint, tensor, sheet, *cells, form, notation, engine
        job = self._start(_COPYING, _copy, *args)
        job.succeeded.connect(lambda words: self._put(job, words, len(cells[0]) * len(cells[1])))

    def ask_where(self, checkpoint: Checkpoint, stored: Tensor, saved: Tensor, name: str) -> None:
        """Ask for a file, and write the values of `saved` into it."""
        dialog = QFileDialog(self._parent, "Save values", name + ".npy", "NumPy array (*.npy)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("npy")
        dialog.fileSelected.connect(lambda path: self.save(checkpoint, stored, saved, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save(self, checkpoint: Checkpoint, stored: Tensor, saved: Tensor, path: Path) -> None:
        """Write the values of a tensor that lies in the storage of another one."""
        job = self._start(_SAVING, _save, checkpoint, stored, saved, path, self._context.engine)
        job.succeeded.connect(lambda _: self._say(job, f"Saved as {path.name}."))

    def stop(self) -> None:
        """Give up what is under way; no file is left behind."""
        if self._job is not None:
            self._job.cancel()
            self.strip.show_stopping()

    def _start(self, title: str, *args: object) -> Job:
        self.stop()
        function, *rest = args
        job = self._job = self._context.jobs.start(title, function, *rest)  # type: ignore[arg-type]
        job.progressed.connect(lambda done, said: self._tell(job, done, said))
        job.failed.connect(lambda error: self._fail(job, error))
        job.finished.connect(lambda: self._end(job))
        return job

    def _tell(self, job: Job, fraction: float, words: str) -> None:
        if job is self._job:
            self.strip.show_progress(fraction, f"{words or job.title}…")

    def _put(self, job: Job, words: str, cells: int) -> None:
        if job is not self._job:
            return
        QGuiApplication.clipboard().setText(words)
        self._say(job, "1 cell copied." if cells == 1 else f"{text.exact(cells)} cells copied.")

    def _say(self, job: Job, sentence: str) -> None:
        if job is self._job:
            self.done.emit(sentence)

    def _fail(self, job: Job, error: Exception) -> None:
        if job is not self._job:
            return
        if isinstance(error, InspectorError):
            notify.error(self._parent, job.title, error.message, error.hint)
            return
        _log.error("%s failed", job.title, exc_info=error)
        sentence = "This could not be done; that is a mistake in the program."
        notify.error(self._parent, job.title, sentence, repr(error))

    def _let_go(self) -> None:
        """Give up without a word: the window that would say it is gone."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        del self._parent  # which has this: nobody but a look for garbage would free the two

    def _end(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.strip.hide()


def _copy(
    checkpoint: Checkpoint,
    tensor: Tensor,
    sheet: Sheet,
    rows: range,
    columns: range,
    form: Form,
    notation: Notation,
    engine: Engine,
    *,
    progress: Progress = silent,
) -> str:
    place = Place.of(checkpoint, tensor)
    return excerpt(place, sheet, rows, columns, form, notation, engine, progress)


def _save(
    checkpoint: Checkpoint,
    stored: Tensor,
    saved: Tensor,
    path: Path,
    engine: Engine,
    *,
    progress: Progress = silent,
) -> None:
    save_array(Place.of(checkpoint, stored), saved, path, engine, progress)
