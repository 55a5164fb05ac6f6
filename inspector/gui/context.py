"""What every part of the window shares, passed by hand."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Signal

from inspector.core.engine import WorkerPool
from inspector.core.settings import Settings, Value
from inspector.gui.jobs import JobRunner
from inspector.gui.theme import Theme


class Preferences(QObject):
    """What the person has chosen, and word of it when that changes."""

    changed = Signal(str)  # the id of the setting

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def __getitem__(self, name: str) -> Value:
        return self._settings[name]

    def choose(self, name: str, value: Value) -> None:
        """Put a choice in force everywhere, now and from the next start on."""
        if self._settings[name] != value:
            self._settings.choose(name, value)
            self.changed.emit(name)


@dataclass(frozen=True)
class AppContext:
    """The running program's jobs, colours, choices and remembered geometry."""

    jobs: JobRunner
    theme: Theme
    settings: QSettings
    """What the window remembers by itself: geometry, columns, recent files."""
    preferences: Preferences
    engine: WorkerPool
    """Where numbers are worked out; given to jobs, which wait for it in their own thread."""

    def shut_down(self) -> None:
        """Cancel the jobs, wait for them, and end the processes."""
        self.jobs.shutdown()
        self.engine.close()
