"""A set of files takes the place of another one as a whole, and can be undone until it is there.

Several names cannot change at once. So a record says beforehand what is to become of which file;
old files that are in the way are put aside, the index first: without it the others are no set.
The new index comes last, and with it the exchange has happened. Whoever finds the record of a
process that was killed goes back to the old set, or, if the new index is there, tidies up.

All of them are in one folder. No file is deleted by its name alone: number, size and time of change
must be those on record.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from inspector.core.export.locks import lock

PART = ".inspector-export"
"""What the name of a new file ends with until it is complete."""
RECORD = ".inspector-change"
"""What the name of a record ends with."""
_ASIDE = ".inspector-aside"


class Look(NamedTuple):
    """What tells a file from another one that later has its name."""

    number: int
    size: int
    changed: int


class Move(NamedTuple):
    """A new file, the place that it goes to, and what is there now."""

    part: Path
    target: Path
    new: Look
    old: Look | None
    aside: Path | None
    """Where the old file waits meanwhile; None if there is none, or it is replaced at once."""


class Exchange(NamedTuple):
    """All moves, that of the index last, and old files that the new set has no use for."""

    folder: Path
    moves: tuple[Move, ...]
    obsolete: tuple[tuple[Path, Look], ...]


def plan_exchange(files: Sequence[tuple[Path, Path]], obsolete: Iterable[Path]) -> Exchange:
    """Look at all files, each with its target; the last one is the index."""
    looks = [look_of(target) for _, target in files]
    in_the_way = any(looks[:-1])
    moves = []
    for number, (part, target) in enumerate(files):
        new, old = look_of(part), looks[number]
        assert new is not None, "a new file is there until it is moved"
        aside = part.with_suffix(_ASIDE) if old and in_the_way else None
        moves.append(Move(part, target, new, old, aside))
    found = ((path, look_of(path)) for path in obsolete)
    old_files = tuple((path, look) for path, look in found if look)
    return Exchange(files[-1][1].parent, tuple(moves), old_files)


def perform(change: Exchange, record: Path) -> None:
    """Exchange the files as a whole, or not at all; raises OSError."""
    with record.open("xb") as file:
        lock(file.fileno())
        try:
            _write_record(file, change)
        except OSError:
            record.unlink()
            raise
        try:
            _carry_out(change)
        finally:
            settle(change)  # where that fails, the next start finds the record
            file.close()
            record.unlink()


def settle(change: Exchange) -> None:
    """Finish what has happened, or undo what has not; may be done again. Raises OSError."""
    index = change.moves[-1]
    if index.part.exists():
        for move in change.moves:
            _delete(move.target, move.new)
    elif look_of(index.target) == index.new:
        asides = [(move.aside, move.old) for move in change.moves]
        for path, look in (*asides, *change.obsolete):
            _delete(path, look)
    for move in change.moves:  # the index last
        _bring_back(move.aside, move.target)
    sync_folder(change.folder)
    for move in change.moves:  # while that of the index is there, nothing has happened
        _delete(move.part, move.new)


def recover(record: Path) -> None:
    """Settle what a process that was killed had begun; raises OSError."""
    change = _read_record(record)
    if change is not None:
        settle(change)
    record.unlink()


def look_of(path: Path) -> Look | None:
    """Return how a file, or a link, looks; None if there is none."""
    with contextlib.suppress(OSError):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            return Look(status.st_ino, status.st_size, status.st_mtime_ns)
    return None


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems cannot; the files themselves are synced
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_record(file: BinaryIO, change: Exchange) -> None:
    document = {
        "moves": [
            [move.part.name, move.target.name, move.new, move.old, move.aside and move.aside.name]
            for move in change.moves
        ],
        "obsolete": [[path.name, look] for path, look in change.obsolete],
    }
    file.write(json.dumps(document).encode())
    file.flush()
    os.fsync(file.fileno())
    sync_folder(change.folder)


def _carry_out(change: Exchange) -> None:
    """Put the old files aside, and the new ones in their places; raises OSError in between."""
    *files, index = change.moves
    for move in (index, *files):
        if move.aside is not None:
            if look_of(move.target) != move.old:
                raise OSError(0, "it was changed meanwhile", str(move.target))
            move.target.rename(move.aside)
            if move is index:
                sync_folder(change.folder)
    for move in files:
        move.part.replace(move.target)
    sync_folder(change.folder)
    index.part.replace(index.target)
    sync_folder(change.folder)


def _delete(path: Path | None, look: Look | None) -> None:
    if path is not None and look is not None and look_of(path) == look:
        path.unlink()


def _bring_back(aside: Path | None, target: Path) -> None:
    """Return an old file to its place; if somebody has put another one there, beside it."""
    if aside is None or look_of(aside) is None:
        return
    place, number = target, 0
    while look_of(place) is not None or place.exists():
        number += 1
        place = target.with_name(f"{target.name}.old{number}")
    aside.rename(place)


def _read_record(record: Path) -> Exchange | None:
    """Return what is on record; None if it was not complete, so that nothing had begun."""
    folder = record.parent
    try:
        document = json.loads(record.read_bytes())
        moves = [
            Move(
                folder / _checked(part, PART),
                folder / _checked(target),
                Look(*new),
                Look(*old) if old else None,
                folder / _checked(aside, _ASIDE) if aside else None,
            )
            for part, target, new, old, aside in document["moves"]
        ]
        obsolete = [(folder / _checked(path), Look(*look)) for path, look in document["obsolete"]]
    except (ValueError, KeyError, TypeError):
        return None
    return Exchange(folder, tuple(moves), tuple(obsolete)) if moves else None


def _checked(name: str, ending: str = "") -> str:
    """Return a name that leads nowhere else: somebody else may have put the record there."""
    if Path(name).name != name or not name.endswith(ending):
        raise ValueError(name)
    return name
