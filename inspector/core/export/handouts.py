"""Files that are dragged out of a window: written where others copy them from, and cleared away."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

from inspector.core.errors import InspectorError
from inspector.core.export.exporting import export
from inspector.core.export.locating import home_of
from inspector.core.export.locks import hidden, is_abandoned, lock
from inspector.core.export.plan import Exported
from inspector.core.export.planning import make_plan
from inspector.core.export.recipe import Recipe
from inspector.core.formats import open_checkpoint
from inspector.core.model import Path as Keys
from inspector.core.progress import Progress, part, silent
from inspector.core.text import size

_LOCK = ".inspector-window"
_DAY = 86_400.0
_YOUNG = 60.0  # seconds; who has just made a folder may be about to lock it
_LONGEST = 100  # bytes of each half of a name
_STRANGE = re.compile(r"[^\w.+=@()\[\] -]+")


class HandoutFolder:
    """Where one process puts its files; it is cleared away when the process is gone."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._descriptor = -1

    def new(self) -> Path:
        """Make an empty folder for one file; raises OSError."""
        if self._folder is None:
            mark = hidden(_all() / "x", _LOCK)
            folder = mark.with_name(mark.name.removeprefix(".x.").removesuffix(_LOCK))
            folder.mkdir(mode=0o700, parents=True)
            self._descriptor = os.open(folder / mark.name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            lock(self._descriptor)
            self._folder = folder
        number = 1
        while True:
            with contextlib.suppress(FileExistsError):
                made = self._folder / str(number)
                made.mkdir()
                return made
            number += 1


def write_handout(
    uri: str,
    chosen: Sequence[Keys],
    target: Path,
    most: int,
    *,
    progress: Progress = silent,
) -> Exported:
    """Export what lies at or below some paths, as it is; raises InspectorError and Cancelled."""
    with open_checkpoint(uri, part(progress, 0.0, 0.1)) as checkpoint:
        recipe = Recipe(at=home_of(checkpoint, chosen), ticks=tuple(chosen))
        plan = make_plan(checkpoint, recipe, progress=part(progress, 0.1, 0.2))
        if plan.nbytes > most:
            raise InspectorError(f"{size(plan.nbytes)} are too much to be dragged.")
        return export(checkpoint, plan, str(target), progress=part(progress, 0.2, 1.0))


def handout_name(uri: str, row: str, others: int) -> str:
    """Return a name that says what is in the file, and that every system takes."""
    stem = Path(uri.rpartition("/")[2] if "://" in uri else uri).stem
    more = f" and {others} more" if others else ""
    return f"{_tame(stem)}-{_tame(row)}{more}.pt"


def clear_handouts() -> list[Path]:
    """Delete the files of processes that are gone, and all that are older than a day."""
    cleared = []
    for folder in _inside(_all()):
        if folder.is_symlink():
            continue
        marks = [path for path in _inside(folder) if path.name.endswith(_LOCK)]
        is_left = all(map(is_abandoned, marks)) if marks else _age(folder) > _YOUNG
        old = [folder] if is_left else [one for one in _inside(folder) if _age(one) > _DAY]
        for path in old:
            if path not in marks:
                shutil.rmtree(path, ignore_errors=True)
                cleared.append(path)
    return cleared


def _tame(name: str) -> str:
    plain = _STRANGE.sub("_", name).strip(" .")
    return plain.encode()[:_LONGEST].decode("utf-8", "ignore") or "tensors"


def _all() -> Path:
    return user_cache_path("checkpoint-inspector", appauthor=False) / "dragged"


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0
