"""How long it takes to see what is in a checkpoint, and how much memory, beside torch itself.

    python tests/bench/bench_open.py [--quick] [--runs N] [--folder DIR]

Whole processes are timed, in turn, so that a busy machine is busy for all of them. The numbers are
for people: no test depends on them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SHOW = [sys.executable, "-m", "inspector", "show", "{}", "--json"]
LOAD = "import sys, torch; torch.load(sys.argv[1], mmap={}, weights_only=True)"
MAPPED = [sys.executable, "-c", LOAD.format(True), "{}"]
UNMAPPED = [sys.executable, "-c", LOAD.format(False), "{}"]  # legacy files cannot be mapped
IMPORT = [sys.executable, "-c", "import torch"]
START = [sys.executable, "-c", "pass"]
SAFE_OPEN = [
    sys.executable,
    "-c",
    "import sys, safetensors\n"
    "with safetensors.safe_open(sys.argv[1], 'pt') as file:\n"
    "    [(k, file.get_slice(k).get_shape(), file.get_slice(k).get_dtype()) for k in file.keys()]",
    "{}",
]


class Run(NamedTuple):
    """One process: seconds and the peak of its memory."""

    seconds: float
    megabytes: float


class Case(NamedTuple):
    """A file, and the commands that are compared on it; the first is ours."""

    name: str
    make: Callable[[Path], None]
    commands: dict[str, list[str]]


def run(command: list[str]) -> Run:
    """Run a command as a user would, with compiled modules kept, and measure it."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    quiet = os.open(os.devnull, os.O_WRONLY)
    started = time.perf_counter()
    child = os.posix_spawn(
        command[0], command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1)]
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    os.close(quiet)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(seconds, usage.ru_maxrss / unit)


# ---- files ---------------------------------------------------------------------------------


def many(count: int) -> dict[str, object]:
    import torch

    return {
        f"model.layers.{i // 10}.block.{i % 10}.weight": torch.zeros(16, 16) for i in range(count)
    }


def zip_of_many(count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import torch

        torch.save(many(count), path)

    return make


def legacy_of_many(count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import torch

        torch.save(many(count), path, _use_new_zipfile_serialization=False)

    return make


def safetensors_of_many(count: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        from safetensors.torch import save_file

        save_file(many(count), path)

    return make


def zip_of_large(tensors: int, nbytes: int) -> Callable[[Path], None]:
    """Write zeros that take no room on the disk, where the file system can do so."""

    def make(path: Path) -> None:
        import torch

        class Sparse:
            """Seeks over zeros instead of writing them."""

            def __init__(self, file: object) -> None:
                self.file = file

            def write(self, data: object) -> int:
                view = memoryview(data).cast("B")  # type: ignore[arg-type]
                if len(view) >= 1 << 16:
                    self.file.seek(len(view), os.SEEK_CUR)  # type: ignore[attr-defined]
                else:
                    self.file.write(view)  # type: ignore[attr-defined]
                return len(view)

            def flush(self) -> None:
                self.file.flush()  # type: ignore[attr-defined]

        one = torch.zeros(nbytes // tensors // 4)
        value = {f"layers.{i}.weight": torch.empty_like(one).zero_() for i in range(tensors)}
        with path.open("wb") as file:
            torch.save(value, Sparse(file))

    return make


def safetensors_of_large(tensors: int, nbytes: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import json

        each = nbytes // tensors // 4 * 4
        header = {
            f"layers.{i}.weight": {
                "dtype": "F32",
                "shape": [each // 4],
                "data_offsets": [i * each, (i + 1) * each],
            }
            for i in range(tensors)
        }
        text = json.dumps(header).encode()
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + each * tensors)

    return make


def cases(count: int, large: int, tensors: int) -> list[Case]:
    pickled = {"inspector show": SHOW, "torch.load": MAPPED, "import torch": IMPORT}
    legacy = pickled | {"torch.load": UNMAPPED}
    safe = {"inspector show": SHOW, "safe_open": SAFE_OPEN, "import torch": IMPORT}
    size = f"{large / 1e9:.3g} GB" if large >= 1e8 else f"{large / 1e6:.3g} MB"
    return [
        Case(f"zip, {count:,} tensors", zip_of_many(count), pickled),
        Case(f"legacy, {count:,} tensors", legacy_of_many(count), legacy),
        Case(f"safetensors, {count:,} tensors", safetensors_of_many(count), safe),
        Case(f"zip, {tensors} tensors, {size}", zip_of_large(tensors, large), pickled),
        Case(f"zip, {tensors} tensors, 1/100 of it", zip_of_large(tensors, large // 100), pickled),
        Case(f"safetensors, {tensors} tensors, {size}", safetensors_of_large(tensors, large), safe),
    ]


# ---- measuring -----------------------------------------------------------------------------


def make(case: Case, path: Path) -> None:
    """Write the file in a child: what this process holds counts as its children's peak."""
    child = os.fork()
    if child == 0:
        case.make(path)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit(f"{case.name}: the file could not be written")


def measure(case: Case, path: Path, runs: int, warm: int = 1) -> dict[str, list[Run]]:
    """Run the commands of a case in turn; the first, which fill caches, do not count."""
    results: dict[str, list[Run]] = {name: [] for name in case.commands}
    for number in range(warm + runs):
        for name, command in case.commands.items():
            result = run([part.replace("{}", str(path)) for part in command])
            if number >= warm:
                results[name].append(result)
    return results


def report(case: Case, size: int, results: dict[str, list[Run]]) -> None:
    print(f"\n{case.name} ({size / 1e6:.1f} MB)")
    print(f"  {'':<16}{'seconds':>9}{'min':>8}{'max':>8}{'peak MB':>9}{'times ours':>12}")
    ours = statistics.median(result.seconds for result in results["inspector show"])
    for name, row in results.items():
        seconds = [result.seconds for result in row]
        middle = statistics.median(seconds)
        memory = statistics.median(result.megabytes for result in row)
        print(
            f"  {name:<16}{middle:>9.3f}{min(seconds):>8.3f}{max(seconds):>8.3f}"
            f"{memory:>9.0f}{middle / ours:>11.1f}x"
        )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, two runs")
    parser.add_argument("--tiny", action="store_true", help="show that it works: ours, once")
    parser.add_argument("--runs", type=int, default=0, help="runs of each command that count")
    parser.add_argument("--folder", type=Path, help="where the files are written, then deleted")
    chosen = parser.parse_args(arguments)
    count, large, tensors, runs = 50_000, 2_000_000_000, 300, 5
    if chosen.quick:
        count, large, runs = 5_000, 200_000_000, 2
    if chosen.tiny:
        count, large, tensors, runs = 50, 30_000, 3, 1
    os.chdir(ROOT)
    start = statistics.median(run(START).seconds for _ in range(3))
    print(f"Python itself takes {start:.3f} s to start. Medians, whole processes.")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for case in cases(count, large, tensors):
            path = Path(folder) / "checkpoint"
            make(case, path)
            if chosen.tiny:
                case = case._replace(commands={"inspector show": SHOW, "python": START})
            results = measure(case, path, chosen.runs or runs, warm=0 if chosen.tiny else 1)
            report(case, path.stat().st_size, results)
            path.unlink()


if __name__ == "__main__":
    main()
