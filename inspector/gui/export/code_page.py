"""The command that does the same, and the Python that loads the result."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.gui.export.outlook import Loading
from inspector.gui.widgets.code_view import CodeView
from inspector.gui.widgets.labels import PlainLabel

_SHOWN = 20_000  # characters; a command that ticks 50,000 tensors would take long to lay out
_LONG = 100_000  # characters that many a shell does not take


class CodePage(QWidget):
    """Two texts, each with a button that copies it."""

    copied = Signal(str)  # a sentence about what has been copied
    loading_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._command = self._code = ""
        self.command = CodeView()
        self.command.setAccessibleName("Command that does the same")
        self.code = CodeView()
        self.code.setAccessibleName("Python that loads the new file")
        self.copy_command = QPushButton("Copy as command")
        self.copy_code = QPushButton("Copy loading code")
        self.freeze = QCheckBox("Freeze what is loaded")
        self.prefix = QLineEdit()
        self.prefix.setPlaceholderText("Prefix in the network, e.g. backbone.")
        self.prefix.setAccessibleName("Prefix in the network")
        self.freeze.toggled.connect(lambda _: self.loading_changed.emit())
        self.prefix.textChanged.connect(lambda _: self.loading_changed.emit())
        self.warning = PlainLabel(tone="warning", wrap=True)
        self.warning.setContentsMargins(16, 4, 16, 4)
        self.copy_command.clicked.connect(lambda: self._copy(self._command, "Command copied."))
        self.copy_code.clicked.connect(lambda: self._copy(self._code, "Loading code copied."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(4)
        column.addWidget(_heading("Does the same", self.copy_command))
        column.addWidget(self.warning)
        flush = QVBoxLayout()  # with its heading; the other text has its numbers there
        flush.setContentsMargins(8, 0, 8, 0)
        flush.addWidget(self.command)
        column.addLayout(flush, 1)
        column.addWidget(_heading("Loads the new file", self.copy_code))
        column.addLayout(self._choices())
        column.addWidget(self.code, 2)
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.show_texts("", "")

    def loading(self) -> Loading:
        """Return how the new file is to be loaded."""
        return Loading(self.prefix.text().strip(), self.freeze.isChecked())

    def show_texts(self, command: str, code: str) -> None:
        """Show both; empty ones cannot be copied."""
        self._command, self._code = command, code
        self.command.show_text(text.printable(command, _SHOWN), numbered=False)
        self.code.show_text(code.rstrip("\n")[:_SHOWN], numbered=True)
        self.copy_command.setEnabled(bool(command))
        self.copy_code.setEnabled(bool(code))
        is_long = len(command) > _LONG
        self.warning.setVisible(is_long)
        self.warning.set_plain(
            "So many single tensors are ticked that a shell may refuse this command:"
            " save the recipe and say --recipe."
            if is_long
            else ""
        )

    def _choices(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(16, 0, 16, 4)
        line.setSpacing(12)
        line.addWidget(self.freeze)
        line.addWidget(self.prefix, 1)
        return line

    def _copy(self, words: str, sentence: str) -> None:
        QGuiApplication.clipboard().setText(words)
        self.copied.emit(sentence)


def _heading(words: str, button: QPushButton) -> QWidget:
    button.setAutoDefault(False)
    button.setProperty("quiet", True)
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(16, 0, 16, 0)
    row.addWidget(PlainLabel(words, tone="muted"), 1)
    row.addWidget(button)
    return line
