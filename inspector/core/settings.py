"""What a person can choose once and for all: one row in `SETTINGS` is one line of the dialog.

The choices are kept in a JSON file that can be read and edited by hand; only those that differ
from the defaults are in it. A file that cannot be read changes nothing and is not overwritten
until something is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_config_path

Value = bool | int | str


class Setting(NamedTuple):
    """One choice: what it is called, what it does, and what can be chosen."""

    id: str
    section: str
    text: str
    default: Value
    help: str = ""
    choices: tuple[tuple[Value, str], ...] = ()
    """Each value with its words; empty for a yes or no, or a number."""
    least: int = 0
    most: int = 0
    """The bounds of a number."""

    def accepts(self, value: object) -> bool:
        """Return whether `value` can be chosen."""
        if type(value) is not type(self.default):
            return False
        if self.choices:
            return any(value == known for known, _ in self.choices)
        return type(value) is not int or self.least <= value <= self.most


SETTINGS = (
    Setting(
        "theme",
        "Window",
        "Theme",
        "system",
        choices=(("system", "As the system"), ("light", "Light"), ("dark", "Dark")),
    ),
    Setting(
        "restore_session",
        "Window",
        "Open the files of the last time at the start",
        False,
        "Only when it is started without a file. Otherwise the welcome page offers to.",
    ),
    Setting(
        "recent_files",
        "Window",
        "Recent files to remember",
        12,
        "0 remembers none and forgets those that it knows.",
        least=0,
        most=50,
    ),
    Setting(
        "group_keys",
        "Tree",
        "Group keys by their dots when a file opens",
        False,
        "The button above the tree changes it for one file.",
    ),
    Setting(
        "fold_repeats",
        "Tree",
        "Fold equal neighbours, such as layers.[0-23], into one row",
        True,
        "Where keys are grouped.",
    ),
    Setting(
        "compare_two",
        "Compare",
        "Compare two files that are opened in one go",
        True,
        "Such as two that are selected in the file manager; otherwise that is only offered.",
    ),
    Setting(
        "delta_scale",
        "Compare",
        "Draw differences (Δ) in heat maps on a scale of their own",
        False,
        "Small changes are seen; otherwise A, B and Δ share one scale.",
    ),
    Setting(
        "when_changed",
        "Files",
        "When an open file changes on disk",
        "ask",
        choices=(("ask", "Say so and offer to reload"), ("reload", "Reload it at once")),
    ),
)


def settings_path() -> Path:
    """Return the file in the platform's folder for configurations."""
    return user_config_path("checkpoint-inspector", appauthor=False) / "settings.json"


class Settings:
    """The choices in force; reads its file once and writes it with every change."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._chosen: dict[str, Any] = dict(_read(file))

    def __getitem__(self, name: str) -> Value:
        row = _ROWS[name]
        value = self._chosen.get(name)
        return value if row.accepts(value) else row.default  # type: ignore[return-value]

    def choose(self, name: str, value: Value) -> None:
        """Put a choice in force and keep it; raises ValueError for what cannot be chosen."""
        row = _ROWS[name]
        if not row.accepts(value):
            raise ValueError(f"{name} cannot be {value!r}.")
        if self[name] == value:
            return
        if value == row.default:
            self._chosen.pop(name, None)
        else:
            self._chosen[name] = value
        self._write()

    def _write(self) -> None:
        """Replace the file as a whole, so that it is never half there."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._chosen, indent=2, sort_keys=True) + "\n", "utf-8")
        new.replace(self._file)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_ROWS = {row.id: row for row in SETTINGS}
