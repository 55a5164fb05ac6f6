"""What stands where a picture will be: how far the work is, or why there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.gui.widgets.labels import PlainLabel

_MARGINS = (16, 14, 16, 16)


class WaitingPage(QStackedWidget):
    """Either a progress bar that can be stopped, or a sentence with a way on."""

    cancel_requested = Signal()
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = PlainLabel(tone="muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.cancel_requested)
        self.sentence = PlainLabel(wrap=True, selectable=True)
        self.again = QPushButton()
        self.again.clicked.connect(self.retry_requested)
        self._busy = _column(self.words, self.bar, _left(self.cancel))
        self._still = _column(self.sentence, _left(self.again))
        self.addWidget(self._busy)
        self.addWidget(self._still)

    def show_progress(self, fraction: float, message: str) -> None:
        """Say how far the work is; a fraction of 0 moves the bar to and fro."""
        self.words.set_plain(f"{message or 'Working'}…")
        self.bar.setRange(0, 1000 if fraction > 0 else 0)
        self.bar.setValue(int(fraction * 1000))
        self._turn_to(self._busy, self.again, self.cancel)

    def show_sentence(self, sentence: str, again: str = "", *, error: bool = False) -> None:
        """Say why there is no picture, and offer a button of that text."""
        self.sentence.set_plain(text.printable(sentence, 2000))
        self.sentence.setProperty("tone", "error" if error else "muted")
        self.sentence.style().polish(self.sentence)
        self.again.setText(again)
        self.again.setVisible(bool(again))
        self._turn_to(self._still, self.cancel, self.again)

    def _turn_to(self, page: QWidget, before: QPushButton, behind: QPushButton) -> None:
        """Show a page; the keyboard goes from button to button, not to the words between them."""
        had = before.hasFocus()
        self.setCurrentWidget(page)
        if had and behind.isVisible():
            behind.setFocus(Qt.FocusReason.OtherFocusReason)


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    page.setProperty("ground", "base")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(page)
    column.setContentsMargins(*_MARGINS)
    column.setSpacing(10)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch()
    return page


def _left(button: QPushButton) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(button)
    row.addStretch()
    return line
