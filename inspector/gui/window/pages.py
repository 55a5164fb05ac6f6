"""What a tab shows while there is no checkpoint to show, and the window while there is no tab."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.message_page import MessagePage

_PATIENCE_MS = 200  # a file that opens faster than this should not flash a progress bar


class WelcomePage(MessagePage):
    """The empty window: what to do next."""

    open_requested = Signal()
    sample_requested = Signal()

    def __init__(self, extensions: tuple[str, ...]) -> None:
        super().__init__("app", "Drop a checkpoint here", size=64, framed=True)
        self.set_picture("#000000")
        self.add_text(
            "See what a PyTorch file holds: names, shapes, types and sizes. "
            "Opening it runs nothing that is inside."
        )
        if extensions:
            self.add_text("Reads " + "  ".join(extensions), muted=True)
        self.add_button("Open…", primary=True).clicked.connect(self.open_requested)
        self.add_button("Open the sample").clicked.connect(self.sample_requested)


class ProgressPage(MessagePage):
    """A file on its way in, with the way out."""

    cancel_requested = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__("open", f"Opening {text.printable(name)}")
        self._theme = theme
        self._message = self.add_text(" ", muted=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.add_widget(self.bar)
        self.cancel = self.add_button("Cancel")
        self.cancel.setShortcut("Esc")
        self.cancel.clicked.connect(self.cancel_requested)
        self.inside.hide()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self.inside.show)
        self._patience.start()
        theme.changed.connect(self._dress)
        self._dress()

    def show_progress(self, fraction: float, message: str) -> None:
        """Move the bar, and say what is being done."""
        self.bar.setValue(round(fraction * 1000))
        self._message.set_plain(text.printable(message, 200) or " ")

    def _dress(self) -> None:
        self.set_picture(self._theme.colours.accent)


class ErrorPage(MessagePage):
    """Why a file cannot be shown, and what to do about it."""

    retry_requested = Signal()
    close_requested = Signal()

    def __init__(self, theme: Theme, uri: str, error: Exception) -> None:
        super().__init__("error", "This file cannot be opened")
        self._theme = theme
        known = isinstance(error, InspectorError)
        message = error.message if isinstance(error, InspectorError) else f"{error!r}"
        hint = (
            error.hint
            if isinstance(error, InspectorError)
            else "This is a mistake in the program, not in your file; please report it."
        )
        if not known:
            self.set_title("Something went wrong inside the program")
        self.message: PlainLabel = self.add_text(text.printable(message, 3000), selectable=True)
        if hint:
            self.add_text(text.printable(hint, 3000), selectable=True)
        if uri not in message:
            self.add_text(text.printable(uri, 1000), muted=True, selectable=True)
        self._report = "\n".join(text.printable(line) for line in (uri, message, hint) if line)
        self.add_button("Try again", primary=True).clicked.connect(self.retry_requested)
        self.add_button("Copy").clicked.connect(self._copy)
        self.add_button("Close").clicked.connect(self.close_requested)
        theme.changed.connect(self._dress)
        self._dress()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)

    def _dress(self) -> None:
        self.set_picture(self._theme.colours.error)


class CancelledPage(MessagePage):
    """A file that the person stopped from coming in."""

    retry_requested = Signal()
    close_requested = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__("stopped", "Cancelled")
        self._theme = theme
        self.add_text(f"{text.printable(name)} was not opened.", muted=True)
        self.add_button("Open again", primary=True).clicked.connect(self.retry_requested)
        self.add_button("Close").clicked.connect(self.close_requested)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.set_picture(self._theme.colours.muted)
