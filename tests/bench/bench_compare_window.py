"""A comparison of two huge checkpoints in the real window: when rows come, and the longest pauses.

    python tests/bench/bench_compare_window.py [TENSORS]

Writes two state_dicts of that many tensors (default 50,000), half of which differ, compares them in
the window without a display, and goes on as a person would. It reports and judges nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print a line for each thing that is done: how long it took, and the three longest pauses."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        files = [written(Path(folder) / f"epoch{n}.pt", number, n) for n in (1, 2)]
        Run().go(*map(str, files))


def written(file: Path, number: int, epoch: int) -> Path:
    """Write a state_dict of many small tensors; every other one changes with the epoch."""
    import torch

    names = ("attn.q", "attn.k", "attn.v", "attn.out", "mlp.up", "mlp.down", "norm1", "norm2")
    torch.manual_seed(0)
    values = torch.randn(number, 64)
    values[::2] += epoch * 1e-3
    torch.save(
        {
            "epoch": epoch,
            "model": {
                f"layers.{n // 8}.{names[n % 8]}.weight": values[n].clone() for n in range(number)
            },
        },
        file,
    )
    return file


class Run:
    """One window, its heartbeat, and what is done in it."""

    def __init__(self) -> None:
        from inspector.gui import app
        from tests.heartbeat import Heartbeat

        app.be_responsive()
        self.application = app.Application(["heartbeat"])
        self.context = app.make_context(self.application)
        self.context.engine.warm()
        self.heartbeat = Heartbeat()
        self.window = app.start(self.application, self.context, [])
        self.window.resize(1280, 800)
        self._spin(lambda: True)

    def go(self, a: str, b: str) -> None:
        """Do one thing after the other."""
        self.do("open both and pair keys", lambda: self.window.compare(a, b), self._has_view)
        tab = self.window.current_comparison()
        assert tab is not None
        view: Any = tab.view
        pane, run = view.pane, view.run
        self.do("first rows on screen", lambda: None, lambda: pane.model.rowCount() > 0)
        self.do("all bytes compared", lambda: None, lambda: not run.is_busy)
        self.do("settle", lambda: None, lambda: pane.idle)
        self.do("only changes", lambda: view.commands["only_changes"](), lambda: pane.idle)
        self.do("search", lambda: pane.bar.box.setText("mlp.up"), self._searched(pane))
        self.do("search nothing", lambda: pane.bar.box.setText(""), self._searched(pane))
        header = pane.table.horizontalHeader()
        self.do(
            "sort", lambda: header.setSortIndicator(4, header.sortIndicatorOrder()), pane_idle(pane)
        )
        self.do("expand all", lambda: view.commands["expand_all"](), pane_idle(pane))
        self.do("next difference", lambda: view.step(1), pane_idle(pane))
        bar = pane.table.verticalScrollBar()
        self.do("scroll to the end", lambda: bar.setValue(bar.maximum()), pane_idle(pane))
        self.do("swap", tab.swap, lambda: tab.view is not view and tab.view is not None)
        self.window.close()
        self.context.shut_down()

    def do(self, name: str, action: Callable[[], object], done: Callable[[], bool]) -> None:
        """Do something, wait until it is done, and report."""
        began = time.perf_counter()
        self.heartbeat.start()
        action()
        self._spin(done)
        took = time.perf_counter() - began
        print(f"{name:<26}{took:7.2f} s   {self.heartbeat.report()}", flush=True)

    def _has_view(self) -> bool:
        tab = self.window.current_comparison()
        return tab is not None and tab.view is not None

    def _searched(self, pane: Any) -> Callable[[], bool]:
        wanted = pane.bar.box

        def done() -> bool:
            return pane.idle and pane.model.plan.request.pattern == wanted.text()

        return done

    def _spin(self, done: Callable[[], bool]) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        timer = QTimer(interval=5)
        timer.timeout.connect(lambda: loop.quit() if done() else None)
        timer.start()
        loop.exec()
        timer.stop()


def pane_idle(pane: Any) -> Callable[[], bool]:
    """Return whether nothing is being arranged."""
    return lambda: bool(pane.idle)


if __name__ == "__main__":
    main()
