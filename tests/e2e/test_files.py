"""Files that change under the window, addresses, and what is remembered of files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu

from inspector.core.model import Prefix
from tests.e2e.looking import keys, view_of, wait_until_open

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def own(files: Path, tmp_path: Path) -> Path:
    """Return a file that the test may change."""
    return Path(shutil.copy(files / "training.pt", tmp_path / "own.pt"))


def replaced(own: Path, content: bytes) -> None:
    new = own.with_suffix(".new")
    new.write_bytes(content)
    new.replace(own)


def press(notice, name: str) -> None:
    next(button for button in notice.buttons() if button.text() == name).click()


def test_a_file_that_is_replaced_offers_to_reload(open_window, files, own, qtbot):
    window = open_window(own)
    tab = window.current_tab()
    view_of(window).tree.go_to(("model", "2.bias"))
    replaced(own, own.read_bytes() + b" ")
    qtbot.waitUntil(lambda: "changed on disk" in tab.notice.words())
    before = tab.view
    press(tab.notice, "Reload")
    assert tab.view is before, "the old view stays until the new one is there"
    qtbot.waitUntil(lambda: tab.view is not before)
    assert tab.view.tree.view.current_path() == ("model", "2.bias")
    assert tab.notice.words() == ""


def test_a_file_that_changes_again_is_noticed_again(open_window, own, qtbot):
    window = open_window(own)
    tab = window.current_tab()
    window.context.preferences.choose("when_changed", "reload")
    for number in range(2):
        before = tab.view
        replaced(own, own.read_bytes() + b" " * (number + 1))
        qtbot.waitUntil(lambda before=before: tab.view is not before)
        wait_until_open(qtbot, window)
    assert keys(tab.view.tree)[:2] == ["epoch", "model"]


def test_a_file_that_shrinks_or_goes_keeps_its_tree(open_window, own, qtbot):
    window = open_window(own)
    tab = window.current_tab()
    content = own.read_bytes()
    own.write_bytes(content[:100])
    qtbot.waitUntil(lambda: "shorter" in tab.notice.words())
    press(tab.notice, "Reload")
    qtbot.waitUntil(lambda: "could not be read again" in tab.notice.words())
    assert "model" in keys(view_of(window).tree)
    own.unlink()
    tab.watch.look_again()
    qtbot.waitUntil(lambda: "no longer there" in tab.notice.words())
    assert not tab.notice.buttons()
    assert "model" in keys(view_of(window).tree)


def test_reload_keeps_search_sort_and_grouping(open_window, own, qtbot):
    window = open_window(own)
    tree = view_of(window).tree
    with qtbot.waitSignal(tree.arranged):
        qtbot.keyClick(window, Qt.Key.Key_G, CONTROL)
    with qtbot.waitSignal(tree.arranged):
        qtbot.keyClicks(tree.search, "bias")
    before, tab = keys(tree), window.current_tab()
    old = tab.view
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: tab.view is not old)
    assert keys(tab.view.tree) == before
    assert tab.view.tree.search.text() == "bias"
    assert window.action("group").isChecked()


@pytest.mark.parametrize(
    ("printed", "path"),
    [
        ("model/2.bias", ("model", "2.bias")),
        ("optimizer/state/0/step", ("optimizer", "state", 0, "step")),
    ],
)
def test_a_file_opens_at_a_place_and_says_how_to_come_back(
    open_window, files, qtbot, printed, path
):
    address = f"{files / 'training.pt'}::{printed}"
    window = open_window(Path(address))
    assert view_of(window).tree.view.current_path() == path
    with qtbot.waitSignal(window.copied):
        window.action("copy_command").trigger()
    assert QGuiApplication.clipboard().text() == f"inspector {address}"


def test_a_group_is_a_place_too(open_window, files, qtbot):
    window = open_window(Path(f"{files / 'training.pt'}::model/2.*"))
    tree = view_of(window).tree
    assert tree.view.current_path() == ("model", "2.weight"), "not grouped: the first of them"
    with qtbot.waitSignal(tree.arranged):
        window.action("group").trigger()
    tree.go_to(("model", Prefix("2.")))
    assert window.current_tab().address().endswith("::model/2.*")


def test_a_place_that_is_not_there_is_said(open_window, files):
    window = open_window(Path(f"{files / 'training.pt'}::model/9.bias"))
    assert "There is no ::model/9.bias" in window.current_tab().notice.words()


def test_the_address_bar_opens_and_complains(open_window, files, qtbot):
    window = open_window(files / "module.pt")
    qtbot.keyClick(window, Qt.Key.Key_L, CONTROL)
    bar = window.address_bar
    assert bar.isVisible()
    assert bar.line.text() == str(files / "module.pt")
    bar.line.setText(f"{files / 'training.pt'}::a//b")
    qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    assert bar.problem.isVisible()
    bar.line.setText(f"{files / 'training.pt'}::epoch")
    qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    wait_until_open(qtbot, window)
    assert not bar.isVisible()
    assert view_of(window).tree.view.current_path() == ("epoch",)
    qtbot.keyClick(window, Qt.Key.Key_L, CONTROL)
    qtbot.keyClick(bar.line, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert view_of(window).tree.view.hasFocus()


def test_recent_files_are_offered_and_forgotten(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    window.open_uri(str(files / "module.pt"))
    wait_until_open(qtbot, window)
    for tab in window.all_tabs():
        window.close_tab(tab)
    assert [button.accessibleName().split()[0] for button in window.welcome.recent()] == [
        "module.pt",
        "training.pt",
    ]
    window.welcome.recent()[1].click()
    wait_until_open(qtbot, window)
    assert window.current_tab().name == "training.pt"
    menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "Open re&cent")
    menu.aboutToShow.emit()
    assert menu.actions()[0].data() == str(files / "training.pt")
    menu.actions()[-1].trigger()
    assert window.recent.files() == []
    window.context.preferences.choose("recent_files", 0)
    window.open_uri(str(files / "tensor.pt"))
    wait_until_open(qtbot, window)
    assert window.recent.files() == []


def test_the_last_session_comes_back_when_asked_for(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    window.open_uri(str(files / "module.pt"))
    view = window.all_tabs()[0].view
    view.tree.go_to(("epoch",))
    window.close()
    window = open_window()
    assert window.welcome.session.isVisible()
    window.welcome.session.click()
    wait_until_open(qtbot, window)
    assert [tab.name for tab in window.all_tabs()] == ["training.pt", "module.pt"]
    assert window.all_tabs()[0].view.tree.view.current_path() == ("epoch",)
    window.context.preferences.choose("restore_session", True)
    window.close()
    assert [tab.name for tab in open_window().all_tabs()] == ["training.pt", "module.pt"]


def test_the_folder_is_shown_by_the_system(open_window, files, monkeypatch, tmp_path):
    asked: list[QUrl] = []
    # Without a bus: the file manager of whoever runs this is to stay closed.
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(QDesktopServices, "openUrl", asked.append)
    window = open_window(files / "training.pt")
    window.action("folder").trigger()
    assert asked[0].toLocalFile() == str(files)


def test_tabs_say_the_whole_path(open_window, files):
    window = open_window(files / "training.pt")
    assert str(files / "training.pt") in window.tabs.tabToolTip(0)
    assert str(files) in window.windowTitle()
