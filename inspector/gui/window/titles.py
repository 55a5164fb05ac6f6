"""What stands above the window."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.gui.window.recent import short_folder

NAME = "Checkpoint Inspector"


def title_of(name: str, files: Iterable[str]) -> str:
    """Return the title: what is shown, where its files are, and the program."""
    folders = " → ".join(dict.fromkeys(filter(None, map(short_folder, files))))
    whole = " – ".join(part for part in (name, folders, NAME) if part)
    return whole.replace("[*]", "[*][*]")
