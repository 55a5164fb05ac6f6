"""What every part of the window shares, passed by hand."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSettings

from inspector.gui.jobs import JobRunner
from inspector.gui.theme import Theme


@dataclass(frozen=True)
class AppContext:
    """The running program's jobs, colours and remembered geometry."""

    jobs: JobRunner
    theme: Theme
    settings: QSettings
