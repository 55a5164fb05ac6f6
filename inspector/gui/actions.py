"""Everything a person can ask the window to do: one row here is one menu item and one shortcut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

Menu = Literal["File", "Edit", "View", "Help"]
MENUS: tuple[Menu, ...] = ("File", "Edit", "View", "Help")
Needs = Literal["", "tab", "tree", "row"]


@dataclass(frozen=True)
class Action:
    """A command by the name that programs use, and what a person sees of it."""

    id: str
    text: str
    menu: Menu
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    needs: Needs = ""
    """What must be there: a tab, an open tree, or a current row in it."""
    starts_group: bool = False
    in_tree_menu: bool = False


ACTIONS = (
    Action("open", "&Open…", "File", ("Ctrl+O",), "open"),
    Action("open_sample", "Open &sample", "File"),
    Action("reload", "&Reload", "File", ("F5", "Ctrl+R"), "reload", "tab", starts_group=True),
    Action("close_tab", "&Close tab", "File", ("Ctrl+W",), "close", "tab"),
    Action("quit", "&Quit", "File", ("Ctrl+Q",), "quit", starts_group=True),
    Action("copy_key", "&Copy key", "Edit", ("Ctrl+C",), "copy", "row", in_tree_menu=True),
    Action(
        "copy_path",
        "Copy path as &Python",
        "Edit",
        ("Ctrl+Shift+C",),
        "copy-path",
        "row",
        in_tree_menu=True,
    ),
    Action("search", "&Search keys", "Edit", ("/", "Ctrl+F"), "search", "tree", starts_group=True),
    Action("jump", "&Go to target", "Edit", ("Ctrl+J",), "jump", "row", True, in_tree_menu=True),
    Action("expand_all", "&Expand all", "View", ("Ctrl++", "Ctrl+="), "expand", "tree", True, True),
    Action("collapse_all", "&Collapse all", "View", ("Ctrl+-",), "collapse", "tree", False, True),
    Action("whole_file", "Facts of the whole &file", "View", ("Ctrl+I",), "file", "tree", True),
    Action("next_tab", "&Next tab", "View", ("Ctrl+Tab", "Ctrl+PgDown"), "", "tab", True),
    Action("previous_tab", "&Previous tab", "View", ("Ctrl+Shift+Tab", "Ctrl+PgUp"), "", "tab"),
    Action("about", "&About", "Help", (), "about"),
)


def build_actions(
    owner: QWidget, commands: Mapping[str, Callable[[], object]]
) -> dict[str, QAction]:
    """Make the action of every row, owned by `owner`, calling the command of that id."""
    return {row.id: _build(owner, row, commands[row.id]) for row in ACTIONS}


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[Menu, QMenu]:
    """Put the actions into the menus of their rows."""
    menus = {name: bar.addMenu(f"&{name}") for name in MENUS}
    for row in ACTIONS:
        if row.starts_group:
            menus[row.menu].addSeparator()
        menus[row.menu].addAction(actions[row.id])
    return menus


def dress_actions(actions: Mapping[str, QAction], icon: Callable[[str], QIcon]) -> None:
    """Give the actions their pictures, again after the colours have changed."""
    for row in ACTIONS:
        if row.icon:
            actions[row.id].setIcon(icon(row.icon))


def _build(owner: QWidget, row: Action, command: Callable[[], object]) -> QAction:
    action = QAction(row.text, owner)
    action.setObjectName(row.id)
    action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
    action.triggered.connect(lambda: command())
    owner.addAction(action)
    return action
