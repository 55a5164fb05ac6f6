"""What a tab shows while there is no checkpoint to show, and the window while there is no tab."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.errors import InspectorError
from inspector.gui.theme import Theme
from inspector.gui.widgets.elided_button import ElidedButton
from inspector.gui.widgets.labels import PlainLabel, plain_tool_tip
from inspector.gui.widgets.message_page import MessagePage
from inspector.gui.window.recent import kept_comparison, menu_text

_MOST_OFFERED = 6  # recent files on the page; the menu has the rest
_USUAL = (".pt", ".pth", ".bin", ".ckpt", ".safetensors", ".pkl", ".jit", ".pt2", ".npz")
_MOST_NAMED = 9  # extensions in sight; the tool tip has the rest
_PATIENCE_MS = 200  # a file that opens faster than this should not flash a progress bar


class WelcomePage(MessagePage):
    """The empty window: what to do next, and what was open lately."""

    open_requested = Signal()
    sample_requested = Signal()
    session_requested = Signal()
    file_requested = Signal(str)

    def __init__(self, extensions: tuple[str, ...]) -> None:
        super().__init__("app", "Drop a checkpoint here", size=64, framed=True)
        self.set_picture("#000000")
        self.add_text(
            "See what a PyTorch file holds: names, shapes, types and sizes. "
            "Opening it runs nothing that is inside."
        )
        if extensions:
            usual = [ending for ending in _USUAL if ending in extensions]
            extensions = tuple(dict.fromkeys([*usual, *extensions]))
            reads = self.add_text("Reads " + "  ".join(extensions[:_MOST_NAMED]) + " …", muted=True)
            reads.setToolTip(plain_tool_tip("  ".join(extensions)))
        self.add_button("Open…", primary=True).clicked.connect(self.open_requested)
        self.add_button("Open the sample").clicked.connect(self.sample_requested)
        self.session = self.add_button("Open the last session")
        self.session.clicked.connect(self.session_requested)
        self._recent: list[QPushButton] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        inside = QWidget()
        inside.setLayout(self._list)
        self._heading = PlainLabel("Recent files", tone="muted")
        self._list.addWidget(self._heading)
        self.add_below(inside)
        self.offer([], [])

    def offer(self, recent: Sequence[str], session: Sequence[str]) -> None:
        """Offer files to open again, and the last session if it was more than one of them."""
        number = len(session)
        self.session.setVisible(number > 1 or any(map(kept_comparison, session)))
        words = f"Open the last {number} again" if number > 1 else "Open the last comparison again"
        self.session.setText(words)
        for button in self._recent:
            self._list.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._recent = [self._button(uri) for uri in recent[:_MOST_OFFERED]]
        for button in self._recent:
            self._list.addWidget(button)
        self._heading.setVisible(bool(self._recent))

    def recent(self) -> list[QPushButton]:
        """Return the buttons of recent files, the latest first."""
        return list(self._recent)

    def _button(self, uri: str) -> QPushButton:
        button = ElidedButton(menu_text(uri).replace("&&", "&"))
        button.setProperty("listed", True)
        button.setToolTip(plain_tool_tip(text.printable(uri)))
        button.clicked.connect(lambda: self.file_requested.emit(uri))
        return button


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
