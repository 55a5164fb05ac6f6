"""Work of the GUI thread that is too much for one turn of the event loop."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer


class Turns(QObject):
    """Takes steps one after the other, each in a turn of its own: together they would be felt."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[object] = iter(())
        # A queued call would come before anything is painted: it is no turn of its own.
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._step)

    def take(self, steps: Iterator[object]) -> None:
        """Take the first step now and the others later; what was left of others is dropped."""
        self.stop()
        self._steps = steps
        self._step()

    def stop(self) -> None:
        """Drop the steps that are left."""
        self._next.stop()
        self._steps = iter(())

    @property
    def is_over(self) -> bool:
        """True if no step is left."""
        return not self._next.isActive()

    def _step(self) -> None:
        steps = self._steps
        for _ in steps:
            if steps is self._steps:  # else the step itself has begun others
                self._next.start()
            return
