"""The whole program in front of real files, written by torch."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from pytestqt.qtbot import QtBot

from inspector.core.engine import WorkerPool
from inspector.gui.app import Application, be_responsive, make_context, start
from inspector.gui.window.main_window import MainWindow
from tests.e2e.looking import wait_until_open
from tests.heartbeat import Heartbeat


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of checkpoints."""
    import torch

    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    training = {
        "epoch": 7,
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "note": "first line\nsecond line",
    }
    torch.save(training, folder / "training.pt")
    torch.save(net.state_dict(), folder / "state & dict.pth")
    torch.save(net, folder / "module.pt")
    torch.save(torch.ones(3), folder / "tensor.pt")
    torch.save({"<img src=x>": torch.ones(2), "note": "<h1>big</h1>"}, folder / "<b>html.pt")
    torch.save({f"layer.{n}": torch.ones(1) for n in range(3000)}, folder / "many.pt")
    (folder / "cut.pt").write_bytes((folder / "many.pt").read_bytes()[:100])
    (folder / "page.pt").write_text("<!doctype html><title>404</title>")
    return folder


@pytest.fixture
def open_window(
    qapp: Application, qtbot: QtBot, own_settings: Path, engine: WorkerPool
) -> Iterator[Callable[..., MainWindow]]:
    """Start the program as `inspector FILE...` does; wait until everything is open."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(own_settings))
    started = []

    def open_(*paths: Path, wait: bool = True) -> MainWindow:
        context = make_context(qapp, engine)
        window = start(qapp, context, [str(path) for path in paths])
        started.append((window, context))
        with qtbot.waitActive(window):
            window.activateWindow()
        if wait:
            wait_until_open(qtbot, window)
        return window

    yield open_
    for window, context in started:
        window.close()
        context.jobs.shutdown()
        window.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


_PAUSES = pytest.StashKey[list[str]]()


@pytest.fixture
def heartbeat(qapp: Application, request: pytest.FixtureRequest) -> Iterator[Heartbeat]:
    """Measure pauses of the event loop; how long they were is reported, and never judged."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    be_responsive()  # as the program does before it shows anything
    made = Heartbeat()
    yield made
    made.stop()
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    said = f"{made.report()} in {request.node.name}"
    request.config.stash.setdefault(_PAUSES, []).append(said)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for said in config.stash.get(_PAUSES, []):
        terminalreporter.write_line(said)
