"""What to know before loading the file elsewhere, and the Python that does it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading import Loading, loading_of, sentences
from inspector.core.progress import Progress
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject, Viewer
from inspector.gui.widgets.code_view import CodeView
from inspector.gui.widgets.labels import PlainLabel

_AT_ONCE = 50_000  # storages that are looked through without a pause that one would notice


class LoadingViewer(Viewer):
    """Sentences about the whole file above a program that can be copied."""

    title = "Loading"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._checkpoint: Checkpoint | None = None
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
        checkpoint = self._checkpoint = subject.checkpoint
        if len(checkpoint.storages) <= _AT_ONCE:
            self._show(loading_of(checkpoint))
            return
        self._show_sentences(["Looking at what loading needs…"], "")
        job = self.context.jobs.start("Looking at what loading needs", _work_out, checkpoint)
        job.succeeded.connect(
            lambda loading: self._show(loading) if self._checkpoint is checkpoint else None
        )

    def _show(self, loading: Loading) -> None:
        self._show_sentences(list(sentences(loading)), loading.code)

    def _show_sentences(self, notes: list[str], code: str) -> None:
        for label in self._labels:
            self._notes.removeWidget(label)
            label.deleteLater()
        self._labels = [PlainLabel(note, wrap=True, selectable=True) for note in notes]
        self.copy_button.setEnabled(bool(code))
        for label in self._labels:
            self._notes.addWidget(label)
        self._text = code
        self.code.show_text(code.rstrip("\n"), numbered=True)

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


def _work_out(checkpoint: Checkpoint, progress: Progress) -> Loading:
    return loading_of(checkpoint)
