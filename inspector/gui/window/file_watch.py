"""Notices that an open file is written, replaced, cut short or taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from inspector.core.progress import Progress, silent
from inspector.gui.jobs import JobRunner

_PAUSE_MS = 300  # while a file is being written, word of it comes all the time
What = Literal["same", "changed", "shrunk", "gone"]


class Look(NamedTuple):
    """What tells one content of a path from another without reading it."""

    device: int
    inode: int
    size: int
    changed: int


class FileWatch(QObject):
    """Watches one local path, through replacement by another file of the same name."""

    noticed = Signal(str)  # What, whenever it differs from what was last noticed

    def __init__(self, jobs: JobRunner, path: str) -> None:
        super().__init__()
        self._jobs = jobs
        self._path = path
        self._known: Look | None = None
        self._said: What = "same"
        self._watcher = QFileSystemWatcher()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.look_again)
        self._watcher.fileChanged.connect(self._look_soon)
        self._watcher.directoryChanged.connect(self._look_soon)

    def start(self, known: Look | None) -> None:
        """Take the file as it was when it was read for what it should be."""
        self._known = known
        self._said = "same"
        self._watch()

    def look_again(self) -> None:
        """Look at the file now, as when the window comes back to the front."""
        job = self._jobs.start("Looking for changes", look_at, self._path)
        job.succeeded.connect(self._compare)

    def stop(self) -> None:
        """Watch no longer."""
        self._pause.stop()
        watched = self._watcher.files() + self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)
        self._known = None

    def _look_soon(self, _: str) -> None:
        self._pause.start()

    def _compare(self, now: Look | None) -> None:
        if self._known is None:
            return
        what: What = "same"
        if now is None:
            what = "gone"
        elif now != self._known:
            what = "shrunk" if now.size < self._known.size else "changed"
        self._watch()
        if what != self._said:
            self._said = what
            self.noticed.emit(what)

    def _watch(self) -> None:
        """Watch the path and its folder; a file that was replaced has to be watched anew."""
        wanted = [self._path, str(Path(self._path).parent)]
        watched = {*self._watcher.files(), *self._watcher.directories()}
        missing = [path for path in wanted if path not in watched and Path(path).exists()]
        if missing:
            self._watcher.addPaths(missing)


def look_at(path: str, *, progress: Progress = silent) -> Look | None:
    """Return how a file looks from outside, None if it is not there."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return Look(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
