"""A heartbeat of the event loop: how long it stood still, and what the thread did meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, QTimer

_STAT = Path("/proc/stat")
_STEAL = 8  # the column: https://man7.org/linux/man-pages/man5/proc_stat.5.html
_SHOWN = 3


class Pause(NamedTuple):
    """The time between two beats, in seconds."""

    length: float
    worked: float
    """Processor time that the thread of the event loop had in it."""


class Heartbeat:
    """Beats every two milliseconds as long as the event loop turns."""

    def __init__(self) -> None:
        self.pauses: list[Pause] = []
        self._timer = QTimer(interval=2, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._stolen = stolen()
        self._note()

    @property
    def beats(self) -> int:
        """How many there were since it was started."""
        return len(self.pauses)

    def start(self) -> None:
        """Begin to measure, or begin again."""
        self.pauses.clear()
        self._stolen = stolen()
        self._note()
        self._timer.start()

    def stop(self) -> None:
        """Stop to measure; what was measured stays."""
        self._timer.stop()

    def report(self) -> str:
        """Return the longest pauses, and how much of them was work of the thread itself.

        What a virtual machine could not run because its host was busy, and what the thread waited
        for others, is in the first number and not in the second.
        """
        longest = sorted(self.pauses, reverse=True)[:_SHOWN]
        shown = [f"{1000 * one.length:.0f} ({1000 * one.worked:.0f})" for one in longest]
        taken = stolen() - self._stolen
        more = f"; the host took {1000 * taken:.0f} ms" if taken else ""
        return f"longest pauses {', '.join(shown)} ms (worked){more}"

    def _beat(self) -> None:
        at, worked = self._at, self._worked
        self._note()
        self.pauses.append(Pause(self._at - at, self._worked - worked))

    def _note(self) -> None:
        self._at, self._worked = time.perf_counter(), time.thread_time()


def stolen() -> float:
    """Return the seconds in which the host of a virtual machine ran others instead; 0 elsewhere."""
    if not _STAT.exists():
        return 0.0
    line = _STAT.read_text("ascii").partition("\n")[0]
    return int(line.split()[_STEAL]) / os.sysconf("SC_CLK_TCK")
