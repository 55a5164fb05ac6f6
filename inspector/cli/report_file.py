"""A report in a file, which is never one of the checkpoints that it tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from inspector.core.errors import InspectorError


def write_report(path: Path, sources: Iterable[str], write: Callable[[TextIO], None]) -> None:
    """Write a report; raises InspectorError if it cannot be, or must not."""
    try:
        if path.exists() and any(path.samefile(source) for source in sources):
            raise InspectorError(f"{path} is one of the checkpoints: it is not written over.")
        with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            write(stream)
    except OSError as error:
        raise InspectorError(f"{path} cannot be written: {error.strerror}.") from None
