from collections import Counter

from PySide6.QtGui import QKeySequence

from inspector.core.resources import resource
from inspector.gui.actions import ACTIONS, PART_ACTIONS
from inspector.gui.window.commands import COMMANDS


def repeated(values):
    return [value for value, number in Counter(values).items() if number > 1]


def test_ids_texts_and_shortcuts_are_unique():
    assert not repeated(row.id for row in ACTIONS)
    assert not repeated(row.text.replace("&", "") for row in ACTIONS)
    shortcuts = [QKeySequence(keys).toString() for row in ACTIONS for keys in row.shortcuts]
    assert all(shortcuts)
    assert not repeated(shortcuts)


def spelled(keys):
    return QKeySequence(keys).toString()


def test_keys_of_a_part_mean_nothing_else_in_its_window():
    assert not repeated(row.id for row in (*ACTIONS, *PART_ACTIONS))
    everywhere = {spelled(keys) for row in ACTIONS for keys in row.shortcuts}
    export = [spelled(row.shortcut) for row in PART_ACTIONS if "export" in row.part]
    parts = [spelled(row.shortcut) for row in PART_ACTIONS if "export" not in row.part]
    assert all(export)
    assert all(parts)
    assert not repeated(export)
    assert not repeated(parts)
    assert not everywhere & {*parts}
    assert spelled("Ctrl+Return") not in export  # writes the file


def test_letters_are_unique_within_a_menu():
    letters = [
        (row.menu, row.text[row.text.index("&") + 1].casefold())
        for row in ACTIONS
        if "&" in row.text
    ]
    assert not repeated(letters)


def test_every_action_has_a_command_and_a_picture_that_exists():
    assert set(COMMANDS) == {row.id for row in ACTIONS}
    missing = [
        row.icon
        for row in (*ACTIONS, *PART_ACTIONS)
        if not resource(f"icons/{row.icon}.svg").exists()
    ]
    assert not missing
