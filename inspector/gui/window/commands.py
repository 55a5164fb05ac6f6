"""What each action does: functions that take the window."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu

from inspector import __version__
from inspector.core import text
from inspector.core.model import Path
from inspector.gui import notify
from inspector.gui.actions import build_actions
from inspector.gui.context import AppContext
from inspector.gui.dialogs.settings import SettingsDialog
from inspector.gui.dialogs.shortcuts import ShortcutsDialog
from inspector.gui.tree.pane import TreePane
from inspector.gui.tree.selection import keys_text, paths_of, paths_text
from inspector.gui.widgets.divider import move_divider
from inspector.gui.widgets.headings import enter_headings
from inspector.gui.widgets.rows import ask_for_order
from inspector.gui.widgets.tips import show_tip
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.file_manager import show_in_folder
from inspector.gui.window.main_window import MainWindow
from inspector.gui.window.recent import menu_text
from inspector.gui.window.titles import NAME

_ABOUT = (
    "Looks inside PyTorch checkpoints without running them.\n\n"
    "Licence: MIT. Made with Qt and PySide6 (LGPL); nothing of a file is imported, called or sent."
)


def create_window(context: AppContext) -> MainWindow:
    """Make the window, with its actions connected."""
    window = MainWindow(context)
    commands = {name: partial(_do, window, name) for name in COMMANDS}
    window.set_actions(build_actions(window, commands))
    return window


def _do(window: MainWindow, name: str) -> None:
    """Do what an action asks; a comparison on screen may have its own way."""
    own = window.answered().get(name)
    if own is not None:
        own()
    else:
        COMMANDS[name](window)


def _compare(window: MainWindow) -> None:
    """Compare the checkpoint on screen with one that the person picks."""
    tab = window.current_tab()
    chosen = window.chosen_files() if tab else []
    if tab and chosen:
        window.compare(tab.uri, chosen[0])


def _compare_two(window: MainWindow) -> None:
    """Compare two that the person picks together, or one after the other."""
    chosen = window.chosen_files()
    if len(chosen) == 1:
        chosen += window.chosen_files()[:1]
    if len(chosen) > 1:
        window.compare(*chosen[:2])


def _compare_open(window: MainWindow) -> None:
    """Compare with another open tab: the only one, or one out of a menu."""
    tab = window.current_tab()
    others = [other for other in window.all_tabs() if other is not tab]
    if tab is None or not others:
        return
    if len(others) == 1:
        window.compare(tab.uri, others[0].uri)
        return
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for other in others:
        action = menu.addAction(menu_text(other.uri))
        action.triggered.connect(lambda _=False, uri=other.uri: window.compare(tab.uri, uri))
    menu.popup(window.tabs.mapToGlobal(QPoint(16, window.tabs.tabBar().height())))


def _series(window: MainWindow) -> None:
    """Show snapshots that the person picks together."""
    chosen = window.chosen_files()
    if len(chosen) > 1:
        window.open_series(chosen)


def _answered_elsewhere(_: MainWindow) -> None:
    """Nothing: only a comparison on screen does it."""


def _address(window: MainWindow) -> None:
    tab = window.current_tab()
    window.address_bar.ask(tab.address() if tab else "")


def _reload(window: MainWindow) -> None:
    if tab := window.current_tab():
        tab.open()


def _close_tab(window: MainWindow) -> None:
    if tab := window.current_tab():
        window.close_tab(tab)


def _folder(window: MainWindow) -> None:
    """Show the file in the system's file manager, selected where that can be asked for."""
    tab = window.current_tab()
    if tab is not None and "://" not in tab.uri:
        show_in_folder(tab.uri, window)


def _export(window: MainWindow) -> None:
    if tab := window.current_tab():
        _show_export(window, tab.uri, ())


def _export_selection(window: MainWindow) -> None:
    tab, tree = window.current_tab(), _tree(window)
    if tab is None or tree is None:
        return
    job = window.context.jobs.start(
        "Looking at the selection", paths_of, tree.model.lines, tree.view.selected_ranges()
    )
    job.succeeded.connect(lambda paths: _show_export(window, tab.uri, paths))


def _show_export(window: MainWindow, uri: str, chosen: tuple[Path, ...]) -> None:
    # Imported here: the window is on screen without it a tenth of a second earlier.
    from inspector.gui.export.dialog import ExportDialog

    dialog = ExportDialog(window.context, uri, None, chosen, window)
    dialog.open_requested.connect(window.open_uri)
    dialog.folder_requested.connect(lambda file: show_in_folder(file, window))
    dialog.show()


def _settings(window: MainWindow) -> None:
    SettingsDialog(window.context.preferences, window).open()


