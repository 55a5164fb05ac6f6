"""How fast statistics of every tensor are, beside loops that one would write with torch.

    python tests/bench/bench_statistics.py [--quick] [--runs N] [--folder DIR] [--only WORD]

Each command runs in turn as a process of its own. `compute` is what the process itself measures
around its loop, after its imports and after the file was opened (and our worker processes were
started); `whole` is the process from outside. The file is in the page cache. What memory means is
said in `measuring.run`. The numbers are for people.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.bench.measuring import Run

ROOT = Path(__file__).parents[2]

OURS = """
import sys, time
from inspector.core.analysis.statistics import scan
from inspector.core.analysis import TASK_MODULES
from inspector.core.engine import WorkerPool
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors

def main():
    pool = WorkerPool(modules=TASK_MODULES)
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
    return [sys.executable, "-c", code.replace("{", "{{").replace("}", "}}"), "{0}"]


COMMANDS = {
    "scan (ours)": python(OURS),
    "inspector stats": [sys.executable, "-m", "inspector", "stats", "{0}", "--json"],
    "torch: nine": python(LOOP.format(body=ALL)),
    "torch: five": python(LOOP.format(body=FIVE)),
    "torch: sum": python(LOOP.format(body=SUM)),
}


class Case(NamedTuple):
    """A file, and the commands that are compared on it; the first is ours."""

    name: str
    make: Callable[[Path], None]
    commands: dict[str, list[str]]


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


def report(case: Case, size: int, results: dict[str, list[Run]]) -> None:
    print(f"\n{case.name} ({size / 1e6:.1f} MB)")
    print(
        f"  {'':<16}{'compute s':>10}{'GB/s':>7}{'x ours':>8}{'whole s':>9}{'x ours':>8}{'MB':>7}"
    )

    def middle(name: str, what: str) -> float:
        return statistics.median(getattr(row, what) for row in results[name])

    ours, command = middle("scan (ours)", "compute"), middle("inspector stats", "whole")
    for name in results:
        compute, whole = middle(name, "compute"), middle(name, "whole")
        computed = f"{'–':>10}{'–':>7}{'–':>8}"  # a command does not tell of its loop
        if compute == compute:
            computed = f"{compute:>10.2f}{size / compute / 1e9:>7.2f}{compute / ours:>7.1f}x"
        print(
            f"  {name:<16}{computed}{whole:>9.2f}{whole / command:>7.1f}x"
            f"{middle(name, 'megabytes'):>7.0f}"
        )


def main(arguments: list[str] | None = None) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.bench.measuring import compare

    compare(__doc__, arguments, ["checkpoint.pt"], cases, report)


if __name__ == "__main__":
    main()
