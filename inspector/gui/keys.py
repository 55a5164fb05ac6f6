"""Keys that are no actions: what the parts of the window do by themselves while they have focus.

The handlers of the parts ask here what a key means, and F1 lists the same rows.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


class Key(NamedTuple):
    """What a part does, and which keys ask for it by which names."""

    part: str
    does: str
    asks: tuple[tuple[str, str], ...]
    """Keys as Qt spells them, and what its part calls that."""
    by_hand: str = ""
    """What to do where no key is pressed: an action has the keys for the same."""

    @property
    def keys(self) -> str:
        """The keys as a person reads them on this system."""
        return self.by_hand or ", ".join(_native(keys) for keys, _ in self.asks)


TREE = "In the tree"
COMPARISON = "In a comparison"
SEARCH = "In a field to search"
TABLE = "In a table"
VALUES = "In a table of values"
HEADINGS = "In the headings of a table"
DIVIDER = "On a divider"
FACTS = "In facts and sentences"
PLOT = "In a plot"
HEAT_MAP = "In a heat map"
TREEMAP = "In a treemap"
STRIP = "In the overview of differences"
MENU = "In a menu of ticks"
EXPORT = "In the export window"

KEYS = (
    Key(TREE, "Open or close a branch", (("Space", "toggle"),)),
    Key(TREE, "Step in, step out", (("Right", "step_in"), ("Left", "step_out"))),
    Key(TREE, "Open a branch, or follow a reference", (("Return", "activate"),)),
    Key(TREE, "First or last row", (("Home", "first"), ("End", "last"))),
    Key(TREE, "Select several rows", (("Shift+Up", "select"), ("Shift+Down", "select"))),
    Key(TREE, "Give up search and filters", (("Esc", "leave"),)),
    Key(TREE, "Write the selected rows as a file", (), "drag them out of the window"),
    Key(COMPARISON, "Open or close a branch", (("Space", "toggle"), ("Return", "toggle"))),
    Key(COMPARISON, "Step in, step out", (("Right", "step_in"), ("Left", "step_out"))),
    Key(COMPARISON, "First or last line", (("Home", "first"), ("End", "last"))),
    Key(COMPARISON, "Give up the selected row", (("Esc", "leave"),)),
    Key(SEARCH, "Go on to what is found", (("Return", "leave"), ("Down", "leave"))),
    Key(SEARCH, "Empty it, or leave it", (("Esc", "empty"),)),
    Key(TABLE, "Go to what a row stands for", (("Return", "choose"),)),
    Key(VALUES, "Copy the selected cells", (("Ctrl+C", "copy"),)),
    Key(
        VALUES,
        "The next or previous page, from its edge",
        (("Down", "next"), ("Up", "previous"), ("PgDown", "next"), ("PgUp", "previous")),
    ),
    Key(HEADINGS, "Column to column", (("Left", "previous"), ("Right", "next"))),
    Key(HEADINGS, "First or last column", (("Home", "first"), ("End", "last"))),
    Key(HEADINGS, "Narrower, wider", (("Shift+Left", "narrower"), ("Shift+Right", "wider"))),
    Key(HEADINGS, "Move the column", (("Alt+Left", "move_left"), ("Alt+Right", "move_right"))),
    Key(HEADINGS, "Sort by it, as a click does", (("Return", "sort"), ("Space", "sort"))),
    Key(HEADINGS, "What a right click offers", (("Menu", "menu"), ("Shift+F10", "menu"))),
    Key(HEADINGS, "Back to the rows", (("Esc", "leave"), ("Down", "leave"))),
    Key(
        DIVIDER,
        "Move it",
        (("Left", "back"), ("Right", "on"), ("Up", "back"), ("Down", "on")),
    ),
    Key(
        DIVIDER,
        "Move it farther",
        (
            ("Shift+Left", "far_back"),
            ("Shift+Right", "far_on"),
            ("Shift+Up", "far_back"),
            ("Shift+Down", "far_on"),
        ),
    ),
    Key(DIVIDER, "As far as it goes", (("Home", "first"), ("End", "last"))),
    Key(DIVIDER, "Back to where the keyboard was", (("Esc", "leave"), ("Return", "leave"))),
    Key(FACTS, "The fact above or below", (("Up", "previous"), ("Down", "next"))),
    Key(FACTS, "Copy it, or what is selected of it", (("Ctrl+C", "copy"),)),
    Key(FACTS, "Select a part of it", (("Shift+Left", "select"), ("Shift+Right", "select"))),
    Key(
        PLOT,
        "Point to point: bars, layers, tensors, snapshots",
        (("Left", "previous"), ("Right", "next")),
    ),
    Key(PLOT, "First or last", (("Home", "first"), ("End", "last"))),
    Key(PLOT, "To the tensor of a point", (("Return", "activate"),)),
    Key(PLOT, "Nearer", (("+", "nearer"), ("=", "nearer"), ("Up", "nearer"))),
    Key(PLOT, "Farther", (("-", "farther"), ("Down", "farther"))),
    Key(
        PLOT,
        "Move",
        (
            ("Shift+Left", "left"),
            ("Shift+Right", "right"),
            ("Shift+Up", "up"),
            ("Shift+Down", "down"),
        ),
    ),
    Key(PLOT, "Whole range", (("0", "whole"),)),
    Key(
        HEAT_MAP,
        "Cell to cell",
        (("Left", "left"), ("Right", "right"), ("Up", "up"), ("Down", "down")),
    ),
    Key(
        HEAT_MAP,
        "Several cells at once",
        (
            ("Shift+Left", "far_left"),
            ("Shift+Right", "far_right"),
            ("Shift+Up", "far_up"),
            ("Shift+Down", "far_down"),
        ),
    ),
    Key(HEAT_MAP, "Nearer, farther", (("+", "nearer"), ("=", "nearer"), ("-", "farther"))),
    Key(HEAT_MAP, "All of it", (("0", "whole"),)),
    Key(
        TREEMAP,
        "Tile to tile",
        (("Left", "left"), ("Right", "right"), ("Up", "up"), ("Down", "down")),
    ),
    Key(TREEMAP, "First or last tile", (("Home", "first"), ("End", "last"))),
    Key(TREEMAP, "Go to what a tile stands for", (("Return", "choose"),)),
    Key(STRIP, "Scroll the rows", (("Up", "up"), ("Down", "down"))),
    Key(STRIP, "To the first or last rows", (("Home", "first"), ("End", "last"))),
    Key(MENU, "Tick, and stay in the menu", (("Space", "tick"),)),
    Key(EXPORT, "Tick or untick the selected rows", (("Space", "tick"),)),
    Key(EXPORT, "Step in, step out", (("Right", "step_in"), ("Left", "step_out"))),
    Key(EXPORT, "Open or close a branch", (("Return", "toggle"),)),
    Key(EXPORT, "First or last row", (("Home", "first"), ("End", "last"))),
    Key(EXPORT, "Search keys", (("/", "search"),)),
    Key(EXPORT, "Move a rule up or down", (("Alt+Up", "rule_up"), ("Alt+Down", "rule_down"))),
    Key(EXPORT, "Write the file", (("Ctrl+Return", "write"),)),
)

_SHIFT = Qt.KeyboardModifier.ShiftModifier.value
_KEYPAD = Qt.KeyboardModifier.KeypadModifier.value


def asked(part: str, event: QKeyEvent) -> str:
    """Return what a key asks of a part, by the name in `KEYS`; empty if nothing."""
    pressed = event.keyCombination().toCombined() & ~_KEYPAD
    if event.key() == Qt.Key.Key_Enter:
        pressed += Qt.Key.Key_Return - Qt.Key.Key_Enter
    asks = _ASKS[part]
    if pressed not in asks and _is_sign(event.key()):
        pressed &= ~_SHIFT  # by which some keyboards write it
    return asks.get(pressed, "")


def claims(part: str, event: QEvent) -> bool:
    """Return whether an event asks who is meant by keys, and they ask something of this part.

    It is accepted then, or the window's shortcut of the same keys would come first.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if not asked(part, event):
        return False
    event.accept()
    return True


def keys_for(part: str, name: str) -> QKeySequence:
    """Return the first keys by which something is asked of a part."""
    return next(
        QKeySequence(keys)
        for row in KEYS
        for keys, asks in row.asks
        if (row.part, asks) == (part, name)
    )


def _is_sign(key: int) -> bool:
    return 0x21 <= key <= 0x7E and not chr(key).isalpha()


def _combined(keys: str) -> int:
    pressed = QKeySequence(keys)[0]  # type: ignore[index]
    assert isinstance(pressed, QKeyCombination)
    return pressed.toCombined()


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


_ASKS: dict[str, dict[int, str]] = {row.part: {} for row in KEYS}
for _row in KEYS:
    _ASKS[_row.part].update((_combined(keys), name) for keys, name in _row.asks)
