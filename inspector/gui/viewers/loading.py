"""What to know before loading the file elsewhere, and the Python that does it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core.loading import loading_of, sentences
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject, Viewer
from inspector.gui.widgets.code_view import CodeView
from inspector.gui.widgets.labels import PlainLabel


class LoadingViewer(Viewer):
    """Sentences about the whole file above a program that can be copied."""

    title = "Loading"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._labels: list[PlainLabel] = []
        self._notes = QVBoxLayout()
        self._notes.setContentsMargins(16, 14, 16, 12)
        self._notes.setSpacing(7)
        self.code = CodeView()
        self.code.setAccessibleName("Python that loads this file")
        self.copy_button = QPushButton("Copy")
        self.copy_button.setAccessibleName("Copy the Python that loads this file")
        self.copy_button.clicked.connect(self._copy)
        self._text = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._notes)
        column.addWidget(self._heading())
        column.addWidget(self.code, 1)

    @staticmethod
    def priority(subject: Subject) -> int:
        return UNSUITED if subject.path else USUAL - 1

    def show_subject(self, subject: Subject) -> None:
        loading = loading_of(subject.checkpoint)
        for label in self._labels:
            self._notes.removeWidget(label)
            label.deleteLater()
        self._labels = [
            PlainLabel(sentence, wrap=True, selectable=True) for sentence in sentences(loading)
        ]
        for label in self._labels:
            self._notes.addWidget(label)
        self._text = loading.code
        self.code.show_text(loading.code.rstrip("\n"), numbered=True)

    def notes(self) -> list[str]:
        """Return the sentences on screen."""
        return [label.plain() for label in self._labels]

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)

    def _heading(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(16, 0, 16, 6)
        row.addWidget(PlainLabel("Python that loads this file", tone="muted"), 1)
        row.addWidget(self.copy_button)
        return line
