"""Nothing is for the mouse alone, and whatever the keyboard reaches has a name: in every window."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import SIGNAL, QItemSelectionModel, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

import inspector.gui
from inspector.gui.dialogs.settings import SettingsDialog
from inspector.gui.dialogs.shortcuts import ShortcutsDialog
from inspector.gui.diff.pages import PAGES
from inspector.gui.export.dialog import ExportDialog
from inspector.gui.viewers import VIEWERS
from inspector.gui.widgets.plot import Plot
from tests.e2e.looking import view_of

PATIENCE = 20_000
BY_MOUSE = (
    "mousePressEvent",
    "mouseReleaseEvent",
    "mouseDoubleClickEvent",
    "mouseMoveEvent",
    "wheelEvent",
)


def classes_of_widgets() -> list[type[QWidget]]:
    """Return the widgets that the program makes itself, of every module of the window."""
    found: list[type[QWidget]] = []
    for module in pkgutil.walk_packages(inspector.gui.__path__, "inspector.gui."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, QWidget):
                found += [value] if value.__module__ == module.name else []
    return found


def overrides(kind: type, names: tuple[str, ...]) -> bool:
    own = [one for one in kind.__mro__ if one.__module__.startswith("inspector.")]
    return any(name in vars(one) for one in own for name in names)


def test_every_widget_that_hears_the_mouse_hears_keys_too() -> None:
    heard = [kind for kind in classes_of_widgets() if overrides(kind, BY_MOUSE)]
    assert len(heard) > 5
    assert [kind.__name__ for kind in heard if not overrides(kind, ("keyPressEvent",))] == []


def misses(window: QWidget) -> list[str]:
    """Return what of a window the keyboard does not reach, or a screen reader has no name for."""
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        kind = type(widget)
        words = f"{kind.__name__} {widget.objectName()} in {type(widget.parent()).__name__}"
        if not widget.isVisible():
            continue
        reached = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if overrides(kind, BY_MOUSE) and not reached and not isinstance(widget, QMenu):
            found.append(f"no focus: {words}")
        if isinstance(widget, Plot) and not widget.receivers(SIGNAL("stepped(int)")):
            found.append(f"no steps: {words}")
        # What passes the keyboard on to another widget is not what a screen reader tells of.
        inner = isinstance(widget.parent(), QAbstractItemView | QLineEdit) or widget.focusProxy()
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or widget.isWindow() or inner:
            continue
        name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        if not name and not widget.objectName().startswith("qt_"):
            found.append(f"no name: {words}")
    return found


def wait_for(qtbot: QtBot, page: Any) -> None:
    """Wait until a page shows what it reads."""
    qtbot.waitUntil(lambda: getattr(page, "state", "shown") != "busy", timeout=PATIENCE)


def every_look(view: Any, qtbot: QtBot) -> Iterator[str]:
    """Show every page of a checkpoint, one after the other."""
    for path in (("model",), ("model", "0.weight"), ("note",), ("epoch",), ()):
        if path:
            view.tree.go_to(path)
        else:
            view.show_whole()
        for kind in VIEWERS:
            if kind.title in view.panel.titles():
                view.panel.prefer(kind)
                view.panel.tab_bar.setCurrentIndex(view.panel.titles().index(kind.title))
                wait_for(qtbot, view.panel.viewer())
                yield f"{kind.title} of {path}"


def test_every_page_of_a_checkpoint(open_window: Any, files: Path, qtbot: QtBot) -> None:
    window = open_window(files / "training.pt", files / "page.pt")
    assert misses(window) == [], "a file that cannot be opened"
    window.tabs.setCurrentIndex(0)
    window.action("address").trigger()
    seen = set()
    for where in every_look(view_of(window), qtbot):
        check(window, where)
        seen.add(where.split(" of ")[0])
    assert len(seen) == len(VIEWERS)


def check(window: QWidget, where: str) -> None:
    assert misses(window) == [], where


def test_the_first_page(open_window: Any) -> None:
    check(open_window(), "welcome")


@pytest.mark.parametrize("dialog", [SettingsDialog, ShortcutsDialog])
def test_dialogs(open_window: Any, dialog: type[QWidget], qtbot: QtBot) -> None:
    window = open_window()
    window.action("settings" if dialog is SettingsDialog else "shortcuts").trigger()
    shown = window.findChild(dialog)
    qtbot.waitUntil(shown.isVisible)
    check(shown, dialog.__name__)
    shown.close()


@pytest.fixture
def two(tmp_path: Path) -> tuple[str, str]:
    import torch

    for name, more in (("a", 0.0), ("b", 0.5)):
        tensors = {f"layer{n}.weight": torch.rand(6, 5) + more for n in range(4)}
        torch.save({"model": tensors, "epoch": int(2 * more)}, tmp_path / f"{name}.pt")
    return str(tmp_path / "a.pt"), str(tmp_path / "b.pt")


def wait_for_tab(qtbot: QtBot, window: Any) -> Any:
    qtbot.waitUntil(lambda: window.page().view is not None, timeout=PATIENCE)
    return window.page().view


def test_every_page_of_a_comparison(open_window: Any, two: Any, qtbot: QtBot) -> None:
    window = open_window()
    window.compare(*two)
    view = wait_for_tab(qtbot, window)
    qtbot.waitUntil(lambda: not view.run.is_busy and view.pane.idle, timeout=PATIENCE)
    seen = set()
    for number in (-1, 0):
        if number >= 0:
            view.pane.go_to(number)
        else:
            view.show_whole()
        for title in view.panel.titles():
            view.panel.tab_bar.setCurrentIndex(view.panel.titles().index(title))
            wait_for(qtbot, view.panel.page())
            check(window, title)
            seen.add(title)
    assert len(seen) == len(PAGES)


def test_points_that_the_mouse_points_at_are_gone_to_by_keys(
    open_window: Any, two: Any, qtbot: QtBot
) -> None:
    window = open_window()
    window.compare(*two)
    view = wait_for_tab(qtbot, window)
    qtbot.waitUntil(lambda: not view.run.is_busy and view.pane.idle, timeout=PATIENCE)
    for title in ("By depth", "Scatter", "Histograms"):
        view.pane.go_to(0)
        view.panel.tab_bar.setCurrentIndex(view.panel.titles().index(title))
        page = view.panel.page()
        wait_for(qtbot, page)
        plot = next(one for one in page.findChildren(Plot) if one.isVisible())
        plot.setFocus()
        said = []
        for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_End):
            qtbot.keyClick(plot, key)
            said.append(plot.readout.text())
        assert len({*said, ""}) == 4, title
        assert plot.accessibleDescription() == said[-1]
        if title == "By depth":
            qtbot.keyClick(plot, Qt.Key.Key_Return)
            assert view.pane.table.current_number() == len(view.run.rows) - 1


def test_a_series(open_window: Any, two: Any, qtbot: QtBot) -> None:
    window = open_window()
    window.open_series([*two, two[0]])
    view = wait_for_tab(qtbot, window)
    qtbot.waitUntil(lambda: not view.is_busy and view.chart is not None, timeout=PATIENCE)
    check(window, "series")


def test_every_page_of_the_export_window(open_window: Any, files: Path, qtbot: QtBot) -> None:
    window = open_window(files / "training.pt")
    window.action("export").trigger()
    dialog = window.findChild(ExportDialog)
    qtbot.waitUntil(lambda: dialog.body is not None, timeout=PATIENCE)
    body = dialog.body
    for rules in body.rules.lists.values():
        rules.add.click()
    body.read_target(str(files / "state & dict.pth"), only_fitting=False)
    qtbot.waitUntil(lambda: not body.target_page.table.isHidden(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: body.forecast.is_current, timeout=PATIENCE)
    for number in range(body.tabs.count()):
        body.tabs.setCurrentIndex(number)
        check(dialog, body.tabs.tabText(number))
    dialog.close()


def test_tabs_change_places_by_keys_and_the_session_knows(
    open_window: Any, files: Path, qtbot: QtBot
) -> None:
    names = ["training.pt", "module.pt", "tensor.pt"]
    window = open_window(*(files / name for name in names))
    shifted = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_PageUp, shifted)
    qtbot.keyClick(window, Qt.Key.Key_PageUp, shifted)
    order = [tab.name for tab in window.all_tabs()]
    assert order == ["tensor.pt", "training.pt", "module.pt"]
    assert window.current_tab().name == "tensor.pt"
    qtbot.keyClick(window, Qt.Key.Key_PageUp, shifted)
    assert [tab.name for tab in window.all_tabs()] == order, "it is the first"
    qtbot.keyClick(window, Qt.Key.Key_PageDown, shifted)
    window.close()
    again = open_window()
    again.open_session()
    assert [tab.name for tab in again.all_tabs()] == ["training.pt", "tensor.pt", "module.pt"]


def tip_at(qtbot: QtBot, window: QWidget, focus: Callable[[], object]) -> str:
    focus()
    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ControlModifier)
    return QToolTip.text()


def to_value(qtbot: QtBot, tree: Any) -> None:
    tree.setFocus()
    index = tree.currentIndex().siblingAtColumn(1)
    tree.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)


def test_tips_are_had_by_keys_in_every_window(open_window: Any, files: Path, qtbot: QtBot) -> None:
    window = open_window(files / "training.pt")
    view = view_of(window)
    assert "training.pt" in tip_at(qtbot, window, window.tabs.tabBar().setFocus)
    assert "how" in tip_at(qtbot, window, view.tree.bar.mode_button.setFocus).lower()
    assert "Checkpoint tree" in tip_at(qtbot, window, view.tree.view.setFocus)
    view.tree.go_to(("note",))
    assert "first line" in tip_at(qtbot, window, lambda: to_value(qtbot, view.tree.view))
    qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert "Column" in tip_at(qtbot, window, lambda: None)
    window.action("export").trigger()
    dialog = window.findChild(ExportDialog)
    qtbot.waitUntil(lambda: dialog.body is not None, timeout=PATIENCE)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    assert "(Ctrl+Enter)" in tip_at(qtbot, dialog, dialog.body.save_bar.save.setFocus)
    qtbot.keyClick(dialog, Qt.Key.Key_F1)
    shortcuts = dialog.findChild(ShortcutsDialog)
    qtbot.waitUntil(shortcuts.isVisible)
    shortcuts.close()
    dialog.close()


def test_what_is_out_of_reach_is_found(qtbot: QtBot) -> None:
    class Nameless(QWidget):
        __module__ = "inspector.gui.nowhere"

        def mousePressEvent(self, event: object) -> None:
            pass

    box, bare, silent = QWidget(), QLineEdit(), Nameless()
    qtbot.addWidget(box)
    for widget in (bare, silent):
        widget.setParent(box)
    with qtbot.waitExposed(box):
        box.show()
    assert [line.split(":")[0] for line in misses(box)] == ["no name", "no focus"]
