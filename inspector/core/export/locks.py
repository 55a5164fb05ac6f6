"""Files that belong to a process: when it is gone, in whatever way, so is its lock on them."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import time
from pathlib import Path

_FAR = 1 << 40  # where a lock keeps nobody from reading
_YOUNG = 60.0  # seconds; who has just made a file may be about to lock it
_MADE_BY = re.compile(r"\.(\d+)-[0-9a-f]{12}\.[a-z-]+$")

if sys.platform == "win32":
    import msvcrt

    def lock(descriptor: int) -> bool:
        """Hold a file while this process lives; False if another one does."""
        with contextlib.suppress(OSError):
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return True
        return False
else:
    import fcntl

    def lock(descriptor: int) -> bool:
        """Hold a file while this process lives; False if another one does."""
        with contextlib.suppress(OSError):  # file systems without locks: only never cleared
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def hidden(target: Path, ending: str) -> Path:
    """Return a new name beside a target that tells what it is, and which process made it."""
    begin = target.name.encode("utf-8", "ignore")[:120].decode("utf-8", "ignore")
    return target.with_name(f".{begin}.{os.getpid()}-{secrets.token_hex(6)}{ending}")


def is_abandoned(path: Path) -> bool:
    """Return whether the process that made a file is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        is_young = time.time() - os.fstat(descriptor).st_ctime < _YOUNG
        return not (is_young and _is_maker_alive(path)) and lock(descriptor)
    finally:
        os.close(descriptor)


def _is_maker_alive(path: Path) -> bool:
    made_by = _MADE_BY.search(path.name)
    if made_by is None or sys.platform == "win32":  # there, what is open cannot be deleted
        return False
    try:
        os.kill(int(made_by[1]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
