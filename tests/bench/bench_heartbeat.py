"""The longest pauses while a huge file is looked at, and most memory; reports, judges nothing.

    python tests/bench/bench_heartbeat.py [TENSORS]

Writes a state_dict of that many tensors (default 100,000) unless it is a file, opens it in the
real window without a display, and scrolls while it is searched, sorted, grouped and filtered.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.gui.window.checkpoint_view import CheckpointView

ROOT = Path(__file__).parents[2]
SCROLL_MS = 60
MOST_SCANNED = 100_000  # tensors; more would take a minute


def main() -> None:
    """Print a line for each thing that is done: how long it took, and the three longest pauses."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    wanted = sys.argv[1] if len(sys.argv) > 1 else "100000"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        file = wanted if not wanted.isdecimal() else written(Path(folder), int(wanted))
        Run(str(file)).go()


def written(folder: Path, number: int) -> Path:
    """Write a state_dict of many small tensors."""
    import torch

    file = folder / "many.pth"
    names = ("attn.q", "attn.k", "attn.v", "attn.out", "mlp.up", "mlp.down", "norm1", "norm2")
    keys = (f"layers.{n // 8}.{names[n % 8]}.weight" for n in range(number))
    torch.save({key: torch.zeros(64) for key in keys}, file)
    return file


class Run:
    """One window, its heartbeat, and what is done in it."""

    def __init__(self, file: str) -> None:
        from inspector.gui import app
        from tests.heartbeat import Heartbeat

        app.be_responsive()
        self.application = app.Application(["heartbeat"])
        self.context = app.make_context(self.application)
        self.heartbeat = Heartbeat()
        self.window = app.start(self.application, self.context, [])
        self.window.resize(1280, 800)
        self._spin(lambda: True)
        self.do("open", lambda: self.window.open_uri(file), lambda: self.view is not None)

    @property
    def view(self) -> CheckpointView | None:
        """The open checkpoint, once there is one."""
        tab = self.window.current_tab()
        return tab.view if tab else None

    def go(self) -> None:
        """Do one thing after the other."""
        from PySide6.QtCore import Qt

        from inspector.gui.viewers.distribution import DistributionViewer
        from inspector.gui.viewers.heat_map import HeatMapViewer
        from inspector.gui.viewers.values import ValuesViewer
        from tests.bench.measuring import memory_line

        tab, view = self.window.current_tab(), self.view
        assert tab is not None
        assert view is not None
        tree = view.tree
        tensors = view.tree.model.known.totals_of(view.opened.checkpoint.root).tensors
        header = tree.view.horizontalHeader()
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        idle = self._is_idle
        self.do("marks", lambda: None, lambda: bool(tree.model.known.marks.dtypes))
        if tensors <= MOST_SCANNED:
            self.do("scan", view.scan.start, lambda: view.scan.state == "done" and idle())
            for name, viewer in (
                ("distribution", DistributionViewer),
                ("values", ValuesViewer),
                ("heat map", HeatMapViewer),
            ):
                self.do("nothing selected", tree.view.clear_current, idle)
                view.panel.prefer(viewer)
                self.do(name, lambda: tree.view.go_to_line(0), self._is_computed)
            view.panel.prefer(None)
            view.show_whole()
        self.do("search a part", lambda: tree.search.setText("attn.q"), idle)
        self.do("show all", lambda: tree.search.setText(""), idle)
        tree.bar.set_mode("fuzzy")
        self.do("search letters", lambda: tree.search.setText("l77atnk"), idle)
        self.do("show all", lambda: tree.search.setText(""), idle)
        self.do("sort by key", lambda: header.setSortIndicator(0, down), idle)
        self.do("sort by size", lambda: header.setSortIndicator(3, up), idle)
        self.do("stored order", lambda: header.setSortIndicator(-1, up), idle)
        filters = tree.filter_bar.filters._replace(at_least=10_000)
        self.do("filter", lambda: tree.filter_bar.set_filters(filters), idle)
        self.do("no filter", tree.filter_bar.clear, idle)
        self.do("group", lambda: tree.set_grouped(True), idle)
        self.do("expand all", tree.expand_all, idle)
        self.do("collapse all", tree.collapse_all, idle)
        self.do("as stored", lambda: tree.set_grouped(False), idle)
        self.do("select all", tree.view.selectAll, idle)
        self.do("copy keys", self.window.action("copy_key").trigger, idle)
        self.do("whole file", view.show_whole, idle)
        self.do("theme", self.window.action("theme").trigger, idle)
        self.do("reload", tab.open, lambda: tab.view is not view and idle())
        self.do("close", lambda: self.window.close_tab(tab), idle)
        print(memory_line([os.getpid(), *self.context.engine.pids()]), flush=True)
        self.window.close()
        self.context.jobs.shutdown()

    def do(self, name: str, act: Callable[[], object], done: Callable[[], bool]) -> None:
        """Do something, scroll until it is done, and print what was felt of it."""
        started = time.perf_counter()
        self.heartbeat.start()
        act()
        self._spin(done)
        took = time.perf_counter() - started
        print(f"{name:16} {took:7.2f} s   {self.heartbeat.report()}", flush=True)

    def _is_computed(self) -> bool:
        viewer = self.view.panel.viewer() if self.view is not None else None
        return getattr(viewer, "state", "") == "shown" and self._is_idle()

    def _is_idle(self) -> bool:
        waits = self.view is not None and self.view.tree.search._pause.isActive()
        return not waits and not self.context.jobs.running

    def _spin(self, done: Callable[[], bool]) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        timer = QTimer(interval=SCROLL_MS)
        timer.timeout.connect(lambda: loop.quit() if done() else self._scroll())
        timer.start()
        loop.exec()
        timer.stop()

    def _scroll(self) -> None:
        if self.view is not None:
            bar = self.view.tree.view.verticalScrollBar()
            bar.setValue((bar.value() + 26_919) % max(1, bar.maximum()))


if __name__ == "__main__":
    main()
