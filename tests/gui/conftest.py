"""What the tests of the window share: its context, checkpoints, and a leak check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import WorkerPool
from inspector.core.model import Finding, Node, measure
from inspector.core.recognition import Recognition
from inspector.core.settings import Settings
from inspector.core.sources import open_source
from inspector.gui.context import AppContext, Preferences
from inspector.gui.jobs import JobRunner
from inspector.gui.theme import Theme


@pytest.fixture
def context(qapp: QApplication, own_settings: Path, engine: WorkerPool) -> Iterator[AppContext]:
    settings = QSettings(str(own_settings / "window.ini"), QSettings.Format.IniFormat)
    jobs = JobRunner()
    preferences = Preferences(Settings(own_settings / "settings.json"))
    yield AppContext(jobs, Theme(qapp), settings, preferences, engine)
    jobs.shutdown()


@pytest.fixture
def make_checkpoint(tmp_path: Path) -> Iterator[Callable[..., Checkpoint]]:
    made: list[Checkpoint] = []

    def make(
        root: Node, findings: tuple[Finding, ...] = (), texts: dict[str, str] | None = None
    ) -> Checkpoint:
        file = tmp_path / "made.pt"
        file.write_bytes(b"0123456789")
        checkpoint = Checkpoint(
            source=open_source(str(file)),
            format="torch-zip",
            format_text="torch zip v3",
            root=root,
            totals=measure(root).totals,
            storages={},
            locate=lambda storage: (checkpoint.source, 0),
            recognition=Recognition("training", "Training checkpoint", (), (("model",),)),
            findings=findings,
            texts=texts or {},
        )
        made.append(checkpoint)
        return checkpoint

    yield make
    for checkpoint in made:
        checkpoint.close()


@pytest.fixture(autouse=True)
def no_windows_left(qtbot: QtBot) -> Iterator[None]:
    """Fail on a top-level widget that outlives its test."""
    before = set(QApplication.topLevelWidgets())
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before]
    assert not [widget for widget in left if widget.isVisible()], f"windows left open: {left}"