def _copy_key(window: MainWindow) -> None:
    _copy_rows(window, keys_text)


def _copy_path(window: MainWindow) -> None:
    _copy_rows(window, paths_text)


def _copy_rows(window: MainWindow, written: Callable[..., str]) -> None:
    """Put one line per selected row on the clipboard; a million of them are written as a job."""
    tree = _tree(window)
    if tree is None or not tree.view.selected_count():
        return
    job = window.context.jobs.start(
        "Copying", written, tree.model.lines, tree.view.selected_ranges()
    )
    job.succeeded.connect(lambda written: _copy(window, written))


def _copy_command(window: MainWindow) -> None:
    if page := window.page():
        words = page.command()
        on_windows = sys.platform == "win32"
        command = subprocess.list2cmdline(words) if on_windows else shlex.join(words)
        _copy(window, text.printable(command))


def _copy(window: MainWindow, written: str) -> None:
    QGuiApplication.clipboard().setText(written)
    window.copied.emit()


def _search(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.focus_search()


def _filter(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.filter_bar.button.showMenu()


def _search_mode(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.bar.mode_button.showMenu()


def _jump(window: MainWindow) -> None:
    view = _view(window)
    node = view.current_node() if view else None
    if view and node and node.kind == "reference":
        view.tree.go_to(node.value)


def _group(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.set_grouped(not tree.group.isChecked())


def _expand_all(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.expand_all()


def _collapse_all(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.collapse_all()


def _columns(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.view.columns.ask(QPoint(8, tree.view.horizontalHeader().height()))


def _headings(window: MainWindow) -> None:
    if page := window.page():
        enter_headings(page)


def _sort(window: MainWindow) -> None:
    if tree := _tree(window):
        ask_for_order(tree.view)


def _scan(window: MainWindow) -> None:
    if view := _view(window):
        view.scan.start()


def _whole_file(window: MainWindow) -> None:
    if view := _view(window):
        view.show_whole()


def _other_side(window: MainWindow) -> None:
    """Move the keyboard from the tree to the panel and back."""
    if view := _view(window):
        in_panel = view.panel.is_within(QGuiApplication.focusObject())
        other = view.tree.view if in_panel else view.panel.tab_bar
        other.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _next_view(window: MainWindow) -> None:
    if view := _view(window):
        view.panel.step()


def _theme(window: MainWindow) -> None:
    dark = window.context.theme.is_dark
    window.context.preferences.choose("theme", "light" if dark else "dark")


def _shortcuts(window: MainWindow) -> None:
    above = QApplication.activeWindow() or window
    if not isinstance(above, ShortcutsDialog):
        ShortcutsDialog(above).open()


def _about(window: MainWindow) -> None:
    notify.about(window, f"About {NAME}", f"{NAME} {__version__}\n\n{_ABOUT}")


def _view(window: MainWindow) -> CheckpointView | None:
    tab = window.current_tab()
    return tab.view if tab else None


def _tree(window: MainWindow) -> TreePane | None:
    view = _view(window)
    return view.tree if view else None


COMMANDS: dict[str, Callable[[MainWindow], object]] = {
    "open": MainWindow.choose,
    "address": _address,
    "open_sample": MainWindow.open_sample,
    "reload": _reload,
    "folder": _folder,
    "close_tab": _close_tab,
    "export": _export,
    "export_selection": _export_selection,
    "settings": _settings,
    "quit": MainWindow.close,
    "copy_key": _copy_key,
    "copy_path": _copy_path,
    "copy_command": _copy_command,
    "search": _search,
    "filter": _filter,
    "search_mode": _search_mode,
    "jump": _jump,
    "group": _group,
    "expand_all": _expand_all,
    "collapse_all": _collapse_all,
    "divider": lambda _: move_divider(),
    "headings": _headings,
    "columns": _columns,
    "sort": _sort,
    "scan": _scan,
    "whole_file": _whole_file,
    "other_side": _other_side,
    "next_view": _next_view,
    "next_tab": lambda window: window.tabs.step(1),
    "previous_tab": lambda window: window.tabs.step(-1),
    "tab_left": lambda window: window.tabs.move_current(-1),
    "tab_right": lambda window: window.tabs.move_current(1),
    "theme": _theme,
    "compare": _compare,
    "compare_open": _compare_open,
    "compare_two": _compare_two,
    "series": _series,
    "next_difference": _answered_elsewhere,
    "previous_difference": _answered_elsewhere,
    "only_changes": _answered_elsewhere,
    "only_unchanged": _answered_elsewhere,
    "save_report": _answered_elsewhere,
    "swap_sides": _answered_elsewhere,
    "shortcuts": _shortcuts,
    "tip": lambda _: show_tip(),
    "about": _about,
}
