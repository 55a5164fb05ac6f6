"""How fast statistics of every tensor are, beside loops that one would write with torch.

    python tests/bench/bench_statistics.py [--quick] [--runs N] [--folder DIR] [--only WORD]

Each command runs in turn as a process of its own. `compute` is what the process itself measures
around its loop, after its imports and after the file was opened (and our worker processes were
started); `whole` is the process from outside. The file is in the page cache. Memory is the sum over
the process and its children of what is theirs alone or their part of what is shared (PSS), without
the pages of the mapped checkpoint, which the system can take back. The numbers are for people.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).parents[2]

OURS = """
import sys, time
from inspector.core.analysis.statistics import scan
from inspector.core.engine import WorkerPool
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors

def main():
    pool = WorkerPool()
    list(pool.run(len, [(1, "a")] * 8, 8))
    with open_checkpoint(sys.argv[1]) as checkpoint:
        begin = time.perf_counter()
        rows = dict(scan(checkpoint, enumerate(t for _, t in tensors(checkpoint.root)), pool))
        print("compute", time.perf_counter() - begin, len(rows), flush=True)
    pool.close()

if __name__ == "__main__":
    main()
"""
LOOP = """
import sys, time, torch
state = torch.load(sys.argv[1], mmap=True, weights_only=True)
begin = time.perf_counter()
rows = []
for x in state.values():
    {body}
print("compute", time.perf_counter() - begin, len(rows), flush=True)
"""
ALL = (
    "f = x if x.dtype == torch.float32 else x.float(); "
    "rows.append((f.min(), f.max(), f.mean(), f.std(), f.norm(), f.isnan().sum(), f.isinf().sum(), "
    "(f == 0).sum(), torch.histc(f, 64)))"
)
FIVE = (
    "f = x if x.dtype == torch.float32 else x.float(); "
    "rows.append((f.min(), f.max(), f.mean(), f.std(), f.norm()))"
)
SUM = "rows.append(x.sum())"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code, "{}"]


COMMANDS = {
    "scan (ours)": python(OURS),
    "inspector stats": [sys.executable, "-m", "inspector", "stats", "{}", "--json"],
    "torch: nine": python(LOOP.format(body=ALL)),
    "torch: five": python(LOOP.format(body=FIVE)),
    "torch: sum": python(LOOP.format(body=SUM)),
}


class Run(NamedTuple):
    """One process: seconds of its loop, seconds in all, peak of the process tree."""

    compute: float
    whole: float
    megabytes: float


class Case(NamedTuple):
    """A file, and the commands that are compared on it; the first is ours."""

    name: str
    make: Callable[[Path], None]
    commands: dict[str, list[str]]


def run(command: list[str], path: Path) -> Run:
    """Run a command on the file and look at its memory every 50 ms."""
    words = [part.replace("{}", str(path)) for part in command]
    begin = time.perf_counter()
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, path, peak))
        watcher.start()
        assert process.stdout is not None
        said = process.stdout.read()
    whole = time.perf_counter() - begin
    watcher.join()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(words[:3])} ended with {process.returncode}")
    found = [line.split() for line in said.splitlines() if line.startswith("compute")]
    return Run(float(found[0][1]) if found else float("nan"), whole, peak[0])


def _watch(pid: int, path: Path, peak: list[float]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            tree = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(_own(one, path) for one in tree) / 1e6)
            time.sleep(0.05)
    except psutil.Error:
        return


def _own(process: psutil.Process, path: Path) -> float:
    try:
        maps = process.memory_maps(grouped=True)
    except (psutil.Error, OSError):
        return 0.0
    return float(sum(row.pss for row in maps if row.path != str(path)))


# ---- files ---------------------------------------------------------------------------------


def large(dtype: str, nbytes: int, count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import torch

        kind = getattr(torch, dtype)
        each = nbytes // count // kind.itemsize
        torch.manual_seed(0)
        state = {f"layers.{n}.weight": torch.randn(each).mul_(0.02).to(kind) for n in range(count)}
        torch.save(state, path)

    return make


def many(count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import torch

        torch.manual_seed(0)
        torch.save(
            {f"l.{n // 10}.b.{n % 10}.weight": torch.randn(16, 16) for n in range(count)}, path
        )

    return make


def hollow(nbytes: int, count: int) -> Callable[[Path], None]:
    """Write a safetensors file of zeros that takes no room on the disk."""

    def make(path: Path) -> None:
        import json
        import struct

        each = nbytes // count // 4 * 4
        header = {
            f"layers.{n}.weight": {
                "dtype": "F32",
                "shape": [each // 4],
                "data_offsets": [n * each, (n + 1) * each],
            }
            for n in range(count)
        }
        text = json.dumps(header).encode()
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + each * count)

    return make


def cases(scale: int) -> list[Case]:
    size = 2_000_000_000 // scale
    ours = {name: COMMANDS[name] for name in ("scan (ours)", "inspector stats")}
    named = f"{size / 1e9:.3g} GB"
    return [
        Case(f"float32, {named}", large("float32", size, 300), COMMANDS),
        Case(f"bfloat16, {named}", large("bfloat16", size, 300), COMMANDS),
        Case(f"float16, {named}", large("float16", size, 300), COMMANDS),
        Case(f"{50_000 // scale:,} small tensors", many(50_000 // scale), COMMANDS),
        Case(f"zeros, {4 * size / 1e9:.3g} GB", hollow(4 * size, 300), ours),
    ]


def report(case: Case, path: Path, results: dict[str, list[Run]]) -> None:
    size = path.stat().st_size
    print(f"\n{case.name} ({size / 1e6:.1f} MB)")
    print(
        f"  {'':<16}{'compute s':>10}{'GB/s':>7}{'x ours':>8}{'whole s':>9}{'x ours':>8}{'MB':>7}"
    )
    middle = {
        name: Run(*(statistics.median(column) for column in zip(*row, strict=True)))
        for name, row in results.items()
    }
    ours = middle["scan (ours)"]
    command = middle["inspector stats"]
    for name, row in middle.items():
        computed = f"{'–':>10}{'–':>7}{'–':>8}"  # a command does not tell of its loop
        if row.compute == row.compute:
            speed = size / row.compute / 1e9
            computed = f"{row.compute:>10.2f}{speed:>7.2f}{row.compute / ours.compute:>7.1f}x"
        print(
            f"  {name:<16}{computed}{row.whole:>9.2f}"
            f"{row.whole / command.whole:>7.1f}x{row.megabytes:>7.0f}"
        )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one run")
    parser.add_argument("--tiny", action="store_true", help="show that it works")
    parser.add_argument("--runs", type=int, default=0, help="runs of each command that count")
    parser.add_argument("--folder", type=Path, help="where the files are written, then deleted")
    parser.add_argument("--only", default="", help="cases with this word in their name")
    chosen = parser.parse_args(arguments)
    scale, runs = 1, 3
    if chosen.quick:
        scale, runs = 10, 1
    if chosen.tiny:
        scale, runs = 10_000, 1
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for case in cases(scale):
            if chosen.only not in case.name:
                continue
            path = Path(folder) / "checkpoint.pt"
            child = os.fork()
            if child == 0:  # what writing takes is not to be counted
                case.make(path)
                os._exit(0)
            os.waitpid(child, 0)
            results: dict[str, list[Run]] = {name: [] for name in case.commands}
            for number in range((chosen.runs or runs) + (not chosen.tiny)):
                for name, command in case.commands.items():
                    found = run(command, path)
                    if number or chosen.tiny:
                        results[name].append(found)
            report(case, path, results)
            path.unlink()


if __name__ == "__main__":
    main()
