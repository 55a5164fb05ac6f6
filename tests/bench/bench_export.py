"""How long an export takes beside `cp` and `sync` of the same bytes, and how much memory.

    python tests/bench/bench_export.py [--quick | --tiny] [--runs N] [--folder DIR] [--only WORD]

Each command runs in turn as a process of its own, `cp` before and after ours, because disks are
not of one speed. Times are whole processes. Memory is the peak of what is the process's own or its
part of what is shared (PSS), over that of the same program at rest. The numbers are for people.
"""

from __future__ import annotations

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
COPY = ["sh", "-c", 'cp "$0" "$1" && sync "$1"']
EXPORT = [sys.executable, "-m", "inspector", "export"]


class Run(NamedTuple):
    """One process: seconds, and megabytes at its peak."""

    seconds: float
    megabytes: float


class Case(NamedTuple):
    """A file and what is made of it."""

    name: str
    make: Callable[[Path], None]
    target: str
    options: tuple[str, ...] = ()


def run(command: list[str]) -> Run:
    """Run a command and look at its memory every 20 ms."""
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, peak))
        watcher.start()
        process.wait()
    seconds = time.perf_counter() - begin
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(seconds, peak[0])


def _watch(pid: int, peak: list[float]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], process.memory_full_info().pss / 1e6)
            time.sleep(0.02)
    except psutil.Error:
        return


def large(nbytes: int, count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import torch

        torch.manual_seed(0)
        each = max(1, nbytes // count // 4)
        torch.save({f"layers.{n}.weight": torch.randn(each) for n in range(count)}, path)

    return make


def few_values(nbytes: int, count: int) -> Callable[[Path], None]:
    """Write a safetensors file of any size without holding more than one tensor of it."""

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
            for _ in range(count):
                file.write(os.urandom(each))

    return make


def cases(scale: int) -> list[Case]:
    size = 2_000_000_000 // scale
    huge = 10_000_000_000 // scale
    return [
        Case(f"zip to zip, {size / 1e9:.3g} GB", large(size, 300), "out.pt"),
        Case(f"zip to safetensors, {size / 1e9:.3g} GB", large(size, 300), "out.safetensors"),
        Case(f"zip to legacy, {size / 1e9:.3g} GB", large(size, 300), "out.pt",
             ("--format", "torch-legacy")),
        Case(f"float32 to float16, {size / 1e9:.3g} GB", large(size, 300), "out.pt",
             ("--dtype", "float16")),
        Case(f"{50_000 // scale:,} small tensors", large(51_200_000 // scale, 50_000 // scale),
             "out.pt"),
        Case(f"one of {huge / 1e9:.3g} GB", few_values(huge, 40), "out.pt"),
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.bench.measuring import options, write

    scale, runs, chosen = options(__doc__, arguments)
    print(f"{'':<34}{'cp + sync s':>12}{'export s':>10}{'x cp':>7}{'growth MB':>11}")
    for case in cases(scale):
        if chosen.only not in case.name:
            continue
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            source, target = Path(folder) / "source", Path(folder) / case.target
            write(case, [source])
            os.sync()
            report(case, source, target, runs)


def report(case: Case, source: Path, target: Path, runs: int) -> None:
    copies: list[Run] = []
    exports: list[Run] = []
    export = [*EXPORT, str(source), str(target), *case.options, "--json"]
    rest = run([sys.executable, "-c", "import inspector.cli.export, numpy, time; time.sleep(.3)"])
    for _ in range(runs):
        for command, results in ((COPY, copies), (export, exports), (COPY, copies)):
            words = [*command, str(source), str(target)] if command is COPY else command
            results.append(run(words))
            target.unlink()
    copied = statistics.median(row.seconds for row in copies)
    ours = statistics.median(row.seconds for row in exports)
    growth = max(row.megabytes for row in exports) - rest.megabytes
    print(f"{case.name:<34}{copied:>12.2f}{ours:>10.2f}{ours / copied:>6.2f}x{growth:>11.0f}")


if __name__ == "__main__":
    main()
