"""Time from the command to a painted window with its tree, beside `import torch`; idle memory.

    python tests/bench/bench_window.py [FILE...]

Each run is a whole process without a display (QT_QPA_PLATFORM=offscreen unless that is set), which
ends when the rows have been painted, the event loop is idle and the workers are there. Memory is
that of the window's process, and of all processes together (PSS: shared pages once).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "samples" / "shapes-cnn-epoch12.pt"
RUNS = 7
CHILD = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from inspector.gui import app
from inspector.gui.window.checkpoint_tab import CheckpointTab

def idle():
    import psutil
    process = psutil.Process()
    tree = [process, *process.children(recursive=True)]
    print("resident", process.memory_info().rss / 1e6, flush=True)
    print("tree", sum(one.memory_full_info().pss for one in tree) / 1e6, flush=True)
    QApplication.quit()

def painted(view):
    view.grab()
    print("painted", flush=True)
    QTimer.singleShot(2500, idle)  # until the workers are there

shown = CheckpointTab._show_opened
def show_opened(tab, *what):
    shown(tab, *what)
    QTimer.singleShot(0, lambda: painted(tab.window()))

CheckpointTab._show_opened = show_opened
app.run(sys.argv[1:])
"""


def main() -> None:
    """Print a table of medians."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    torch = median([once(["-c", "import torch"])[0] for _ in range(3)])
    print(f"{'python -c import torch':44} {torch:6.2f} s")
    for file in [Path(name) for name in sys.argv[1:]] or [SAMPLE]:
        runs = [once(["-c", CHILD, str(file)]) for _ in range(RUNS)]
        seconds, resident, tree = (median(list(column)) for column in zip(*runs, strict=True))
        name = f"window with the tree of {file.name}"
        print(
            f"{name:44} {seconds:6.2f} s  {torch / seconds:4.1f} x faster, {resident:.0f} MB idle, "
            f"{tree:.0f} MB with its workers"
        )


def once(arguments: list[str]) -> tuple[float, float, float]:
    """Run Python; return seconds until it says `painted`, or ends, and MB, alone and in all."""
    started = time.perf_counter()
    command = [sys.executable, *arguments]
    painted = resident = tree = 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("painted"):
                painted = time.perf_counter() - started
            elif line.startswith("resident"):
                resident = float(line.split()[1])
            elif line.startswith("tree"):
                tree = float(line.split()[1])
    return painted or time.perf_counter() - started, resident, tree


def median(values: list[float]) -> float:
    """Return the middle one, after the first, which only warms the caches."""
    return statistics.median(values[1:])


if __name__ == "__main__":
    main()
