"""How fast two checkpoints are compared, beside a loop that one would write with torch, and `cmp`.

    python tests/bench/bench_compare.py [--quick] [--runs N] [--folder DIR] [--only WORD]

Each command runs in turn as a process of its own. `first` is when every tensor has a first row,
`compute` when all rows are sure, both measured by the process itself around opening and comparing,
after its imports (and after our worker processes were started); `whole` is the process from
outside. GB/s counts the bytes of both files. The files are in the page cache. What memory means is
said in `measuring.run`. The numbers are for people.
"""

from __future__ import annotations

import shutil
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
from inspector.core.analysis.comparison import compare, match
from inspector.core.analysis import TASK_MODULES
from inspector.core.engine import WorkerPool
from inspector.core.formats import open_checkpoint

def main():
    pool = WorkerPool(modules=TASK_MODULES)
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
    return [sys.executable, "-c", code.replace("{", "{{").replace("}", "}}"), "{0}", "{1}"]


COMMANDS = {
    "compare (ours)": python(OURS),
    "inspector diff": [sys.executable, "-m", "inspector", "diff", "{0}", "{1}", "--json"],
    "torch loop": python(LOOP),
    "cmp of equal": python(CMP),
}


class Case(NamedTuple):
    """Two files, and the commands that are compared on them; the first is ours."""

    name: str
    make: Callable[[Path, Path], None]
    commands: dict[str, list[str]]


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

    def middle(name: str, what: str) -> float:
        return statistics.median(getattr(row, what) for row in results[name])

    ours, command = middle("compare (ours)", "compute"), middle("inspector diff", "whole")
    for name in results:
        compute, whole = middle(name, "compute"), middle(name, "whole")
        print(
            f"  {name:<16}{middle(name, 'first'):>9.3f}{compute:>11.2f}{size / compute / 1e9:>7.2f}"
            f"{compute / ours:>7.1f}x{whole:>9.2f}{whole / command:>7.1f}x"
            f"{middle(name, 'megabytes'):>7.0f}"
        )


def main(arguments: list[str] | None = None) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.bench.measuring import compare

    compare(__doc__, arguments, ["a.pt", "b.pt"], cases, report)


if __name__ == "__main__":
    main()
