import gc
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFileOpenEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget

from inspector.core.progress import silent
from inspector.gui import notify
from inspector.gui.tree.pane import TreePane
from inspector.gui.viewers.distribution import DistributionViewer
from inspector.gui.viewers.heat_map import HeatMapViewer
from inspector.gui.viewers.values import ValuesViewer
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.window import opening
from inspector.gui.window.checkpoint_tab import CheckpointTab
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.pages import CancelledPage, ErrorPage, ProgressPage
from tests.e2e.looking import facts_on_screen, keys, texts, view_of, wait_until_open

ACTION = Qt.DropAction.CopyAction
LEFT = Qt.MouseButton.LeftButton


def test_a_training_checkpoint_opens_with_its_weights_in_sight(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    assert view.banner.title.plain() == "Training checkpoint"
    assert "epoch 7" in view.banner.facts.plain()
    weights = ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert keys(view.tree)[:6] == ["epoch", "model", *weights]
    assert texts(view.tree, 2) == ["0.weight", "3 × 4", "float32", "48 B", "cpu", ""]
    folder = str(files)
    assert window.windowTitle() == f"training.pt – {folder} – Checkpoint Inspector"
    facts = facts_on_screen(view)
    assert facts["File"].endswith("training.pt")


def test_jobs_wait_while_the_window_is_painted(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    reports, meanwhile, painted = [0], [], threading.Event()

    class Probe(QWidget):
        def paintEvent(self, event):
            before = reports[0]
            time.sleep(0.1)
            meanwhile.append(reports[0] - before)
            painted.set()

    def work(progress):
        while not painted.is_set():
            progress(0.5)
            reports[0] += 1

    job = window.context.jobs.start("work", work)
    qtbot.waitUntil(lambda: reports[0] > 0)
    probe = Probe(window)
    probe.resize(40, 40)
    with qtbot.waitSignal(job.succeeded):
        probe.show()
    assert meanwhile[0] < 20 < reports[0]


def test_no_other_window_flashes_up_on_the_way(open_window, files, qapp):
    shown = []

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
                shown.extend([type(watched).__name__] if watched.isWindow() else [])
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    open_window(files / "training.pt", files / "cut.pt")
    qapp.removeEventFilter(watch)
    assert shown == ["MainWindow"]


def test_the_bundled_sample_opens_from_the_welcome_page(open_window, qtbot):
    window = open_window()
    assert window.welcome.isVisible()
    button = next(
        b for b in window.welcome.findChildren(QPushButton) if b.text() == "Open the sample"
    )
    qtbot.mouseClick(button, LEFT)
    wait_until_open(qtbot, window)
    assert "model_state_dict" in keys(view_of(window).tree)


def test_every_kind_of_file_opens(open_window, files):
    window = open_window(files / "state & dict.pth", files / "module.pt", files / "tensor.pt")
    first, second, third = window.all_tabs()
    assert [window.tabs.tabText(n) for n in range(2)] == ["state && dict.pth", "module.pt"]
    assert keys(first.view.tree)[:4] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert list(map(str, keys(second.view.tree)[:3])) == ["0", "weight", "bias"]
    assert texts(third.view.tree, 0)[:2] == ["whole file", "3"]
    assert facts_on_screen(third.view)["Shape"] == "3"


def test_open_dialog(open_window, files, qtbot, monkeypatch):
    asked = []

    def choose(parent, folder, filters):
        asked.append((folder, [label for label, _ in filters]))
        return [str(files / "training.pt")]

    monkeypatch.setattr(notify, "choose_checkpoints", choose)
    window = open_window()
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        wait_until_open(qtbot, window)
    assert window.tabs.count() == 1, "the second time only brings the tab forward"
    assert [folder for folder, _ in asked] == ["", str(files)]
    assert asked[0][1]


def test_search_by_keyboard(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    tree = view_of(window).tree
    qtbot.keyClick(tree.view, Qt.Key.Key_Slash)
    assert tree.search.hasFocus()
    with qtbot.waitSignal(tree.arranged):
        qtbot.keyClicks(tree.search, "*.bias")
    assert keys(tree) == ["model", "0.bias", "2.bias"]
    qtbot.keyClick(tree.search, Qt.Key.Key_Down)
    assert tree.view.hasFocus()
    with qtbot.waitSignal(tree.arranged):
        qtbot.keyClick(tree.view, Qt.Key.Key_Escape)
    assert "optimizer" in keys(tree)


def test_copy_key_and_path(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    tree = view_of(window).tree
    tree.view.setFocus()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    for _ in range(3):
        qtbot.keyClick(tree.view, Qt.Key.Key_Down)
    qtbot.keyClick(tree.view, Qt.Key.Key_Down, shift)
    with qtbot.waitSignal(window.copied):
        qtbot.keyClick(tree.view, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text() == "0.weight\n0.bias"
    with qtbot.waitSignal(window.copied):
        qtbot.keyClick(tree.view, Qt.Key.Key_C, control | shift)
    assert QGuiApplication.clipboard().text() == (
        "checkpoint['model']['0.weight']\ncheckpoint['model']['0.bias']"
    )


@pytest.mark.parametrize("name", ["cut.pt", "page.pt", "missing.pt"])
def test_a_file_that_cannot_be_opened_says_why_in_its_tab(open_window, files, name):
    window = open_window(files / name)
    page = window.findChild(ErrorPage)
    assert name in page.message.plain()
    assert not window.statusBar().isVisible()


def test_try_again_after_the_file_has_come(open_window, files, tmp_path, qtbot):
    late = tmp_path / "late.pt"
    window = open_window(late)
    late.write_bytes((files / "training.pt").read_bytes())
    retry = next(b for b in window.findChildren(QPushButton) if b.text() == "Try again")
    qtbot.mouseClick(retry, LEFT)
    wait_until_open(qtbot, window)
    assert "model" in keys(view_of(window).tree)


@pytest.fixture
def slow_opening(monkeypatch):
    """Let the real opening begin, then go on until somebody cancels it."""
    pause = threading.Event()
    stopped = []

    def open_slowly(uri, progress=silent):
        try:
            for step in range(100_000):
                progress(step / 100_000, "Reading")
                pause.wait(0.002)
        finally:
            stopped.append(uri)

    monkeypatch.setattr(opening, "open_checkpoint", open_slowly)
    return stopped


def test_cancel_and_open_again(open_window, files, qtbot, slow_opening, monkeypatch):
    window = open_window(files / "training.pt", wait=False)
    page = window.findChild(ProgressPage)
    qtbot.waitUntil(page.cancel.isVisible)
    qtbot.mouseClick(page.cancel, LEFT)
    qtbot.waitUntil(lambda: bool(slow_opening))
    cancelled = window.findChild(CancelledPage)
    qtbot.waitUntil(cancelled.isVisible)
    monkeypatch.undo()
    again = next(b for b in cancelled.findChildren(QPushButton) if b.text() == "Open again")
    qtbot.mouseClick(again, LEFT)
    wait_until_open(qtbot, window)
    assert view_of(window).isVisible()


@pytest.mark.skipif(sys.platform != "linux", reason="open files are listed in /proc")
@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize("leave", ["cancel", "close"])
def test_giving_up_while_the_view_is_being_made(
    open_window, files, qtbot, monkeypatch, qapp, turn, leave
):
    whole = CheckpointTab._arrive
    given_up = []

    def arrive(tab, *arrived):
        for number, _ in enumerate(whole(tab, *arrived)):
            if number == turn:
                assert is_open(files / "training.pt")
                tab.cancel() if leave == "cancel" else tab.close_requested.emit()
                given_up.append(tab)
            yield

    monkeypatch.setattr(CheckpointTab, "_arrive", arrive)
    window = open_window(files / "training.pt", wait=False)
    qtbot.waitUntil(lambda: bool(given_up))
    assert not is_open(files / "training.pt")
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not window.findChildren(CheckpointView)
    assert not [widget for widget in qapp.allWidgets() if isinstance(widget, TreePane)]
    if leave == "cancel":
        qtbot.waitUntil(window.findChild(CancelledPage).isVisible)
    else:
        qtbot.waitUntil(window.welcome.isVisible)


@pytest.mark.parametrize(("broken", "name"), [(TreePane, "__init__"), (CheckpointView, "_look")])
def test_a_view_that_cannot_be_made_is_said(
    open_window, files, qtbot, monkeypatch, caplog, broken, name
):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(broken, name, fail)
    window = open_window(files / "training.pt", wait=False)
    qtbot.waitUntil(lambda: window.findChild(ErrorPage) is not None)
    assert "mistake in the program" in " ".join(
        label.plain() for label in window.findChild(ErrorPage).findChildren(PlainLabel)
    )
    assert "training.pt could not be opened" in caplog.text
    caplog.clear()
    monkeypatch.undo()
    again = next(b for b in window.findChildren(QPushButton) if b.text() == "Try again")
    qtbot.mouseClick(again, LEFT)
    wait_until_open(qtbot, window)
    assert view_of(window).isVisible()


def is_open(file: Path) -> bool:
    """Return whether this process has the file open."""
    links = Path("/proc/self/fd").iterdir()
    return any(link.exists() and link.samefile(file) for link in links)


def test_close_while_busy(open_window, files, qtbot, slow_opening):
    window = open_window(files / "training.pt", files / "module.pt", wait=False)
    window.close()
    window.context.jobs.shutdown()
    assert len(slow_opening) == 2


def test_close_a_busy_tab(open_window, files, qtbot, slow_opening):
    window = open_window(files / "training.pt", wait=False)
    qtbot.waitUntil(lambda: window.findChild(ProgressPage).cancel.isVisible())
    qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(slow_opening))
    assert window.welcome.isVisible()


def test_drop_several_files(open_window, files, qtbot):
    window = open_window()
    mime = QMimeData()
    names = ["training.pt", "module.pt"]
    mime.setUrls([QUrl.fromLocalFile(str(files / name)) for name in names])
    buttons, keyboard = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), ACTION, mime, buttons, keyboard)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert window.drop_hint.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_hint.isVisible()
    QApplication.sendEvent(window, enter)
    drop = QDropEvent(QPointF(50, 50), ACTION, mime, buttons, keyboard)
    QApplication.sendEvent(window, drop)
    assert drop.isAccepted()
    assert not window.drop_hint.isVisible()
    wait_until_open(qtbot, window)
    assert [tab.name for tab in window.all_tabs()] == names


def test_text_that_is_dropped_is_not_taken(open_window):
    window = open_window()
    mime = QMimeData()
    mime.setText("not a file")
    nothing = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), ACTION, mime, LEFT, nothing)
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()
    assert not window.drop_hint.isVisible()


