"""What one sees while the mouse rests on something, by keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTabBar, QToolTip

from inspector.gui.widgets.labels import plain_tool_tip

_SAID = (QAccessible.Text.Name, QAccessible.Text.Description)


def show_tip() -> None:
    """Show the tip of what has the keyboard, of a cell or tab in it, or else its description."""
    focus = QApplication.focusWidget()
    if focus is None:
        return
    known = QAccessible.queryAccessibleInterface(focus)
    said = [known.text(kind) for kind in _SAID]
    words = plain_tool_tip("\n".join(filter(None, said)))
    place = focus.rect().center()
    if isinstance(focus, QAbstractItemView) and focus.currentIndex().isValid():
        index = focus.currentIndex()
        place = focus.viewport().mapTo(focus, focus.visualRect(index).center())
        words = index.data(Qt.ItemDataRole.ToolTipRole) or words
    elif isinstance(focus, QTabBar):
        place = focus.tabRect(focus.currentIndex()).center()
    on_screen = focus.mapToGlobal(place)
    QToolTip.showText(on_screen, words, focus)
    if not isinstance(focus, QAbstractItemView):  # what has a tip of its own shows that instead
        QApplication.sendEvent(focus, QHelpEvent(QEvent.Type.ToolTip, place, on_screen))
