"""Files that were open lately, and those of the last session; kept with the geometry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from inspector.core import text
from inspector.core.analysis.comparison import CompareRequest
from inspector.core.analysis.comparison.request import packed, unpacked
from inspector.gui.actions import ActionOfPart
from inspector.gui.diff.look import DiffLook, packed_look, unpacked_look
from inspector.gui.theme import Theme
from inspector.gui.viewers import file_name

_RECENT = "window/recent"
_SESSION = "window/session"


class RecentFiles:
    """A short list, the latest first."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def files(self) -> list[str]:
        """Return the files that were open lately."""
        return _strings(self._settings.value(_RECENT))

    def add(self, uri: str, most: int) -> None:
        """Put a file in front, and forget what is too much."""
        others = [known for known in self.files() if known != uri]
        self._settings.setValue(_RECENT, [uri, *others][:most])

    def keep_at_most(self, most: int) -> None:
        """Forget what is too much."""
        self._settings.setValue(_RECENT, self.files()[:most])

    def clear(self) -> None:
        """Forget all of them."""
        self._settings.remove(_RECENT)

    def session(self) -> list[str]:
        """Return what was open when the window was last closed: addresses and comparisons."""
        return _strings(self._settings.value(_SESSION))

    def keep_session(self, kept: Iterable[str]) -> None:
        """Remember what is open."""
        self._settings.setValue(_SESSION, list(kept))


def keep_comparison(request: CompareRequest, look: DiffLook | None = None) -> str:
    """Return a comparison as a session keeps it: JSON, which no address begins like."""
    kept = packed(request)
    return json.dumps(kept if look is None else {**kept, "look": packed_look(look)})


def kept_comparison(kept: str) -> CompareRequest | None:
    """Return the comparison that a session kept; None for an address."""
    if not kept.startswith("{"):
        return None
    try:
        return unpacked(json.loads(kept))
    except (ValueError, RecursionError):
        return None


def kept_look(kept: str) -> DiffLook:
    """Return how somebody looked at the comparison that a session kept."""
    return unpacked_look(json.loads(kept).get("look"))


def menu_text(uri: str) -> str:
    """Return a file's name and its folder, as a menu can show them."""
    shown = f"{file_name(uri)}   {short_folder(uri)}"
    return text.printable(shown, 120).replace("&", "&&").replace("\t", " ")


def short_folder(uri: str) -> str:
    """Return the folder of a file, with `~` for the person's own; empty for other addresses."""
    if "://" in uri:
        return ""
    folder = Path(uri).parent
    try:
        return text.printable(str(Path("~") / folder.relative_to(Path.home())))
    except (ValueError, RuntimeError):
        return text.printable(str(folder))


class RecentMenu(QMenu):
    """The files that were open lately, and the way to forget them."""

    file_requested = Signal(str)
    forgotten = Signal()

    def __init__(self, recent: RecentFiles, theme: Theme, parent: QWidget) -> None:
        super().__init__("Open re&cent", parent)
        self._recent = recent
        self._theme = theme
        # Filling the menu anew would delete what is its own.
        self._forget = ActionOfPart("forget_recent", theme, parent)
        self._forget.triggered.connect(lambda: self._clear())
        self.addAction(self._forget)
        self.aboutToShow.connect(self._fill)
        # Without the menu its keys are to work, whatever has been opened since.
        self.aboutToHide.connect(lambda: self._forget.setEnabled(True))
        self.triggered.connect(self._do)

    def _fill(self) -> None:
        files = self._recent.files()
        self.clear()
        for uri in files:
            self.addAction(self._theme.icon("recent"), menu_text(uri)).setData(uri)
        self.addSeparator()
        self._forget.setEnabled(bool(files))
        self.addAction(self._forget)

    def _do(self, action: QAction) -> None:
        if action is not self._forget:
            self.file_requested.emit(action.data())

    def _clear(self) -> None:
        self._recent.clear()
        self.forgotten.emit()


def _strings(value: object) -> list[str]:
    """Return a list of texts, whatever the settings hold."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
