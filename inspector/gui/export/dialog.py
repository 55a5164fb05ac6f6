"""The window of an export: it opens the file anew, so that tabs may come and go meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.core.model import Path
from inspector.gui.context import AppContext
from inspector.gui.export.body import Answers, ExportBody
from inspector.gui.export.survey import Survey, open_survey
from inspector.gui.jobs import Job, PaintedFirst
from inspector.gui.viewers import file_name
from inspector.gui.widgets.waiting_page import WaitingPage

_GEOMETRY = "export/geometry"


class ExportDialog(PaintedFirst, QDialog):
    """Waits for the file, then shows what can be made of it; owns both."""

    open_requested = Signal(str)
    folder_requested = Signal(str)
    ready = Signal()  # the tensors are on screen

    def __init__(
        self,
        context: AppContext,
        uri: str,
        at: Path | None = None,
        chosen: Sequence[Path] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.setWindowTitle(f"Export from {text.printable(file_name(uri), 120)}")
        self._context = context
        self._uri = uri
        self._asked = (at, tuple(chosen))
        self._job: Job | None = None
        self._found: Survey | None = None
        self.body: ExportBody | None = None
        self.waiting = WaitingPage()
        self.waiting.cancel_requested.connect(self.close)
        self.waiting.retry_requested.connect(self.start)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.waiting)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        self.setMinimumSize(760, 480)
        self._restore()
        self.start()
        self._answers = Answers.made(context)

    def start(self) -> None:
        """Read the file."""
        self.waiting.show_progress(0.0, "Reading the file")
        job = self._context.jobs.start(
            f"Opening {self._uri}", open_survey, self._uri, *self._asked, discard=_close
        )
        job.progressed.connect(self.waiting.show_progress)
        job.succeeded.connect(self._show)
        job.failed.connect(self._fail)
        self._job = job

    def sizeHint(self) -> QSize:
        return QSize(1180, 720)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter in the line of a rule is no wish to write a file, nor to press whatever is first.
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def reject(self) -> None:
        """Close, unless that would throw away what is being written."""
        if self.body is not None and self.body.save_bar.is_busy:
            self.body.save_bar.strip.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.body is not None and self.body.save_bar.is_busy and event.spontaneous():
            self.body.save_bar.strip.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
            event.ignore()
            return
        self._context.settings.setValue(_GEOMETRY, self.saveGeometry())
        self.stop()
        event.accept()  # Qt's own would ask `reject`, which does not close while a file is written

    def stop(self) -> None:
        """End all jobs, and let go of the file once they are over."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self.body is not None:
            self.body.stop()
        if self._found is not None:
            self._found.checkpoint.close()
            self._found = None

    def _show(self, found: Survey) -> None:
        self._job = None
        self._found = found
        self.body = ExportBody(self._context, self._uri, found, self._answers)
        self.body.open_requested.connect(self.open_requested)
        self.body.folder_requested.connect(self.folder_requested)
        self._pages.addWidget(self.body)
        self._pages.setCurrentWidget(self.body)
        self.body.tree.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ready.emit()

    def _fail(self, error: Exception) -> None:
        self._job = None
        known = isinstance(error, InspectorError)
        said = str(error) if known else "That is a mistake in the program."
        self.waiting.show_sentence(said, "Try again", error=True)

    def _restore(self) -> None:
        geometry = self._context.settings.value(_GEOMETRY)
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(self.sizeHint().boundedTo(self.screen().availableSize() * 0.94))


def _close(found: Survey) -> None:
    found.checkpoint.close()
