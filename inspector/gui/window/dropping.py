"""What may become of files that are dropped on the window: opened, or compared."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from inspector.core import text
from inspector.gui.theme import Theme
from inspector.gui.viewers import file_name
from inspector.gui.widgets.drop_overlay import DropOverlay


class Dropping(QObject):
    """Two zones where there is a choice: at the left they open, at the right they are compared."""

    open_requested = Signal(list)
    compare_requested = Signal(str, str)
    series_requested = Signal(list)

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._over = ""
        self.hint = DropOverlay(theme, window)

    def enter(self, event: QDragEnterEvent, over: str) -> None:
        """Say what a drop would do; `over` is the checkpoint on screen, if there is one."""
        names = _dropped(event)
        if not names:
            return
        event.acceptProposedAction()
        self._over = over
        zones = [f"Drop to open {text.plural(len(names), 'file')}"]
        if len(names) == 2:
            zones = ["Open both", "Compare the two"]
        elif len(names) > 2:
            zones = [f"Open {text.plural(len(names), 'file')}", "Show as a series of snapshots"]
        elif len(names) == 1 and over and names[0] != over:
            zones = ["Open", f"Compare with {file_name(over)}"]
        self.hint.show_over(*zones)
        self.hint.point_at(event.position())

    def move(self, event: QDragMoveEvent) -> None:
        """Show which zone the files are over."""
        event.acceptProposedAction()
        self.hint.point_at(event.position())

    def leave(self) -> None:
        """Forget about it."""
        self.hint.hide()

    def drop(self, event: QDropEvent) -> None:
        """Do what the zone says."""
        zone = self.hint.zone_at(event.position())
        self.hint.hide()
        names = _dropped(event)
        if not names:
            return
        event.acceptProposedAction()
        if zone == 0:
            self.open_requested.emit(names)
        elif len(names) == 2:
            self.compare_requested.emit(*names)
        elif len(names) > 2:
            self.series_requested.emit(names)
        else:
            self.compare_requested.emit(self._over, names[0])


def _dropped(event: QDropEvent) -> list[str]:
    urls = event.mimeData().urls()
    return [url.toLocalFile() for url in urls if url.isLocalFile()]
