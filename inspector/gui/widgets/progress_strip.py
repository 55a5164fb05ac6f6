"""A line that says how far long work is, and lets it be stopped."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from inspector.gui.widgets.labels import PlainLabel

_USUAL = 40  # digits that most sentences have room in


class ProgressStrip(QWidget):
    """Hidden until there is something to tell."""

    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = PlainLabel(tone="muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setMinimumWidth(80)
        self.bar.setAccessibleName("Progress")
        self.cancel = QPushButton("Cancel")
        self.cancel.setProperty("quiet", True)
        self.cancel.clicked.connect(self.cancel_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 5, 14, 5)
        row.setSpacing(12)
        row.addWidget(self.words)
        row.addWidget(self.bar, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.cancel)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("notice", "info")
        self.hide()

    def show_progress(self, fraction: float, words: str) -> None:
        """Say how far the work is; a fraction of 0 moves the bar to and fro."""
        self.words.set_plain(words)
        size = self.words.sizeHint()
        if size.width() > self.words.minimumWidth():
            # A text of another width would have the whole window laid out and painted, each time.
            room = self.words.fontMetrics().horizontalAdvance("0") * _USUAL
            self.words.setFixedSize(max(size.width(), room), size.height())
        self.bar.setRange(0, 1000 if fraction > 0 else 0)
        self.bar.setValue(int(fraction * 1000))
        self.cancel.setEnabled(True)
        self.show()

    def show_stopping(self) -> None:
        """Say that it has been asked to stop."""
        self.words.set_plain("Stopping…")
        self.cancel.setEnabled(False)
