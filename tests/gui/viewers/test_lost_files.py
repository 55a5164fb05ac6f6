"""A file cut short, gone or changed: every viewer names it, what is wrong, and a way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import measure
from inspector.gui.context import AppContext
from inspector.gui.viewers import Subject
from inspector.gui.viewers.distribution import DistributionViewer
from inspector.gui.viewers.heat_map import HeatMapViewer
from inspector.gui.viewers.scan import ValueScan
from inspector.gui.viewers.statistics import StatisticsViewer
from inspector.gui.viewers.value_facts import ValueFacts
from inspector.gui.viewers.values import ValuesViewer

CHANGED = "has changed since it was opened. Open it again."
CUT = "It is cut off or has changed; copy or download it again."
CASES = {
    "zip cut short": ("is missing in it. It is cut off", "copy or download it again."),
    "array cut short": ("ends in the middle of a tensor.", CUT),
    "deleted": ("is no longer there.", "Put it back where it was, or open it where it is now."),
    "cut meanwhile": (CHANGED, CHANGED),
    "rewritten": (CHANGED, CHANGED),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def checkpoint(case: str, tmp_path: Path) -> Iterator[Checkpoint]:
    path = tmp_path / "weights.pt"
    if case == "array cut short":
        with path.open("wb") as file:
            np.save(file, np.ones((900, 300)))
    else:
        torch.save({"a": torch.randn(300, 300), "b": torch.randn(900, 300)}, path)
    if case.endswith("cut short"):
        os.truncate(path, 600_000)
    with open_checkpoint(str(path)) as opened:
        if case == "deleted":
            path.unlink()
        elif case == "cut meanwhile":
            os.truncate(path, 600_000)
        elif case == "rewritten":
            path.write_bytes(b"x" * path.stat().st_size)
            os.utime(path, (1, 1))
        yield opened


@pytest.fixture
def subject(checkpoint: Checkpoint) -> Subject:
    node = checkpoint.root.children[-1] if checkpoint.root.children else checkpoint.root
    return Subject(checkpoint, node, (node.key,) if node.key else ())


def said(widget: object) -> str:
    labels = widget.findChildren(QLabel)  # type: ignore[attr-defined]
    return " ".join(label.text() for label in labels if label.isVisible()).replace("\u200b", "")


@pytest.mark.parametrize("kind", [DistributionViewer, HeatMapViewer, ValuesViewer, ValueFacts])
def test_every_viewer_says_so(
    kind: type, case: str, subject: Subject, context: AppContext, qtbot: QtBot
) -> None:
    if case == "array cut short" and kind is ValuesViewer:
        pytest.skip("what is there is shown")
    viewer = kind(context)
    qtbot.addWidget(viewer)
    viewer.resize(500, 600)
    with qtbot.waitExposed(viewer):
        viewer.show()
    viewer.show_subject(subject)
    wrong, way_out = CASES[case]
    qtbot.waitUntil(lambda: wrong in said(viewer), timeout=20_000)
    assert way_out in said(viewer)
    assert "weights.pt" in said(viewer)


def test_a_scan_counts_only_what_it_could_read(
    case: str, checkpoint: Checkpoint, context: AppContext, qtbot: QtBot
) -> None:
    scan = ValueScan(context, checkpoint)
    viewer = StatisticsViewer(context)
    qtbot.addWidget(viewer)
    viewer.show()
    totals = measure(checkpoint.root).totals.get(id(checkpoint.root))
    if totals is not None:
        viewer.show_subject(Subject(checkpoint, checkpoint.root, (), totals, scan=scan))
    with qtbot.waitSignal(scan.settled, timeout=20_000):
        scan.start()
    number = 1 if case == "array cut short" else 2
    read = 1 if case == "zip cut short" else 0
    # What is not there was not there before; a file that changes ends the scan.
    done = case.endswith("cut short")
    assert scan.state == ("done" if done else "failed")
    assert f"{read} of {number} tensor" in scan.words()
    wrong, way_out = CASES[case]
    messages = [finding.message for finding in scan.findings()]
    assert len(messages) == number - read
    assert all("weights.pt" in message for message in messages)
    assert any(wrong in message and way_out in message for message in messages)


def test_what_could_not_be_read_is_tried_again(
    tmp_path: Path, context: AppContext, qtbot: QtBot
) -> None:
    path, aside = tmp_path / "weights.pt", tmp_path / "aside.pt"
    torch.save({"a": torch.randn(300, 300), "b": torch.randn(900, 300)}, path)
    with open_checkpoint(str(path)) as checkpoint:
        scan = ValueScan(context, checkpoint)
        path.rename(aside)
        with qtbot.waitSignal(scan.settled, timeout=20_000):
            scan.start()
        assert scan.state == "failed"
        aside.rename(path)
        with qtbot.waitSignal(scan.settled, timeout=20_000):
            scan.start()
        assert scan.words() == "All values have been read: 2 tensors."
        assert not list(scan.findings())
