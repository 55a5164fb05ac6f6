"""What an integration is: files, keys of a registry and commands, put in place and taken away.

    Integration
    +-- files      written whole; removed by name
    +-- caches     what a program of the desktop makes of such files; made anew after each change
    +-- registry   values, on Windows

A record of what was made is kept beside them, so that removing leaves what was there before.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.errors import InspectorError
from inspector.core.integration.registry import (
    RegistryValue,
    remove_values,
    user_registry,
    write_values,
)
from inspector.core.integration.step import Step

NAME = "Checkpoint Inspector"
APP_ID = "checkpoint-inspector"
SUMMARY = "Look inside PyTorch checkpoints without running them"

_PATIENCE = 60  # seconds for a program that makes a cache


class IntegrationError(InspectorError):
    """The desktop could not be told."""


class Launcher(NamedTuple):
    """The command that opens the window; files are added behind it."""

    words: tuple[str, ...]

    @property
    def program(self) -> str:
        """The file that is run, in full."""
        return self.words[0]


class Placed(NamedTuple):
    """A file of ours."""

    path: Path
    content: bytes
    executable: bool = False


class Cache(NamedTuple):
    """What a program of the desktop makes of all files of a kind, ours and others'."""

    command: tuple[str, ...]
    package: str
    """What to install where the command is missing; '' if there is no harm in it."""
    purpose: str
    """Ends the sentence 'Without it, …'."""
    folder: Path
    sources: str
    """A pattern below the folder: what the cache is made of."""
    made: tuple[str, ...]
    """What it may write, below the folder."""


class Integration(NamedTuple):
    """All that tells a desktop about the program."""

    files: tuple[Placed, ...]
    caches: tuple[Cache, ...]
    registry: tuple[RegistryValue, ...]
    record: Path
    """Where it is written down what was made."""


class _Record(NamedTuple):
    """What integrating made that was not there before."""

    files: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def install(integration: Integration, *, dry: bool = False) -> Iterator[Step]:
    """Put everything in place, telling each step; the same again changes nothing."""
    before = _read_record(integration.record)
    after = _merged(before, _missing(integration))
    if not dry:
        _write(Placed(integration.record, _as_json(after)))
    for file in integration.files:
        if not _is_written(file):
            yield Step("write", str(file.path))
            if not dry:
                _write(file)
    wanted = {str(file.path) for file in integration.files}
    for old in map(Path, before.files):  # an earlier version had more
        if str(old) not in wanted and old.is_file():
            yield Step("remove", str(old))
            if not dry:
                old.unlink()
    yield from _make_caches(integration.caches, dry)
    if integration.registry:
        yield from write_values(integration.registry, user_registry(), dry)


def remove(integration: Integration, *, dry: bool = False) -> Iterator[Step]:
    """Take everything away again, telling each step."""
    record = _read_record(integration.record)
    ours = dict.fromkeys([*(str(file.path) for file in integration.files), *record.files])
    for path in map(Path, ours):
        if path.is_file() or path.is_symlink():
            yield Step("remove", str(path))
            if not dry:
                path.unlink()
    stale, useless = _split(integration.caches, {Path(name) for name in ours}, set(record.caches))
    yield from _make_caches(stale, dry)
    for path in useless:
        yield Step("remove", str(path))
        if not dry:
            path.unlink()
    if integration.registry:
        yield from remove_values(integration.registry, user_registry(), dry)
    if not dry:
        integration.record.unlink(missing_ok=True)
        for folder in sorted(record.folders, key=len, reverse=True):
            _remove_if_empty(Path(folder))


def _is_written(file: Placed) -> bool:
    try:
        return file.path.read_bytes() == file.content and (
            not file.executable or os.access(file.path, os.X_OK)
        )
    except OSError:
        return False


def _write(file: Placed) -> None:
    beside = file.path.with_name(f".{file.path.name}.new")
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(file.content)
        beside.chmod(0o755 if file.executable else 0o644)
        beside.replace(file.path)
    except OSError as error:
        raise IntegrationError(
            f"{file.path} cannot be written: {error.strerror}.",
            "Make its folder writable, and run the same command again.",
        ) from error


# What was there before.


def _missing(integration: Integration) -> _Record:
    """Return what is not there yet of all that integrating may make."""
    files = [file.path for file in integration.files]
    caches = [cache.folder / name for cache in integration.caches for name in cache.made]
    folders = {
        folder
        for path in (*files, *caches, integration.record)
        for folder in path.parents
        if not folder.exists()
    }
    return _Record(
        tuple(map(str, files)),
        tuple(str(path) for path in caches if not path.exists()),
        tuple(map(str, folders)),
    )


def _merged(before: _Record, now: _Record) -> _Record:
    """Return the record after integrating again; what is written anew is in `now` alone."""
    return _Record(
        now.files,
        tuple(sorted({*before.caches, *now.caches})),
        tuple(sorted({*before.folders, *now.folders})),
    )


def _as_json(record: _Record) -> bytes:
    return (json.dumps({"version": 1} | record._asdict(), indent=1) + "\n").encode()


def _read_record(path: Path) -> _Record:
    """Return the record, an empty one if there is none that can be read."""
    try:
        content: Any = json.loads(path.read_bytes())
        names = [[str(Path(name)) for name in content[part]] for part in _Record._fields]
    except (OSError, ValueError, KeyError, TypeError):
        return _Record()
    return _Record(*map(tuple, names))


# Caches.


def _make_caches(caches: Iterable[Cache], dry: bool) -> Iterator[Step]:
    for cache in caches:
        program = shutil.which(cache.command[0])
        if program is None:
            if cache.package:
                yield Step(
                    "missing",
                    f"{cache.command[0]}: without it, {cache.purpose}. "
                    f"Install {cache.package} and run the same command again.",
                )
            continue
        yield Step("run", " ".join(cache.command))
        if not dry:
            _run((program, *cache.command[1:]))


def _run(command: tuple[str, ...]) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise IntegrationError(f"{command[0]} could not be run: {error}.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = said[-1] if said else f"status {done.returncode}"
        raise IntegrationError(f"{command[0]} failed: {reason}.")


def _split(
    caches: Iterable[Cache], ours: set[Path], made_by_us: set[str]
) -> tuple[list[Cache], list[Path]]:
    """Return the caches to make anew, and the files of those that nobody needs any more."""
    stale, useless = [], []
    for cache in caches:
        there = [cache.folder / name for name in cache.made]
        there = [path for path in there if path.is_file()]
        others = any(path not in ours for path in cache.folder.glob(cache.sources))
        mine = [path for path in there if str(path) in made_by_us]
        if others or len(mine) < len(there):
            stale.append(cache)
        else:
            useless += mine
    return stale, useless


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not empty, or gone
        folder.rmdir()
