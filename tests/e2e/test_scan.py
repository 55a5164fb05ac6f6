"""A scan of all values in the real window, through everything that can come between."""

import os
import signal
import zipfile

import pytest
import torch
from PySide6.QtCore import Qt

from inspector.gui.viewers.base import Viewer
from inspector.gui.viewers.distribution import DistributionViewer
from inspector.gui.viewers.heat_map import HeatMapViewer
from inspector.gui.viewers.statistics import StatisticsViewer
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.viewers.values import ValuesViewer
from inspector.gui.window.checkpoint_view import CheckpointView
from tests.e2e.looking import facts_on_screen, keys, texts, view_of, wait_until_open

SHIFT_CONTROL = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
MANY = 12_000


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return a file of so many tensors that a scan of it can be disturbed."""
    path = tmp_path_factory.mktemp("many") / "many.pt"
    made = {f"layer.{n}.weight": torch.full((40,), float(n)) for n in range(MANY)}
    made["layer.0.weight"][3] = float("nan")
    torch.save(made, path)
    return path


@pytest.fixture
def sick(tmp_path):
    made = {"fine": torch.randn(6, 6), "nan": torch.randn(6, 6), "inf": torch.randn(6, 6)}
    made["nan"][1, 2] = float("nan")
    made["inf"][0, 0] = float("inf")
    torch.save({"epoch": 3, "model": made}, tmp_path / "sick.pt")
    return tmp_path / "sick.pt"


def scan(window, qtbot) -> CheckpointView:
    view = view_of(window)
    with qtbot.waitSignal(view.scanned, timeout=60_000):
        qtbot.keyClick(window, Qt.Key.Key_A, SHIFT_CONTROL)
    return view


def state(view: CheckpointView) -> str:
    return view.scan.state


def press(view: CheckpointView, name: str) -> None:
    next(b for b in view.scan_bar.notice.buttons() if b.text() == name).click()


def begin_and(view: CheckpointView, qtbot, disturb) -> None:
    """Begin a scan, disturb it once when the first rows are there, and wait for its end."""
    done: list[bool] = []

    def look() -> None:
        if view.scan.rows.every and not done:
            done.append(True)
            disturb()

    view.scan.progressed.connect(look)
    with qtbot.waitSignal(view.scanned, timeout=60_000):
        view.scan.start()
    view.scan.progressed.disconnect(look)
    assert done, "the scan was over before anything could be done"


def test_the_window_is_scrolled_while_thousands_of_tensors_are_scanned(
    open_window, many, qtbot, heartbeat
):
    view = view_of(open_window(many))
    bar = view.tree.view.verticalScrollBar()
    turns: list[int] = []

    def scroll() -> None:
        bar.setValue((bar.value() + 2_693) % bar.maximum())
        turns.append(bar.value())

    view.scan.progressed.connect(scroll)
    heartbeat.start()
    with qtbot.waitSignal(view.scanned, timeout=60_000):
        view.scan.start()
    listed = view.panel.viewer()
    assert isinstance(listed, SummaryViewer)
    assert len(listed.findings.messages()) == 8  # hundreds at once would hold the window
    beats = heartbeat.beats
    qtbot.waitUntil(lambda: heartbeat.beats > beats + 1)
    heartbeat.stop()
    assert state(view) == "done"
    assert heartbeat.beats > len(turns) > 1


def test_the_window_beats_while_pictures_are_made(open_window, many, qtbot, heartbeat):
    view = view_of(open_window(many))
    heartbeat.start()
    for kind in (DistributionViewer, HeatMapViewer, ValuesViewer):
        view.show_whole()
        view.panel.prefer(kind)
        view.tree.view.go_to_line(3)
        qtbot.waitUntil(lambda kind=kind: is_shown(view, kind))
    heartbeat.stop()
    assert heartbeat.beats > 3


def is_shown(view: CheckpointView, kind: type[Viewer]) -> bool:
    viewer = view.panel.viewer()
    return isinstance(viewer, kind) and getattr(viewer, "state", "") == "shown"


def test_what_is_found_is_marked_in_tree_banner_and_summary(open_window, sick, qtbot):
    window = open_window(sick)
    view = scan(window, qtbot)
    assert state(view) == "done"
    assert view.scan_bar.notice.words().startswith("All values have been read: 3 tensors. Found: 2")
    marks = {key: texts(view.tree, n)[5] for n, key in enumerate(keys(view.tree))}
    assert marks == {"epoch": "", "model": "error", "fine": "", "nan": "error", "inf": "error"}
    assert view.banner.badges["error"].text() == "2 errors"
    assert facts_on_screen(view)["Kind"] == "Training checkpoint"
    with qtbot.waitSignal(view.tree.arranged):
        press(view, "Only with findings")
    assert keys(view.tree) == ["model", "nan", "inf"]
    assert [chip.text() for chip in view.tree.filter_bar.chips()] == ["with findings"]


def test_the_statistics_lead_to_the_tensor(open_window, sick, qtbot):
    view = scan(open_window(sick), qtbot)
    press(view, "Statistics")
    viewer = view.panel.viewer()
    assert isinstance(viewer, StatisticsViewer)
    qtbot.waitUntil(lambda: viewer.model.rowCount() == 3)
    viewer.table.selectRow(0)  # what is gravest
    qtbot.keyClick(viewer.table, Qt.Key.Key_Return)
    assert view.current_path() == ("model", "nan")


def test_a_second_scan_has_nothing_to_do(open_window, sick, qtbot):
    window = open_window(sick)
    view = scan(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_A, SHIFT_CONTROL)
    assert state(view) == "done"
    assert not view.scan_bar.strip.isVisible()


def test_a_killed_process_is_reported_and_the_scan_can_go_on(open_window, many, qtbot):
    window = open_window(many)
    view = view_of(window)
    pids = window.context.engine.pids
    begin_and(view, qtbot, lambda: os.kill(pids()[0], signal.SIGKILL))
    assert state(view) == "failed"
    words = view.scan_bar.notice.words()
    assert "ended unexpectedly" in words
    assert "Partial: " in words
    view.tree.go_to(("layer.7.weight",))  # the window lives
    assert view.current_path() == ("layer.7.weight",)
    with qtbot.waitSignal(view.scanned, timeout=60_000):
        press(view, "Scan again")
    assert state(view) == "done"
    assert len(view.scan.rows.every) == len(view.scan.rows.by_path) == MANY


def test_cancelling_keeps_what_was_read_and_says_that_it_is_partial(open_window, many, qtbot):
    window = open_window(many)
    view = view_of(window)
    view.show_statistics()
    viewer = view.panel.viewer()
    assert isinstance(viewer, StatisticsViewer)
    begin_and(view, qtbot, view.scan_bar.strip.cancel.click)
    assert state(view) == "stopped"
    read = len(view.scan.rows.every)
    assert 0 < read < MANY
    before = view.places()[1]
    assert before
    assert view.scan_bar.notice.words().startswith("Partial: ")
    qtbot.waitUntil(lambda: viewer.model.rowCount() == read)
    assert viewer.note.text().startswith("Partial: ")
    with qtbot.waitSignal(view.scanned, timeout=60_000):
        press(view, "Go on")
    assert state(view) == "done"
    assert len(view.scan.rows.every) == MANY
    assert view.tree.model.known.marks.worst
    assert view.places()[1]
    qtbot.waitUntil(lambda: not before)  # nobody asks for it any more


def test_what_the_file_itself_has_wrong_was_not_found_by_the_scan(open_window, tmp_path, qtbot):
    with zipfile.ZipFile(tmp_path / "parts.zip", "w") as parts:
        for name, content in (("fine.pt", {"weight": torch.arange(4.0)}), ("short.pt", {"a": 1})):
            torch.save(content, tmp_path / name)
            written = (tmp_path / name).read_bytes()
            parts.writestr(name, written if name == "fine.pt" else written[:100])
    view = scan(open_window(tmp_path / "parts.zip"), qtbot)
    assert any(finding.path for finding in view.opened.checkpoint.findings)
    assert view.scan_bar.notice.words().endswith("Nothing was found.")
    assert "Only with findings" not in [b.text() for b in view.scan_bar.notice.buttons()]


def test_a_file_that_changes_meanwhile_is_told_and_can_be_read_again(
    open_window, many, tmp_path, qtbot
):
    path = tmp_path / "changing.pt"
    path.write_bytes(many.read_bytes())
    window = open_window(path)
    view = view_of(window)

    def change() -> None:
        with path.open("r+b") as stream:
            stream.truncate(path.stat().st_size // 2)

    begin_and(view, qtbot, change)
    assert state(view) == "failed"
    assert view.scan.file_changed
    names = [button.text() for button in view.scan_bar.notice.buttons()]
    assert names[0] == "Reload"
    path.write_bytes(many.read_bytes())
    press(view, "Reload")
    wait_until_open(qtbot, window)
    fresh = view_of(window)
    assert fresh is not view
    assert state(fresh) == "idle"
    with qtbot.waitSignal(fresh.scanned, timeout=60_000):
        fresh.scan.start()
    assert state(fresh) == "done"


def test_closing_the_tab_ends_the_scan(open_window, many, qtbot):
    window = open_window(many)
    scan_ = view_of(window).scan
    with qtbot.waitSignal(scan_.progressed, timeout=60_000):
        scan_.start()
    with qtbot.assertNotEmitted(scan_.settled):  # whoever would mark findings is gone
        window.close_tab(window.all_tabs()[0])
        qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=20_000)
    assert window.welcome.isVisible()
