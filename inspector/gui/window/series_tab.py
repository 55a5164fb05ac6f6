"""One tab: the snapshots of a run, from the moment they are asked for until it is closed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import SeriesRequest
from inspector.gui.context import AppContext
from inspector.gui.viewers import file_name
from inspector.gui.window.recent import keep_comparison


class SeriesTab(QWidget):
    """Owns the view of a series."""

    status_changed = Signal()
    menu_requested = Signal(QPoint)
    close_requested = Signal()

    def __init__(self, context: AppContext, files: Sequence[str]) -> None:
        super().__init__()
        self.files = tuple(files)
        # Imported here, as the view of comparisons is.
        from inspector.gui.diff.series_view import SeriesView

        self.view = SeriesView(context, self.files)
        self.view.status_changed.connect(self.status_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)

    @property
    def name(self) -> str:
        """What stands on the tab."""
        first = file_name(self.files[0])
        more = len(self.files) - 1
        return f"Series: {first}" + (f" and {text.exact(more)} more" if more else "")

    @property
    def uri(self) -> str:
        """All addresses."""
        return "\n".join(self.files)

    @property
    def request(self) -> SeriesRequest:
        """What brings it back."""
        return SeriesRequest(self.files)

    def kept(self) -> str:
        """Return what brings it back in another session."""
        return keep_comparison(self.request)

    def command(self) -> list[str]:
        """Return the words that open it again."""
        return self.request.command()

    def open(self) -> None:
        """Read all of it again."""
        if not self.view.is_busy:
            self.view.start()

    def stop(self) -> None:
        """End the work."""
        self.view.stop()

    def status(self) -> str:
        """Return the text for the status bar."""
        return self.view.status()
