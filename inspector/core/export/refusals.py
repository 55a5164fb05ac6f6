"""Why a target cannot be written: known before it is begun, or said by the system on the way."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from inspector.core.errors import InspectorError
from inspector.core.text import size

_ROOM = 1 << 20  # bytes that a directory, a header and a file system want besides


class ExportError(InspectorError):
    """The target cannot be written; what was there before is still there."""


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
