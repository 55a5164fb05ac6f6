"""Whole processes side by side: seconds they tell of, seconds in all, memory of their tree."""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import psutil

ROOT = Path(__file__).parents[2]


class Run(NamedTuple):
    """One process: what it printed as `name seconds`, seconds in all, megabytes at its peak."""

    told: dict[str, float]
    whole: float
    megabytes: float

    def __getattr__(self, name: str) -> float:
        return self.told.get(name, float("nan"))


class Written(Protocol):
    """Files that can be written."""

    @property
    def name(self) -> str:
        """What they are."""
        ...

    @property
    def make(self) -> Callable[..., None]:
        """Write them to the paths that are given."""
        ...


class Case(Written, Protocol):
    """Files, and the commands that are compared on them."""

    @property
    def commands(self) -> dict[str, list[str]]:
        """By name; `{0}`, `{1}` stand for the paths."""
        ...


C = TypeVar("C", bound=Case)


def compare(
    words: str | None,
    arguments: Sequence[str] | None,
    names: Sequence[str],
    cases: Callable[[int], Iterable[C]],
    report: Callable[[C, int, dict[str, list[Run]]], None],
) -> None:
    """Run the commands of each case in turn, after one round that fills caches, and report."""
    scale, runs, chosen = options(words, arguments)
    for case in cases(scale):
        if chosen.only not in case.name:
            continue
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            paths = [Path(folder) / name for name in names]
            write(case, paths)
            size = sum(path.stat().st_size for path in paths)
            commands = {
                name: [part.format(*paths) for part in command]
                for name, command in case.commands.items()
            }
            # To look at memory takes time of its own: the round that fills caches is for that.
            first = {name: run(command, paths) for name, command in commands.items()}
            results = {name: [found] if chosen.tiny else [] for name, found in first.items()}
            for _ in range(0 if chosen.tiny else runs):
                for name, command in commands.items():
                    found = run(command)
                    results[name].append(found._replace(megabytes=first[name].megabytes))
            report(case, size, results)


def options(
    words: str | None, arguments: Sequence[str] | None
) -> tuple[int, int, argparse.Namespace]:
    """Return by how much sizes are divided, how often each command runs, and what was asked for."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one run")
    parser.add_argument("--tiny", action="store_true", help="show that it works")
    parser.add_argument("--runs", type=int, default=0, help="runs of each command that count")
    parser.add_argument("--folder", type=Path, help="where the files are written, then deleted")
    parser.add_argument("--only", default="", help="cases with this word in their name")
    chosen = parser.parse_args(arguments)
    scale, runs = (10_000, 1) if chosen.tiny else (10, 1) if chosen.quick else (1, 3)
    return scale, chosen.runs or runs, chosen


def write(case: Written, paths: Sequence[Path]) -> None:
    """Write the files in a child: what that takes is not to be counted."""
    child = os.fork()
    if child == 0:
        case.make(*paths)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit(f"{case.name}: the files could not be written")


def run(command: list[str], mapped: Iterable[Path] | None = None) -> Run:
    """Run a command; with `mapped`, look at its memory every 50 ms, but for pages of those files.

    Memory is the sum over the process and its children of what is theirs alone or their part of
    what is shared (PSS). The system can take mapped pages back.
    """
    begin = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        peak = [0.0]
        watched = set(map(str, mapped or ()))
        watcher = threading.Thread(target=_watch, args=(process.pid, watched, peak))
        if mapped is not None:
            watcher.start()
        assert process.stdout is not None
        said = process.stdout.read()
    whole = time.perf_counter() - begin
    if mapped is not None:
        watcher.join()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command[:3])} ended with {process.returncode}")
    lines = [line.split() for line in said.splitlines() if line.startswith(("first ", "compute "))]
    return Run({name: float(seconds) for name, seconds, *_ in lines}, whole, peak[0])


def _watch(pid: int, files: set[str], peak: list[float]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            tree = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(_own(one, files) for one in tree) / 1e6)
            time.sleep(0.05)
    except psutil.Error:
        return


def _own(process: psutil.Process, files: set[str]) -> float:
    try:
        maps = process.memory_maps(grouped=True)
    except (psutil.Error, OSError):
        return 0.0
    return float(sum(row.pss for row in maps if row.path not in files))


def memory_line(pids: Iterable[int]) -> str:
    """Say what processes that still run had at their peaks; Linux tells, nobody else does.

    Unlike what `run` sees, these are resident pages: of mapped files, and of libraries each time.
    """
    names = [Path(f"/proc/{pid}/status") for pid in pids]
    lines = [line for name in names if name.exists() for line in name.read_text().splitlines()]
    peaks = [int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM:")]
    each = " + ".join(f"{peak:.0f}" for peak in peaks)
    return f"{'memory at most':16} {each} MB resident (window, then workers)"
