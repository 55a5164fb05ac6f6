"""A file of this machine, read by position."""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Hashable
from typing import NamedTuple

from inspector.core.errors import SourceError
from inspector.core.model.address import MARK
from inspector.core.sources.base import Source

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_INSIDE = "Open a checkpoint file inside it; inspector diff compares all that are in it."
_READ_PIECE = 1 << 30  # Linux returns at most 2 GiB - 4 KiB from one read


class _Look(NamedTuple):
    """How a file looked when it was opened: another look is another content."""

    size: int
    changed: int
    inode: int
    device: int


class LocalSource:
    """An open file; may be read from several threads at once."""

    def __init__(self, path: str, look: _Look | None = None) -> None:
        """Open the file; raises SourceError. With a `look`, that waits until it is read from."""
        self.uri = path
        self._fd = -1
        self._lock = threading.Lock()
        self._look = look or self._open()
        self.size = self._look.size

    def _open(self) -> _Look:
        try:
            # O_NONBLOCK: opening a FIFO that nobody writes to must not hang.
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            self._fd = os.open(self.uri, flags)
        except (OSError, ValueError) as error:
            raise _cannot_open(self.uri, error) from error
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            is_folder = stat.S_ISDIR(status.st_mode)
            raise SourceError(
                f"{self.uri} is {'a folder' if is_folder else 'not a regular file'}.",
                _INSIDE if is_folder else "Write what it gives to a file, and open that.",
            )
        return _look(status)

    def __reduce__(self) -> tuple[type[LocalSource], tuple[str, _Look]]:
        return LocalSource, (os.path.abspath(self.uri), self._look)  # noqa: PTH100 - `..` stays

    def _open_again(self) -> None:
        """Open the file that another process had opened, if it still looks the same."""
        with self._lock:
            try:
                changed = self._fd < 0 and self._open() != self._look
            except SourceError as error:
                raise _changed(self.uri, error.__cause__) from error
            if changed:
                self.close()
                raise _changed(self.uri)

    def __del__(self) -> None:
        self.close()  # a copy in another process has no owner but the task that came with it

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end."""
        if self._fd < 0:
            self._open_again()
        pieces = []
        while length > 0:
            try:
                data = self._read_some(offset, min(length, _READ_PIECE))
            except (OSError, OverflowError) as error:  # a hostile offset beyond 63 bits
                reason = error.strerror if isinstance(error, OSError) else f"no byte {offset}"
                raise SourceError(f"{self.uri}: cannot be read: {reason}.") from error
            if not data:
                break
            pieces.append(data)
            offset += len(data)
            length -= len(data)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill a buffer from `offset`; return how many bytes there were, fewer only at the end."""
        if self._fd < 0:
            self._open_again()
        done = 0
        while done < len(buffer):
            try:
                read = self._fill_some(offset + done, buffer[done:])
            except (OSError, OverflowError) as error:
                reason = error.strerror if isinstance(error, OSError) else f"no byte {offset}"
                raise SourceError(f"{self.uri}: cannot be read: {reason}.") from error
            if not read:
                break
            done += read
        return done

    def _fill_some(self, offset: int, buffer: memoryview) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._fd, [buffer], offset)
        data = self._read_some(offset, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _read_some(self, offset: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._fd, length, offset)
        with self._lock:  # Windows has one file position per descriptor
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.read(self._fd, length)

    @property
    def descriptor(self) -> int:
        """The open file, for calls of the system that copy less; to be read by position only."""
        if self._fd < 0:
            self._open_again()
        return self._fd

    @property
    def identity(self) -> Hashable:
        """Path and look of the file."""
        return self.uri, self._look

    def verify(self) -> None:
        """Raise SourceError if the file was written to, or another one put in its place."""
        try:
            here, there = os.fstat(self._fd), os.stat(self.uri)  # noqa: PTH116 - both alike
        except OSError as error:
            raise _changed(self.uri, error) from error
        if not _look(here) == _look(there) == self._look:
            raise _changed(self.uri)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def open_source(uri: str) -> Source:
    """Open the file at `uri` for positional reads; raises SourceError."""
    return LocalSource(uri)


def _look(status: os.stat_result) -> _Look:
    return _Look(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def _changed(path: str, error: BaseException | None = None) -> SourceError:
    if isinstance(error, FileNotFoundError):
        hint = "Put it back where it was, or open it where it is now."
        return SourceError(f"{path} is no longer there.", hint)
    return SourceError(f"{path} has changed since it was opened.", "Open it again.")


def _cannot_open(path: str, error: OSError | ValueError) -> SourceError:
    if not path:
        return SourceError("The name of the file is empty.", "Name a checkpoint file.")
    if isinstance(error, FileNotFoundError):
        return _missing(path)
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read by this user.", "Ask its owner for access.")
    if isinstance(error, IsADirectoryError):
        return SourceError(f"{path} is a folder.", _INSIDE)
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return SourceError(f"{path} cannot be opened: {reason}.", "Check the spelling of the path.")


def _missing(path: str) -> SourceError:
    if _ADDRESS.match(path):
        return SourceError(
            f"{path} is an address, and only files of this machine are opened.",
            "Download it, and open the copy.",
        )
    file, mark, _ = path.partition(MARK)
    if mark and os.path.exists(file):  # noqa: PTH110 - takes any text
        hint = f"{file} does: leave out the place in it, {MARK} and on."
        return SourceError(f"{path} does not exist.", hint)
    return SourceError(f"{path} does not exist.", "Check the spelling of the path.")
