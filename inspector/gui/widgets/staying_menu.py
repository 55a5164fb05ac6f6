"""A menu in which several things can be ticked one after the other."""

from __future__ import annotations

from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu

from inspector.gui import keys


class StayingMenu(QMenu):
    """Stays open while its checkable actions are clicked, or ticked with the space bar."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._tick():
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if keys.asked(keys.MENU, event) != "tick" or not self._tick():
            super().keyPressEvent(event)

    def _tick(self) -> bool:
        action: QAction | None = self.activeAction()  # type: ignore[assignment, unused-ignore]
        if action is None or not action.isCheckable() or not action.isEnabled():
            return False
        action.trigger()
        return True
