"""Everything a person can ask the window to do: one row here is one menu item and one shortcut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from inspector.gui.theme import Theme

Menu = Literal["File", "Edit", "View", "Compare", "Help"]
MENUS: tuple[Menu, ...] = ("File", "Edit", "View", "Compare", "Help")
Needs = Literal["", "page", "tab", "tree", "row", "reference", "comparison"]


@dataclass(frozen=True)
class Action:
    """A command by the name that programs use, and what a person sees of it."""

    id: str
    text: str
    menu: Menu
    shortcuts: tuple[str, ...]
    icon: str
    needs: Needs = ""
    """What must be there: any page, a tab of a checkpoint, an open tree, a current row in it, or
    one that leads elsewhere.

    A comparison says itself which others it answers.
    """
    starts_group: bool = False
    in_tree_menu: bool = False
    checkable: bool = False
    everywhere: bool = False
    """True if the keys hold in the windows beside the main one, too."""


ACTIONS = (
    Action("open", "&Open…", "File", ("Ctrl+O",), "open"),
    Action("address", "Open at an &address…", "File", ("Ctrl+L",), "address"),
    Action("open_sample", "Open &sample", "File", ("Ctrl+Shift+O",), "sample"),
    Action("reload", "&Reload", "File", ("F5", "Ctrl+R"), "reload", "tab", starts_group=True),
    Action("folder", "Open containing &folder", "File", ("Ctrl+Shift+E",), "folder", "tab"),
    Action("close_tab", "&Close tab", "File", ("Ctrl+W",), "close", "tab"),
    Action("export", "E&xport…", "File", ("Ctrl+E",), "export", "tree", starts_group=True),
    Action("settings", "S&ettings…", "File", ("Ctrl+,",), "settings", starts_group=True),
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
    Action(
        "copy_command",
        "Copy the command that &reopens this view",
        "Edit",
        ("Ctrl+Alt+C",),
        "command",
        "page",
        in_tree_menu=True,
    ),
    Action("search", "&Search keys", "Edit", ("/", "Ctrl+F"), "search", "tree", starts_group=True),
    Action("filter", "Quick &filters…", "Edit", ("Ctrl+Shift+F",), "filter", "tree"),
    Action("search_mode", "&How to search…", "Edit", ("Ctrl+M",), "mode", "tree"),
    Action("jump", "&Go to target", "Edit", ("Ctrl+J",), "jump", "reference", True, True),
    Action(
        "export_selection",
        "Export selec&tion…",
        "Edit",
        ("Ctrl+Alt+E",),
        "export",
        "row",
        in_tree_menu=True,
        starts_group=True,
    ),
    Action(
        "group",
        "&Group keys by dots",
        "View",
        ("Ctrl+G",),
        "group",
        "tree",
        in_tree_menu=True,
        starts_group=True,
        checkable=True,
    ),
    Action(
        "expand_all", "&Expand all", "View", ("Ctrl++", "Ctrl+="), "expand", "tree", False, True
    ),
    Action("collapse_all", "&Collapse all", "View", ("Ctrl+-",), "collapse", "tree", False, True),
    Action(
        "divider",
        "Mo&ve the divider",
        "View",
        ("F7",),
        "divider",
        "page",
        starts_group=True,
        everywhere=True,
    ),
    Action("headings", "Column &headings", "View", ("Ctrl+H",), "headings", "page"),
    Action("columns", "C&olumns…", "View", ("Ctrl+Shift+H",), "columns", "tree"),
    Action("sort", "So&rt by…", "View", ("Ctrl+K",), "sort", "tree"),
    Action("scan", "&Scan all values", "View", ("Ctrl+Shift+A",), "scan", "tree", True),
    Action("whole_file", "Facts of the whole &file", "View", ("Ctrl+I",), "file", "tree"),
    Action("other_side", "Tree or pa&nel", "View", ("F6",), "panel", "tree"),
    Action("next_view", "Next way to &look", "View", ("Ctrl+Right",), "look", "tree"),
    Action("next_tab", "Ne&xt tab", "View", ("Ctrl+Tab", "Ctrl+PgDown"), "next", "tab", True),
    Action(
        "previous_tab", "&Previous tab", "View", ("Ctrl+Shift+Tab", "Ctrl+PgUp"), "previous", "tab"
    ),
    Action("tab_left", "&Move tab left", "View", ("Ctrl+Shift+PgUp",), "tab-left", "tab"),
    Action("tab_right", "Move &tab right", "View", ("Ctrl+Shift+PgDown",), "tab-right", "tab"),
    Action("theme", "Light or &dark", "View", ("Ctrl+Shift+L",), "theme", starts_group=True),
    Action("compare", "Compare &with a file…", "Compare", ("Ctrl+D",), "compare", "tab"),
    Action(
        "compare_open",
        "Compare with an open &tab…",
        "Compare",
        ("Ctrl+Shift+D",),
        "compare-tab",
        "tab",
    ),
    Action("compare_two", "Compare two &files…", "Compare", ("Ctrl+Alt+D",), "compare-files"),
    Action("series", "S&eries of files…", "Compare", ("Ctrl+Alt+S",), "series"),
    Action(
        "next_difference",
        "&Next difference",
        "Compare",
        ("F8", "Alt+Down"),
        "down",
        "comparison",
        starts_group=True,
    ),
    Action(
        "previous_difference",
        "&Previous difference",
        "Compare",
        ("Shift+F8", "Alt+Up"),
        "up",
        "comparison",
    ),
    Action(
        "only_changes",
        "Only &changes",
        "Compare",
        ("Alt+1",),
        "changes",
        "comparison",
        starts_group=True,
        checkable=True,
    ),
    Action(
        "only_unchanged",
        "Only what did not c&hange",
        "Compare",
        ("Alt+2",),
        "unchanged",
        "comparison",
        checkable=True,
    ),
    Action("save_report", "Save a &report…", "Compare", ("Ctrl+S",), "save", "comparison", True),
    Action("swap_sides", "&Swap sides", "Compare", ("Ctrl+Shift+S",), "swap", "comparison"),
    Action("shortcuts", "&Keyboard shortcuts", "Help", ("F1",), "keyboard", everywhere=True),
    Action("tip", "What is &this?", "Help", ("Ctrl+F1",), "info", everywhere=True),
    Action("about", "&About", "Help", ("Shift+F1",), "about", starts_group=True),
)


@dataclass(frozen=True)
class PartAction:
    """A command that only one part of the window knows, in a menu of that part."""

    id: str
    text: str
    part: str
    """As F1 calls it."""
    shortcut: str
    icon: str
    in_window: bool = False
    """True if the keys hold wherever the focus is, as long as it is in the window of the part."""
    checkable: bool = False


_VALUES, _EXPORT = "In a table of values", "In the export window"
PART_ACTIONS = (
    PartAction("forget_recent", "Forget these", "File", "Ctrl+Shift+Del", "close", True),
    PartAction("show_everything", "Show everything", "In the tree", "Ctrl+Shift+X", "filter"),
    PartAction(
        "usual_columns", "Usual columns and widths", "In the tree", "Ctrl+Shift+U", "columns"
    ),
    PartAction("tsv", "Copy for a &spreadsheet (TSV)", _VALUES, "Ctrl+Shift+T", "copy"),
    PartAction("lists", "Copy as nested &lists", _VALUES, "Ctrl+Shift+N", "sequence"),
    PartAction("tensor", "Copy as &torch.tensor(…)", _VALUES, "Ctrl+Shift+P", "copy-path"),
    PartAction("save_part", "Save selected &cells as .npy…", _VALUES, "Ctrl+Shift+R", "save"),
    PartAction("save_whole", "Save the &whole tensor as .npy…", _VALUES, "Ctrl+Shift+W", "array"),
    PartAction("read_as", "&Read the bytes as…", _VALUES, "Ctrl+Shift+B", "view", checkable=True),
    PartAction("load_recipe", "&Load a recipe…", _EXPORT, "Ctrl+O", "open", True),
    PartAction("save_recipe", "&Save as a recipe…", _EXPORT, "Ctrl+S", "save", True),
    PartAction("load_names", "New keys from a &list…", _EXPORT, "Ctrl+L", "copy-path", True),
    PartAction("start_over", "Start &over", _EXPORT, "Ctrl+Shift+R", "reload", True),
)
_PART_ACTIONS = {row.id: row for row in PART_ACTIONS}


class ActionOfPart(QAction):
    """Made from its row, in the colours of the theme."""

    def __init__(self, name: str, theme: Theme, parent: QObject) -> None:
        row = self._row = _PART_ACTIONS[name]
        super().__init__(row.text, parent)
        self._theme = theme
        self.setObjectName(name)
        self.setShortcut(QKeySequence(row.shortcut))
        # The same keys mean something else in other parts of the window.
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        self.setShortcutContext(Qt.ShortcutContext.WindowShortcut if row.in_window else inside)
        self.setCheckable(row.checkable)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setIcon(self._theme.icon(self._row.icon))


def build_actions(
    owner: QWidget, commands: Mapping[str, Callable[[], object]]
) -> dict[str, QAction]:
    """Make the action of every row, owned by `owner`, calling the command of that id."""
    return {row.id: _build(owner, row, commands[row.id]) for row in ACTIONS}


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[Menu, QMenu]:
    """Put the actions into the menus of their rows."""
    menus = {name: bar.addMenu(f"&{name}") for name in MENUS}
    for row in ACTIONS:
        if row.starts_group and menus[row.menu].actions():
            menus[row.menu].addSeparator()
        menus[row.menu].addAction(actions[row.id])
    return menus


def dress_actions(actions: Mapping[str, QAction], icon: Callable[[str], QIcon]) -> None:
    """Give the actions their pictures, again after the colours have changed."""
    for row in ACTIONS:
        if row.id in actions:
            actions[row.id].setIcon(icon(row.icon))


def _build(owner: QWidget, row: Action, command: Callable[[], object]) -> QAction:
    action = QAction(row.text, owner)
    action.setObjectName(row.id)
    action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
    action.setCheckable(row.checkable)
    if row.everywhere:
        action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
    action.triggered.connect(lambda: command())
    owner.addAction(action)
    return action
