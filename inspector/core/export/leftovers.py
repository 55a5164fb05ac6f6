"""What an export that was killed leaves behind, and how the next start finds it.

Unfinished files have names of their own and are locked by who makes them: one whose lock is free
is nobody's any more. A note per export, locked too, says in which folders to look.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_state_path

from inspector.core.export import exchange
from inspector.core.export.locks import hidden, is_abandoned, lock

_NOTE = ".inspector-note"
_KEPT = 30 * 86_400.0  # seconds for which a folder that has gone, with its disk, may come back


class Note:
    """Where an export is at work; one file each, so that none has to wait for another."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._path = hidden(_notes() / "export", _NOTE)
        self._descriptor = -1
        with contextlib.suppress(OSError):  # a note that cannot be kept must not stop an export
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(self._descriptor, json.dumps([str(folder) for folder in folders]).encode())
            lock(self._descriptor)

    def close(self) -> None:
        """Take the note away: nothing is left."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            with contextlib.suppress(OSError):
                self._path.unlink()


def clear(folder: Path) -> list[Path]:
    """Delete what exports that are no longer at work have begun in a folder; return it.

    A set of files that was about to be exchanged is completed, or is the old one again.
    """
    cleared = []
    for path in (*_found(folder, exchange.RECORD), *_found(folder, exchange.PART)):
        if is_abandoned(path):
            with contextlib.suppress(OSError):
                if path.name.endswith(exchange.RECORD):
                    exchange.recover(path)
                else:
                    path.unlink()
                cleared.append(path)
    return cleared


def clear_unfinished() -> list[Path]:
    """Delete what exports of this user that were killed have left anywhere; return it."""
    cleared = []
    for note in _found(_notes(), _NOTE):
        if not is_abandoned(note):
            continue
        folders = _folders_in(note)
        for folder in folders:
            cleared += clear(folder)
        if not any(_may_be_more(folder, note) for folder in folders):
            with contextlib.suppress(OSError):
                note.unlink()
    return cleared


def _notes() -> Path:
    return user_state_path("checkpoint-inspector", appauthor=False) / "exports"


def _folders_in(note: Path) -> list[Path]:
    """Return what a note says: nothing if its maker was killed before anything was made."""
    try:
        found = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return []
    return [Path(folder) for folder in dict.fromkeys(found)]


def _may_be_more(folder: Path, note: Path) -> bool:
    if folder.is_dir():
        return bool(_found(folder, exchange.PART) or _found(folder, exchange.RECORD))
    with contextlib.suppress(OSError):
        return time.time() - note.stat().st_mtime < _KEPT
    return False


def _found(folder: Path, ending: str) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.endswith(ending)]
    except OSError:
        return []
