"""What one sees while the mouse rests on something, by keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTabBar, QToolTip, QWidget

from inspector.gui.widgets.labels import plain_tool_tip

_SAID = (QAccessible.Text.Name, QAccessible.Text.Description)


def show_tip() -> None:
    """Show the tip of what has the keyboard, of a cell or tab in it, or else its description."""
    focus = QApplication.focusWidget()
    if focus is None:
        return
    QToolTip.hideText()
    target, place = _focused_place(focus)
    on_screen = target.mapToGlobal(place)
    event = QHelpEvent(QEvent.Type.ToolTip, place, on_screen)
    QApplication.sendEvent(target, event)
    if not QToolTip.text():
        known = QAccessible.queryAccessibleInterface(focus)
        said = [known.text(kind) for kind in _SAID] if known else []
        QToolTip.showText(on_screen, plain_tool_tip("\n".join(filter(None, said))), focus)


def _focused_place(focus: QWidget) -> tuple[QWidget, QPoint]:
    """Return a widget and the place in it where the mouse would point at what has the keyboard."""
    if isinstance(focus, QAbstractItemView):
        index = focus.currentIndex()
        middle = focus.visualRect(index).center() if index.isValid() else QPoint(4, 4)
        return focus.viewport(), middle
    if isinstance(focus, QTabBar):
        return focus, focus.tabRect(focus.currentIndex()).center()
    return focus, focus.rect().center()