def test_the_file_that_macos_asks_for(open_window, files, qtbot, qapp):
    window = open_window()
    QApplication.sendEvent(qapp, QFileOpenEvent(str(files / "training.pt")))
    wait_until_open(qtbot, window)
    assert window.tabs.count() == 1


def test_nothing_of_a_file_is_rich_text(open_window, files, qtbot):
    window = open_window(files / "<b>html.pt")
    view = view_of(window)
    assert keys(view.tree) == ["<img src=x>", "note"]
    view.tree.go_to(("note",))
    assert view.panel.titles() == ["Summary", "Text"]
    loud = [
        label.text()
        for label in window.findChildren(QLabel)
        if label.text() and label.textFormat() != Qt.TextFormat.PlainText
    ]
    assert not loud
    tips = [
        window.tabs.tabToolTip(0),
        view.tree.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole),
    ]
    assert not any("<b>" in tip or "<img" in tip for tip in tips)


def test_reload_comes_back_to_the_same_place(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    tree = view_of(window).tree
    tree.go_to(("optimizer", "state", 0, "step"))
    before = keys(tree)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    wait_until_open(qtbot, window)
    tree = view_of(window).tree
    assert keys(tree) == before
    assert tree.view.current_path() == ("optimizer", "state", 0, "step")


def test_tabs_close_by_middle_click_and_by_button(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    window.open_uri(str(files / "module.pt"))
    bar = window.tabs.tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.MiddleButton, pos=bar.tabRect(0).center())
    assert [tab.name for tab in window.all_tabs()] == ["module.pt"]
    qtbot.mouseClick(bar.tabButton(0, bar.ButtonPosition.RightSide), LEFT)
    assert window.welcome.isVisible()


def test_context_menu_by_keyboard(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view_of(window).tree.go_to(("epoch",))
    view_of(window).tree.view.menu_requested.emit(QPoint(10, 10))
    menu = next(m for m in window.findChildren(QMenu) if m.isVisible())
    assert [a.text() for a in menu.actions() if not a.isSeparator()][:2] == [
        "&Copy key",
        "Copy path as &Python",
    ]
    menu.close()


def test_geometry_is_remembered(open_window, files):
    window = open_window()
    window.resize(701, 455)
    window.close()
    assert open_window().size() == window.size()


def test_status_counts_what_is_there(open_window, files):
    window = open_window(files / "many.pt")
    assert window.status() == "3\u202f000 tensors · 3.00 k elements · 12.0 kB"


def test_the_theme_changes_after_tabs_have_come_and_gone(open_window, files, qtbot, qapp):
    window = open_window(files / "training.pt", files / "cut.pt", files / "module.pt")
    window.close_tab(window.all_tabs()[0])
    window.close_tab(window.all_tabs()[0])
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for choice in ("dark", "light", "system"):
        window.context.theme.choose(choice)
        assert not window.grab().isNull()


def test_a_closed_tab_lets_go_of_its_checkpoint(open_window, files, qapp, qtbot):
    window = open_window(files / "training.pt")
    known = weakref.ref(view_of(window).opened.checkpoint)
    window.close_tab(window.all_tabs()[0])
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: known() is None)


def look_by(kind, window, qtbot):
    view = view_of(window)
    view.panel.prefer(kind)
    view.tree.go_to(("model", "0.weight"))
    qtbot.waitUntil(lambda: isinstance(view.panel.viewer(), kind), timeout=20_000)
    viewer = view.panel.viewer()
    qtbot.waitUntil(lambda: getattr(viewer, "state", "") == "shown", timeout=20_000)


@pytest.mark.parametrize("kind", [DistributionViewer, HeatMapViewer, ValuesViewer])
def test_a_closed_tab_lets_go_of_it_after_values_were_looked_at(
    kind, open_window, files, qapp, qtbot
):
    window = open_window(files / "training.pt")
    known = weakref.ref(view_of(window).opened.checkpoint)
    look_by(kind, window, qtbot)
    gc.collect()
    gc.disable()  # after a long job, it does not look at what was there before
    try:
        window.close_tab(window.all_tabs()[0])
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qtbot.waitUntil(lambda: known() is None)
    finally:
        gc.enable()


def test_about(open_window, qtbot, monkeypatch):
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(notify, "about", lambda *words: said.append(words))
    window = open_window()
    window.action("about").trigger()
    assert "Checkpoint Inspector" in said[0][1]
