"""The Values tab on ten thousand million elements, and histograms of tensors of 64 MB: how soon
the first of them is there, longest pauses, most memory.

    python tests/bench/bench_values.py [--tiny]

Reports, judges nothing. Of the values, the file is nearly all holes: it takes no room, and reads
like any other. The histograms are of normally distributed numbers, from a click in a window whose
workers have started.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCROLL_MS = 16
TURNS = 180


def main() -> None:
    """Print a line for each thing that is done: how long it took, and the three longest pauses."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    tiny = "--tiny" in sys.argv[1:]
    shapes = ((10**4,), (100, 100)) if tiny else ((10**10,), (10**5, 10**5))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        for shape in shapes:
            print(f"shape {shape}")
            Run(written(Path(folder), shape), tiny=tiny).go(len(shape))
        nbytes = 64_000 if tiny else 64_000_000
        print(f"tensors of {nbytes / 1e6:g} MB")
        Run(spread(Path(folder), nbytes), tiny=tiny).go_through_histograms()


def written(folder: Path, shape: tuple[int, ...]) -> str:
    """Write a safetensors file of that many float32, without their bytes."""
    nbytes = 4 * math.prod(shape)
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, nbytes]}
    header = json.dumps({"w": entry}).encode()
    file = folder / f"huge{len(shape)}.safetensors"
    with file.open("wb") as target:
        target.write(struct.pack("<Q", len(header)) + header)
        target.truncate(8 + len(header) + nbytes)
    return str(file)


def spread(folder: Path, nbytes: int) -> str:
    """Write a safetensors file of two tensors of normally distributed float32."""
    import numpy as np
    from safetensors.numpy import save_file

    values = np.random.default_rng(0).normal(0, 0.02, (2, nbytes // 4)).astype("f4")
    file = folder / "spread.safetensors"
    save_file({"one": values[0], "two": values[1]}, file)
    return str(file)


class Run:
    """One window, its heartbeat, and what is done in it."""

    def __init__(self, file: str, *, tiny: bool) -> None:
        from PySide6.QtWidgets import QApplication

        from inspector.gui import app
        from tests.heartbeat import Heartbeat

        app.be_responsive()
        self.application = QApplication.instance() or app.Application(["values"])
        assert isinstance(self.application, app.Application)
        self.context = app.make_context(self.application)
        self.context.engine.warm()
        self.turns = 5 if tiny else TURNS
        rest = 0 if tiny else 3  # seconds in which nothing else starts any more
        self.heartbeat = Heartbeat()
        self.window = app.start(self.application, self.context, [file])
        self.window.resize(1280, 800)
        started = time.perf_counter()
        self._spin(lambda: self.panel is not None and time.perf_counter() - started > rest)

    @property
    def panel(self):
        """The panel of the open file, once there is one."""
        tab = self.window.current_tab()
        return tab.view.panel if tab and tab.view else None

    def go(self, dims: int) -> None:
        """Do one thing after the other."""
        from inspector.gui.viewers.values import ValuesViewer
        from tests.bench.measuring import memory_line

        tab = self.window.current_tab()
        assert tab is not None
        assert tab.view is not None
        self.panel.prefer(ValuesViewer)
        tree = tab.view.tree
        self.do("first values", lambda: tree.go_to(("w",)), self._is_there)
        viewer = self.panel.viewer()
        last = ", ".join(["-1"] * dims)
        self.do("go to the end", lambda: viewer.go_to(last), self._is_there)
        bar = viewer.table.verticalScrollBar()
        self.scroll(
            "scroll by jumps", lambda: bar.setValue((bar.value() * 7 + 991) % bar.maximum())
        )
        viewer.go_to("0")
        self.scroll("scroll by lines", lambda: bar.setValue(bar.value() + 60))
        self.do("edges", lambda: viewer.controls.extent.setCurrentIndex(1), self._is_there)
        self.do("all", lambda: viewer.controls.extent.setCurrentIndex(0), self._is_there)
        self.do("select all", viewer.table.selectAll, self._is_there)
        print(memory_line([os.getpid(), *self.context.engine.pids()]), flush=True)
        self.window.close()
        self.context.shut_down()

    def go_through_histograms(self) -> None:
        """Look at one tensor after the other; the first one imports what draws."""
        from inspector.gui.viewers.distribution import DistributionViewer
        from tests.bench.measuring import memory_line

        tab = self.window.current_tab()
        assert tab is not None
        assert tab.view is not None
        self.panel.prefer(DistributionViewer)

        def is_there() -> bool:
            return getattr(self.panel.viewer(), "state", "") == "shown"

        for name, key in (("first histogram", "one"), ("the next one", "two")):
            self.do(name, partial(tab.view.tree.go_to, (key,)), is_there)
        print(memory_line([os.getpid(), *self.context.engine.pids()]), flush=True)
        self.window.close()
        self.context.shut_down()

    def scroll(self, name: str, step: Callable[[], object]) -> None:
        """Scroll for three seconds, and until the last part is there."""
        from PySide6.QtCore import QTimer

        turns = iter(range(self.turns))
        timer = QTimer(interval=SCROLL_MS)
        timer.timeout.connect(lambda: step() if next(turns, None) is not None else timer.stop())
        self.do(name, timer.start, lambda: not timer.isActive() and self._is_there())

    def do(self, name: str, act: Callable[[], object], done: Callable[[], bool]) -> None:
        """Do something and print what was felt of it."""
        started = time.perf_counter()
        self.heartbeat.start()
        act()
        self._spin(done)
        took = time.perf_counter() - started
        print(f"{name:16} {took:7.3f} s   {self.heartbeat.report()}", flush=True)

    def _is_there(self) -> bool:
        from inspector.gui.viewers.values import ValuesViewer

        viewer = self.panel.viewer()
        return (
            isinstance(viewer, ValuesViewer)
            and viewer.state == "shown"
            and not viewer._turn.isActive()
        )

    def _spin(self, done: Callable[[], bool]) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        timer = QTimer(interval=1)
        timer.timeout.connect(lambda: loop.quit() if done() else None)
        timer.start()
        loop.exec()
        timer.stop()


if __name__ == "__main__":
    main()
