"""New files take their places only when they are complete: the old ones stay until then."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from inspector.core.export import exchange
from inspector.core.export.leftovers import Note, clear
from inspector.core.export.locks import hidden, lock
from inspector.core.export.refusals import naming


class Part(NamedTuple):
    """A new file on its way to its place."""

    target: Path
    path: Path
    file: BinaryIO


class Replacement:
    """The new files of one export; leave the `with` statement without `commit` to drop them."""

    def __init__(self, targets: Sequence[Path]) -> None:
        # A link to one file stays, and the file gets a new content; in a set, links are replaced.
        alone = len(targets) == 1
        self._targets = [
            _real(target) if alone else _real(target.parent) / target.name for target in targets
        ]
        self._parts: list[Part] = []
        self._note: Note | None = None
        self._record: Path | None = None

    def __enter__(self) -> Replacement:
        folders = dict.fromkeys(target.parent for target in self._targets)
        for folder in folders:
            clear(folder)
        self._note = Note(folders)
        return self

    def __exit__(self, *_: object) -> None:
        # An exchange that could be neither finished nor undone needs its files at the next start.
        is_on_record = self._record is not None and self._record.exists()
        for part in self._parts:
            with contextlib.suppress(OSError):  # what is buffered finds no room, and is not wanted
                part.file.close()
            if not is_on_record:
                with contextlib.suppress(OSError):
                    part.path.unlink()
        self._parts.clear()
        if self._note is not None and not is_on_record:
            self._note.close()

    def open(self, number: int) -> Part:
        """Make the new file for a target; raises ExportError."""
        target = self._targets[number]
        path = hidden(target, exchange.PART)
        with naming(target):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags, 0o666)
            file = os.fdopen(descriptor, "r+b", buffering=1 << 20)
        if os.name != "nt":  # there, what is open cannot be deleted
            lock(descriptor)
        part = Part(target, path, file)
        self._parts.append(part)
        return part

    def commit(self, obsolete: Sequence[Path] = ()) -> None:
        """Put the files in their places, of a set the index last; delete what it replaces."""
        for part in self._parts:
            with naming(part.target):
                _like_before(part)
                part.file.flush()
                if os.name == "nt":
                    part.file.close()  # its name cannot be changed while it is open
        if len(self._parts) == 1:
            self._commit_one(self._parts[0])
        else:
            self._commit_set(obsolete)

    def _commit_one(self, part: Part) -> None:
        with naming(part.target):
            part.path.replace(part.target)
        exchange.sync_folder(part.target.parent)

    def _commit_set(self, obsolete: Sequence[Path]) -> None:
        index = self._parts[-1].target
        with naming(index):
            files = [(part.path, part.target) for part in self._parts]
            change = exchange.plan_exchange(files, obsolete)
            self._record = hidden(index, exchange.RECORD)
            exchange.perform(change, self._record)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _like_before(part: Part) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(part.target.stat().st_mode)
        if hasattr(os, "fchmod"):
            os.fchmod(part.file.fileno(), mode)
