"""New files take their places only when they are complete: the old ones stay until then.

Each is written beside its place under a name that tells what it is, and holds a lock on itself:
what an export that was killed has left behind is known by its name and by its lock being free. A
list of folders in which an export is at work lets the next start find it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from platformdirs import user_state_path

from inspector.core.errors import InspectorError
from inspector.core.text import size

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be deleted
    fcntl = None  # type: ignore[assignment]

_MARK = ".inspector-export"
_ROOM = 1 << 20  # bytes that a directory, a header and a file system want besides


class ExportError(InspectorError):
    """The target cannot be written; what was there before is still there."""


class Part(NamedTuple):
    """A new file on its way to its place."""

    target: Path
    path: Path
    file: BinaryIO


class Replacement:
    """The new files of one export; leave the `with` statement without `commit` to drop them."""

    def __init__(self, targets: Sequence[Path]) -> None:
        self._targets = [Path(os.path.realpath(target)) for target in targets]
        self._parts: list[Part] = []
        self._list = _unfinished_list()

    def __enter__(self) -> Replacement:
        for folder in {target.parent for target in self._targets}:
            clear(folder)
        _remember(self._list, [target.parent for target in self._targets])
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            with contextlib.suppress(OSError):  # what is buffered finds no room, and is not wanted
                part.file.close()
            with contextlib.suppress(OSError):
                part.path.unlink()
        self._parts.clear()
        _forget(self._list, [target.parent for target in self._targets])

    def open(self, number: int) -> Part:
        """Make the new file for a target; raises ExportError."""
        target = self._targets[number]
        token = f"{os.getpid()}-{secrets.token_hex(6)}"
        path = target.with_name(f".{target.name[:80]}.{token}{_MARK}")
        with naming(target):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags, 0o666)
            file = os.fdopen(descriptor, "r+b", buffering=1 << 20)
        if fcntl is not None:
            with contextlib.suppress(OSError):  # file systems without locks: only not cleared
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part = Part(target, path, file)
        self._parts.append(part)
        return part

    def commit(self, first: Iterable[Path] = (), last: Iterable[Path] = ()) -> None:
        """Put all files in their places, in order; delete some `first`, others at `last`."""
        _delete(first)
        for part in list(self._parts):
            with naming(part.target):
                _like_before(part)
                if os.name == "nt":
                    part.file.close()  # its name cannot be changed while it is open
                part.path.replace(part.target)
                part.file.close()
            self._parts.remove(part)
        _delete(last)
        for folder in {target.parent for target in self._targets}:
            _sync_folder(folder)


@contextlib.contextmanager
def naming(target: Path) -> Iterator[None]:
    """Say of an error of the system which file could not be written."""
    try:
        yield
    except OSError as error:
        raise ExportError(_reason(target, error), _hint(error)) from error


def check_room(targets: Sequence[Path], nbytes: Sequence[int]) -> None:
    """Raise ExportError if the new files do not fit on their disk beside the old ones."""
    needed: dict[int, tuple[Path, int]] = {}
    for target, wanted in zip(targets, nbytes, strict=True):
        folder = Path(os.path.realpath(target)).parent
        with naming(target):
            if not folder.is_dir():
                raise ExportError(f"{folder} is no folder.", "Make it first.")
            device = folder.stat().st_dev
        before = needed.get(device, (folder, 0))[1]
        needed[device] = folder, before + wanted + _ROOM
    for folder, wanted in needed.values():
        free = free_bytes(folder)
        if free is not None and free < wanted:
            raise ExportError(
                f"{folder} has {size(free)} left, but {size(wanted)} are needed.",
                "Free some room, or write to another disk.",
            )


def free_bytes(folder: Path) -> int | None:
    """Return the room for this user on a folder's disk, None if the system does not say it."""
    import shutil

    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def refuse_sources(targets: Sequence[Path], sources: Iterable[str]) -> None:
    """Raise ExportError if a target is a file that is read, by whatever name or link."""
    for target in targets:
        for source in sources:
            same = os.path.realpath(target) == os.path.realpath(source)
            with contextlib.suppress(OSError):
                same = same or os.path.samefile(target, source)  # noqa: PTH121 - either may be gone
            if same:
                raise ExportError(
                    f"{target} is the file that is read; a source is never written.",
                    "Choose another name.",
                )


def refuse_strange(targets: Sequence[Path], *, overwrite: bool) -> None:
    """Raise ExportError for a target that is no file, or that would be overwritten unasked."""
    for target in targets:
        try:
            status = target.stat()
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise ExportError(f"{target} is {what}.", "Choose another name.")
        if not overwrite:
            raise ExportError(f"{target} exists already.", "Say --force to replace it.")


# ---- what killed exports leave behind --------------------------------------------------------


def clear(folder: Path) -> list[Path]:
    """Delete the unfinished files of exports that are no longer at work; return which."""
    cleared = []
    with contextlib.suppress(OSError):
        for path in folder.glob(f".*{_MARK}"):
            if _is_abandoned(path):
                with contextlib.suppress(OSError):
                    path.unlink()
                    cleared.append(path)
    return cleared


def clear_unfinished() -> list[Path]:
    """Delete what exports of this user that were killed have left anywhere; return which."""
    listed = _unfinished_list()
    folders = _read(listed)
    cleared = [path for folder in dict.fromkeys(folders) for path in clear(Path(folder))]
    left = [folder for folder in folders if any(Path(folder).glob(f".*{_MARK}"))]
    if left != folders:
        _write(listed, left)
    return cleared


def _is_abandoned(path: Path) -> bool:
    if fcntl is None:
        return True  # deleting it fails while it is open
    if _is_alive(path):
        return False  # it may be about to lock the file that it has just made
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _is_alive(path: Path) -> bool:
    number = path.name.removesuffix(_MARK).rpartition(".")[2].partition("-")[0]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _unfinished_list() -> Path:
    return user_state_path("checkpoint-inspector", appauthor=False) / "exports.json"


def _read(path: Path) -> list[str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [folder for folder in found if type(folder) is str] if type(found) is list else []


def _write(path: Path, folders: list[str]) -> None:
    with contextlib.suppress(OSError):  # a list that cannot be kept must not stop an export
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        new.write_text(json.dumps(folders), "utf-8")
        new.replace(path)


def _remember(path: Path, folders: Iterable[Path]) -> None:
    _write(path, [*_read(path), *map(str, folders)])


def _forget(path: Path, folders: Iterable[Path]) -> None:
    left = _read(path)
    for folder in map(str, folders):
        if folder in left:
            left.remove(folder)
    _write(path, left)


# ---- the system ------------------------------------------------------------------------------


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with naming(path), contextlib.suppress(FileNotFoundError):
            path.unlink()


def _like_before(part: Part) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(part.target.stat().st_mode)
        if hasattr(os, "fchmod"):
            os.fchmod(part.file.fileno(), mode)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems cannot; the file itself is synced
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(target: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"{target} cannot be written: the disk is full."
    if error.errno == errno.EDQUOT:
        return f"{target} cannot be written: your quota is used up."
    if error.errno == errno.EFBIG:
        return f"{target} cannot be written: the file would be too large for this system."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{target} may not be written by this user."
    if error.errno == errno.EROFS:
        return f"{target} cannot be written: the disk is read-only."
    if error.errno == errno.ENOENT:
        return f"{target.parent} does not exist."
    return f"{target} cannot be written: {error.strerror}."


def _hint(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "What was there before is untouched."
    return "Write to another folder." if error.errno in (errno.EACCES, errno.EROFS) else ""
