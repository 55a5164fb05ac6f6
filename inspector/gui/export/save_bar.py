"""The foot of the window: where the file goes, how far it is, and what has become of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export import WRITERS, Exported, Plan, export
from inspector.core.progress import Progress, silent
from inspector.gui import notify
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.keys import EXPORT, keys_for
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.notice_bar import NoticeBar
from inspector.gui.widgets.progress_strip import ProgressStrip

_log = logging.getLogger(__name__)
_MOST_SAID = 160  # characters of a problem; the pages say all of it


class SaveBar(QWidget):
    """Runs one export at a time; nothing is there until it is complete."""

    file_changed = Signal()
    save_requested = Signal()
    open_requested = Signal(str)
    folder_requested = Signal(str)
    settled = Signal()  # an export has ended, in whatever way

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._job: Job | None = None
        self._confirmed = ""
        self.summary = PlainLabel()
        self.problem = PlainLabel(tone="error", wrap=True, selectable=True)
        self.problem.hide()
        self.strip = ProgressStrip()
        self.strip.cancel_requested.connect(self.cancel)
        self.notice = NoticeBar(context.theme)
        self.file = QLineEdit()
        self.file.setAccessibleName("File to write")
        self.file.setAcceptDrops(False)
        self.file.textChanged.connect(self._change_file)
        self.browse = QPushButton("Browse…")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self.ask)
        self.save = QPushButton("Export")
        self.save.setProperty("primary", True)
        self.save.setShortcut(keys_for(EXPORT, "write"))
        self.save.setToolTip("Write the file (Ctrl+Enter)")
        self.save.setAutoDefault(False)
        self.file.returnPressed.connect(self.save.click)
        self.save.clicked.connect(self.save_requested)
        self._lay_out()

    @property
    def is_busy(self) -> bool:
        """True while a file is being written."""
        return self._job is not None

    def path(self) -> str:
        """Return where the file goes."""
        return self.file.text().strip()

    def suggest(self, path: str) -> None:
        """Put a name into the line."""
        self.file.setText(path)

    def ask(self) -> bool:
        """Let the person pick a name, and answer for a file that is there already."""
        kinds = ";;".join(
            f"{row.label} ({' '.join('*' + ending for ending in row.extensions)})"
            for row in WRITERS
            if row.extensions
        )
        path = notify.choose_new_file(self, "Export as", self.path(), kinds)
        if path:
            self.file.setText(path)
            self._confirmed = path
        return bool(path)

    def may_write(self) -> bool:
        """Return whether there is a name, and nothing lies there that was not asked about."""
        path = self.path()
        if path and (path == self._confirmed or not Path(path).exists()):
            return True
        return self.ask()

    def start(self, checkpoint: Checkpoint, plan: Plan, sources: Sequence[str]) -> None:
        """Write the file."""
        path = self.path()
        overwrite = path == self._confirmed
        job = self._context.jobs.start(
            f"Exporting {Path(path).name}", _export, checkpoint, plan, path, overwrite, sources
        )
        self._job = job
        self.notice.hide()
        self.save.setEnabled(False)
        self.strip.show_progress(0.0, "Starting…")
        job.progressed.connect(self._tell)
        job.succeeded.connect(self._succeed)
        job.failed.connect(self._fail)
        job.cancelled.connect(self._say_cancelled)
        job.finished.connect(self._end)

    def cancel(self) -> None:
        """Give up; nothing is left behind."""
        if self._job is not None:
            self._job.cancel()
            self.strip.show_stopping()

    def show_problem(self, problem: str) -> None:
        """Say why nothing can be written."""
        self.problem.set_plain(text.printable(problem, _MOST_SAID))
        self.problem.setVisible(bool(problem))

    def _change_file(self, typed: str) -> None:
        if typed.strip() != self._confirmed:
            self._confirmed = ""
        self.file_changed.emit()

    def _tell(self, fraction: float, words: str) -> None:
        self.strip.show_progress(fraction, f"{words or 'Writing'} … {fraction:.0%}")

    def _succeed(self, written: Exported) -> None:
        first = written.paths[-1]
        name = text.printable(Path(first).name, 120)
        many = f" and {len(written.paths) - 1} more files" if len(written.paths) > 1 else ""
        self.notice.say(
            "info",
            f"{name}{many} written and verified: {text.size(written.nbytes)}.",
            ("Open the result", lambda: self.open_requested.emit(first)),
            ("Show in folder", lambda: self.folder_requested.emit(first)),
        )

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, InspectorError):
            _log.error("An export failed", exc_info=error)
            self.notice.say("error", "The export failed; that is a mistake in the program.")
            return
        self.notice.say("error", text.printable(str(error), 600))

    def _say_cancelled(self) -> None:
        self.notice.say("info", "Cancelled: nothing has been written.")

    def _end(self) -> None:
        self._job = None
        self._confirmed = ""  # what is there now is another file
        self.strip.hide()
        self.settled.emit()

    def _lay_out(self) -> None:
        where = QHBoxLayout()
        where.setSpacing(8)
        label = PlainLabel("Save as", tone="muted")
        label.setBuddy(self.file)
        where.addWidget(label)
        where.addWidget(self.file, 1)
        where.addWidget(self.browse)
        where.addWidget(self.save)
        inside = QVBoxLayout()
        inside.setContentsMargins(16, 10, 16, 12)
        inside.setSpacing(8)
        inside.addWidget(self.summary)
        inside.addWidget(self.problem)
        inside.addLayout(where)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.notice)
        column.addLayout(inside)


def _export(
    checkpoint: Checkpoint,
    plan: Plan,
    path: str,
    overwrite: bool,
    sources: Sequence[str],
    *,
    progress: Progress = silent,
) -> Exported:
    return export(checkpoint, plan, path, overwrite=overwrite, sources=sources, progress=progress)
