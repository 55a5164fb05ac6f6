"""The statistics of the selected tensor, below its other facts."""

from __future__ import annotations

import logging

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.statistics import Statistics, measured, statistics_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Path, Tensor, tensor_of
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.viewers.base import Subject
from inspector.gui.widgets.facts_grid import FactsGrid
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.line import line

AT_ONCE = 256 << 20
"""Bytes of a tensor that are read without being asked to."""
_PAUSE = 120  # milliseconds that somebody stays on a row who looks at it
_MOST_KNOWN = 2_000  # tensors whose numbers are kept
_log = logging.getLogger(__name__)


class ValueFacts(QWidget):
    """Reads small tensors by itself and large ones on demand; says what becomes of it."""

    settled = Signal()
    """What is shown stays until another tensor is selected."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._subject: Subject | None = None
        self._tensor: Tensor | None = None
        self._job: Job | None = None
        self._known: dict[Path, Statistics] = {}
        self._of: Checkpoint | None = None
        self.grid = FactsGrid()
        self.note = PlainLabel(tone="muted", wrap=True)
        self.button = QPushButton("Read the values")
        self.button.clicked.connect(self._press)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._later.timeout.connect(self._read)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(line())
        column.addWidget(self.grid)
        column.addWidget(self.note)
        column.addLayout(row)

    def show_subject(self, subject: Subject) -> None:
        """Show the numbers of a tensor; of anything else there are none."""
        self._stop()
        self._subject = subject
        tensor = self._tensor = tensor_of(subject.node)
        self.setVisible(tensor is not None)
        if tensor is None:
            return
        if subject.checkpoint is not self._of:
            self._of, self._known = subject.checkpoint, {}
        row = subject.scan.row(subject.path) if subject.scan is not None else None
        known = row.statistics if row is not None else self._known.get(subject.path)
        try:
            note = measured(tensor).of_numbers
        except InspectorError as error:
            self._say(str(error))
            return
        if known is not None:
            self._show(known, note)
        elif row is not None and row.error:
            self._say(row.error, "Try again", error=True)
        elif _to_read(tensor) > AT_ONCE:
            size = text.size(_to_read(tensor))
            self._say(f"The values take {size}; they are read when you ask.", "Read the values")
        else:
            self._say("Reading the values…")
            self._later.start()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():  # nobody looks any more; `show_subject` comes with the tab
            self._stop()
        super().hideEvent(event)

    def _press(self) -> None:
        if self._job is not None:
            self._stop()
            self._say("Stopped before it was done.", "Read the values")
        else:
            self._read()

    def _read(self) -> None:
        assert self._subject is not None
        assert self._tensor is not None
        tensor = self._tensor
        self._say("Reading the values…", "Cancel" if _to_read(tensor) > AT_ONCE else "")
        job = self._job = self._context.jobs.start(
            "Reading values",
            _statistics,
            self._subject.checkpoint,
            tensor,
            self._context.engine,
        )
        job.progressed.connect(lambda done, _: self._tell(job, done))
        job.succeeded.connect(lambda found: self._take(job, found))
        job.failed.connect(lambda error: self._fail(job, error))

    def _stop(self) -> None:
        self._later.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _tell(self, job: Job, done: float) -> None:
        if job is self._job and done:
            self.note.set_plain(f"Reading the values… {done:.0%}")

    def _take(self, job: Job, found: Statistics) -> None:
        if job is not self._job or self._subject is None or self._tensor is None:
            return
        self._job = None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[self._subject.path] = found
        self._show(found, measured(self._tensor).of_numbers)

    def _fail(self, job: Job, error: Exception) -> None:
        if job is not self._job:
            return
        self._job = None
        if not isinstance(error, InspectorError):
            _log.error("%s failed", job.title, exc_info=error)
            error = InspectorError(
                f"This could not be worked out; that is a mistake in the program ({error!r})."
            )
        self._say(str(error), "Try again", error=True)

    def _show(self, found: Statistics, note: str) -> None:
        self.grid.show_facts(statistics_facts(found))
        self.grid.show()
        self.note.set_plain(note)
        self.note.setVisible(bool(note))
        self._tone("muted")
        self.button.hide()
        self.settled.emit()

    def _say(self, words: str, button: str = "", *, error: bool = False) -> None:
        self.grid.hide()
        self.note.set_plain(text.printable(words, 2000))
        self._tone("error" if error else "muted")
        self.note.show()
        self.button.setText(button)
        self.button.setVisible(bool(button))
        if not words.startswith("Reading"):
            self.settled.emit()

    def _tone(self, tone: str) -> None:
        if self.note.property("tone") != tone:
            self.note.setProperty("tone", tone)
            self.note.style().unpolish(self.note)
            self.note.style().polish(self.note)


def _to_read(tensor: Tensor) -> int:
    """Return the bytes to be read: those of an expanded tensor are few."""
    storage = tensor.storage
    return min(tensor.nbytes, storage.nbytes) if storage is not None else tensor.nbytes


def statistics_facts(found: Statistics) -> list[tuple[str, str]]:
    """Return the numbers as labels and texts, those that a sick tensor has first."""
    facts = [
        (label, _of_all(number, found.elements))
        for label, number in (("NaN", found.nan), ("+Inf", found.posinf), ("−Inf", found.neginf))
        if number
    ]
    if not found.elements:
        return [("Values", "none: the tensor is empty")]
    if not facts:
        facts.append(("NaN, Inf", "none"))
    else:
        facts.append(("Finite", _of_all(found.finite, found.elements)))
    facts += [
        (label, _number(value))
        for label, value in (
            ("Min", found.min),
            ("Max", found.max),
            ("Mean", found.mean),
            ("Std", found.std),
            ("L2 norm", found.l2),
            ("Max |x|", found.absmax),
        )
        if found.finite
    ]
    facts.append(("Zeros", _of_all(found.zero, found.elements) if found.zero else "none"))
    return facts


def _of_all(number: int, elements: int) -> str:
    share = 100 * number / elements
    shown = f"{share:.3g} %" if share >= 0.001 else "< 0.001 %"
    return f"{text.exact(number)} ({shown})"


def _number(value: float | int | None) -> str:
    if value is None:
        return "beyond float64"
    if isinstance(value, int):
        return text.exact(value).replace("-", "−")
    return f"{value:.6g}".replace("-", "−")


def _statistics(
    checkpoint: Checkpoint, tensor: Tensor, engine: Engine, *, progress: Progress = silent
) -> Statistics:
    return statistics_of(checkpoint, tensor, engine, progress)
