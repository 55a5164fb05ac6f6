"""One tab: a checkpoint from the moment it is asked for until it is closed."""

from __future__ import annotations

import logging

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.errors import InspectorError
from inspector.core.model import Path
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.viewers import file_name
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.opening import Opened, open_for_window
from inspector.gui.window.pages import CancelledPage, ErrorPage, ProgressPage

_log = logging.getLogger(__name__)


class CheckpointTab(QWidget):
    """Shows progress, then the checkpoint, or why there is none; owns its job and its file."""

    status_changed = Signal()
    menu_requested = Signal(QPoint)
    close_requested = Signal()

    def __init__(self, context: AppContext, uri: str) -> None:
        super().__init__()
        self._context = context
        self.uri = uri
        self.name = file_name(uri)
        self.view: CheckpointView | None = None
        self._job: Job | None = None
        self._page: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.open()

    def open(self) -> None:
        """Open the file, or open it again and return to the same place."""
        expanded, current = self._place()
        self.stop()
        page = ProgressPage(self._context.theme, self.name)
        page.cancel_requested.connect(self.cancel)
        self._show(page)
        job = self._context.jobs.start(
            f"Opening {self.name}", open_for_window, self.uri, expanded, discard=Opened.close
        )
        job.progressed.connect(page.show_progress)
        job.succeeded.connect(lambda opened: self._show_opened(opened, current))
        job.failed.connect(self._show_error)
        self._job = job

    def cancel(self) -> None:
        """Give up opening; what arrives later is dropped."""
        if self._job is None:
            return
        self.stop()
        page = CancelledPage(self._context.theme, self.name)
        page.retry_requested.connect(self.open)
        page.close_requested.connect(self.close_requested)
        self._show(page)

    def stop(self) -> None:
        """End the job and let go of the file."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self.view is not None:
            self.view.stop()
            self.view = None

    @property
    def is_busy(self) -> bool:
        """True while the file is being opened."""
        return self._job is not None

    def status(self) -> str:
        """Return the text for the status bar."""
        return self.view.status() if self.view else ""

    def _place(self) -> tuple[list[Path] | None, Path | None]:
        if self.view is None:
            return None, None
        return self.view.tree.expanded_paths(), self.view.tree.view.current_path()

    def _show_opened(self, opened: Opened, current: Path | None) -> None:
        self._job = None
        self.view = CheckpointView(self._context, opened)
        self.view.status_changed.connect(self.status_changed)
        self.view.menu_requested.connect(self.menu_requested)
        self._show(self.view)
        self.view.tree.view.setFocus()
        if current:
            self.view.tree.go_to(current)

    def _show_error(self, error: Exception) -> None:
        self._job = None
        if not isinstance(error, InspectorError):
            _log.error("%s could not be opened", self.uri, exc_info=error)
        page = ErrorPage(self._context.theme, self.uri, error)
        page.retry_requested.connect(self.open)
        page.close_requested.connect(self.close_requested)
        self._show(page)

    def _show(self, page: QWidget) -> None:
        if self._page is not None:
            self._column.removeWidget(self._page)
            self._page.hide()
            self._page.deleteLater()
        self._page = page
        self._column.addWidget(page)
        self.status_changed.emit()
