"""How fast two checkpoints are compared, beside a loop that one would write with torch, and `cmp`.

    python tests/bench/bench_compare.py [--quick] [--runs N] [--folder DIR] [--only WORD]

Each command runs in turn as a process of its own. `first` is when every tensor has a first row,
`compute` when all rows are sure, both measured by the process itself around opening and comparing,
after its imports (and after our worker processes were started); `whole` is the process from
outside. GB/s counts the bytes of both files. The files are in the page cache. Memory is the sum
over the process and its children of what is theirs alone or their part of what is shared (PSS),
without the pages of mapped checkpoints, which the system can take back. The numbers are for people.
"""

from __future__ import annotations

import argparse
import os
import shutil
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
from inspector.core.analysis.comparison import compare, match
from inspector.core.engine import WorkerPool
from inspector.core.formats import open_checkpoint

def main():
    pool = WorkerPool()
    list(pool.run(len, [(1, "a")] * 8, 8))
    begin = time.perf_counter()
    with open_checkpoint(sys.argv[1]) as a, open_checkpoint(sys.argv[2]) as b:
        matching = match(a, b)
        last = {}
        first = 0.0
        for row in compare(a, b, matching, pool):
            last[row.number] = row
            if not first and len(last) == len(matching.pairs):
                first = time.perf_counter() - begin
    print("first", first)
    print("compute", time.perf_counter() - begin)
    counts = {}
    for row in last.values():
        counts[row.status] = counts.get(row.status, 0) + 1
    print(counts, file=sys.stderr, flush=True)
    pool.close()

if __name__ == "__main__":
    main()
"""
LOOP = """
import sys, time, torch
begin = time.perf_counter()
a, b = (torch.load(path, mmap=True, weights_only=True) for path in sys.argv[1:])
rows = []
for key, x in a.items():
    y = b[key]
    if torch.equal(x, y):
        continue
    d = y - x
    rows.append((
        d.abs().max(), d.norm() / x.norm(),
        torch.cosine_similarity(x.flatten(), y.flatten(), dim=0),
        (x != y).float().mean(),
    ))
print("compute", time.perf_counter() - begin, flush=True)
"""
CMP = """
import subprocess, sys, time
begin = time.perf_counter()
subprocess.run(["cmp", "-s", sys.argv[1], sys.argv[1] + ".copy"], check=True)
print("compute", time.perf_counter() - begin, flush=True)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code, "{a}", "{b}"]


COMMANDS = {
    "compare (ours)": python(OURS),
    "inspector diff": [sys.executable, "-m", "inspector", "diff", "{a}", "{b}", "--json"],
    "torch loop": python(LOOP),
    "cmp of equal": python(CMP),
}


class Run(NamedTuple):
    """One process: seconds to the first rows, of its work, in all; peak of the process tree."""

    first: float
    compute: float
    whole: float
    megabytes: float


class Case(NamedTuple):
    """Two files, and the commands that are compared on them; the first is ours."""

    name: str
    make: Callable[[Path, Path], None]
    commands: dict[str, list[str]]


def run(command: list[str], a: Path, b: Path) -> Run:
    """Run a command on the files and look at its memory every 50 ms."""
    words = [part.replace("{a}", str(a)).replace("{b}", str(b)) for part in command]
    begin = time.perf_counter()
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, {str(a), str(b)}, peak))
        watcher.start()
        assert process.stdout is not None
        said = process.stdout.read()
    whole = time.perf_counter() - begin
    watcher.join()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(words[:3])} ended with {process.returncode}")
    found = {
        words[0]: float(words[1])
        for words in map(str.split, said.splitlines())
        if len(words) == 2 and words[0] in ("first", "compute")
    }
    nothing = float("nan")
    return Run(found.get("first", nothing), found.get("compute", nothing), whole, peak[0])


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


# ---- files ---------------------------------------------------------------------------------


def pair(nbytes: int, count: int, every: int) -> Callable[[Path, Path], None]:
    """Write two files of float32 tensors, of which one in `every` is another one in the second."""

    def make(a: Path, b: Path) -> None:
        import torch

        torch.manual_seed(0)
        each = nbytes // count // 4
        state = {f"layers.{n}.weight": torch.randn(each).mul_(0.02) for n in range(count)}
        torch.save(state, a)
        shutil.copyfile(a, a.with_name(a.name + ".copy"))
        for number in range(0, count, every):
            tensor = state[f"layers.{number}.weight"]
            tensor += torch.randn(each).mul_(1e-4)
        torch.save(state, b)

    return make


def cases(scale: int) -> list[Case]:
    size = 2_000_000_000 // scale
    named = f"float32, 2 x {size / 1e9:.3g} GB"
    ours = {name: COMMANDS[name] for name in ("compare (ours)", "inspector diff", "torch loop")}
    small = 50_000 // scale
    return [
        Case(f"{named}, a third changed", pair(size, 300, 3), COMMANDS),
        Case(f"{named}, 1% changed", pair(size, 300, 100), COMMANDS),
        Case(f"{small:,} small tensors, 1% changed", pair(small * 1024, small, 100), ours),
    ]


def report(case: Case, size: int, results: dict[str, list[Run]]) -> None:
    print(f"\n{case.name} ({size / 1e6:.1f} MB)")
    print(
        f"  {'':<16}{'first s':>9}{'compute s':>11}{'GB/s':>7}{'x ours':>8}"
        f"{'whole s':>9}{'x ours':>8}{'MB':>7}"
    )
    middle = {
        name: Run(*(statistics.median(column) for column in zip(*row, strict=True)))
        for name, row in results.items()
    }
    ours, command = middle["compare (ours)"], middle["inspector diff"]
    for name, row in middle.items():
        print(
            f"  {name:<16}{row.first:>9.3f}{row.compute:>11.2f}{size / row.compute / 1e9:>7.2f}"
            f"{row.compute / ours.compute:>7.1f}x{row.whole:>9.2f}"
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
            a, b = Path(folder) / "a.pt", Path(folder) / "b.pt"
            child = os.fork()
            if child == 0:  # what writing takes is not to be counted
                case.make(a, b)
                os._exit(0)
            os.waitpid(child, 0)
            results: dict[str, list[Run]] = {name: [] for name in case.commands}
            for number in range((chosen.runs or runs) + (not chosen.tiny)):
                for name, command in case.commands.items():
                    found = run(command, a, b)
                    if number or chosen.tiny:
                        results[name].append(found)
            report(case, a.stat().st_size + b.stat().st_size, results)
            for path in Path(folder).iterdir():
                path.unlink()


if __name__ == "__main__":
    main()
