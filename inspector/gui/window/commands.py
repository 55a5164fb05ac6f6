"""What each action does: functions that take the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QGuiApplication

from inspector import __version__
from inspector.core import text
from inspector.core.model import python_path
from inspector.gui import notify
from inspector.gui.actions import build_actions
from inspector.gui.context import AppContext
from inspector.gui.tree.pane import TreePane
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.main_window import NAME, MainWindow


def create_window(context: AppContext) -> MainWindow:
    """Make the window, with its actions connected."""
    window = MainWindow(context)
    commands = {name: partial(command, window) for name, command in COMMANDS.items()}
    window.set_actions(build_actions(window, commands))
    return window


def _reload(window: MainWindow) -> None:
    if tab := window.current_tab():
        tab.open()


def _close_tab(window: MainWindow) -> None:
    if tab := window.current_tab():
        window.close_tab(tab)


def _copy_key(window: MainWindow) -> None:
    if tree := _tree(window):
        _copy([str(row.node.key) for row in tree.view.selected_rows()])


def _copy_path(window: MainWindow) -> None:
    if tree := _tree(window):
        _copy([python_path(row.path) for row in tree.view.selected_rows()])


def _search(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.focus_search()


def _jump(window: MainWindow) -> None:
    view = _view(window)
    node = view.current_node() if view else None
    if view and node and node.kind == "reference":
        view.tree.go_to(node.value)


def _expand_all(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.expand_all()


def _collapse_all(window: MainWindow) -> None:
    if tree := _tree(window):
        tree.collapse_all()


def _whole_file(window: MainWindow) -> None:
    if view := _view(window):
        view.show_whole()


def _about(window: MainWindow) -> None:
    notify.about(
        window,
        f"About {NAME}",
        f"{NAME} {__version__}\n\nLooks inside PyTorch checkpoints without running them.",
    )


def _view(window: MainWindow) -> CheckpointView | None:
    tab = window.current_tab()
    return tab.view if tab else None


def _tree(window: MainWindow) -> TreePane | None:
    view = _view(window)
    return view.tree if view else None


def _copy(lines: list[str]) -> None:
    """Put one line per selected row on the clipboard, with nothing that could act elsewhere."""
    if lines:
        QGuiApplication.clipboard().setText("\n".join(map(text.printable, lines)))


COMMANDS: dict[str, Callable[[MainWindow], object]] = {
    "open": MainWindow.choose,
    "open_sample": MainWindow.open_sample,
    "reload": _reload,
    "close_tab": _close_tab,
    "quit": MainWindow.close,
    "copy_key": _copy_key,
    "copy_path": _copy_path,
    "search": _search,
    "jump": _jump,
    "expand_all": _expand_all,
    "collapse_all": _collapse_all,
    "whole_file": _whole_file,
    "next_tab": lambda window: window.tabs.step(1),
    "previous_tab": lambda window: window.tabs.step(-1),
    "about": _about,
}
