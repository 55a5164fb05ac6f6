"""Two panes and the divider between them, which the mouse moves and keys do, too."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSettings, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QSplitter, QWidget
from shiboken6 import isValid

from inspector.gui import keys
from inspector.gui.widgets.labels import PASSING

_LEAST, _MOST = 0.05, 0.95
_STEP, _FAR = 8, 64  # pixels, by a key


class Divided(QSplitter):
    """Gives the first pane the same share at any size; the settings keep it under a name."""

    def __init__(
        self,
        orientation: Qt.Orientation,
        settings: QSettings,
        name: str,
        usual: float,
        between: tuple[str, str],
    ) -> None:
        super().__init__(orientation)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.between = between
        """What a person calls the two panes."""
        self._settings, self._name = settings, name
        self._share = _remembered(settings.value(name), usual)
        self.splitterMoved.connect(self._keep_share)

    def share(self) -> float:
        """Return how much of the room the first pane is to have, from 0 to 1."""
        return self._share

    def place(self) -> int:
        """Return where the divider is, in pixels."""
        at = self.handle(1).pos()
        return at.x() if self.orientation() == Qt.Orientation.Horizontal else at.y()

    def move_to(self, place: int) -> None:
        """Move the divider to a place, or as close as the panes can become narrow."""
        self.moveSplitter(place, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        lying = self.orientation() == Qt.Orientation.Horizontal
        room = (self.width() if lying else self.height()) - self.handleWidth()
        first = round(room * self._share)
        self.setSizes([first, room - first])

    def _keep_share(self) -> None:
        sizes = self.sizes()
        self._share = sizes[0] / max(1, sum(sizes))
        self._settings.setValue(self._name, self._share)


def move_divider() -> None:
    """Give the keyboard to the divider around it; from there, to the next one of the window."""
    window, focus = QApplication.activeWindow(), QApplication.focusWidget()
    if window is None:
        return
    dividers = [one for one in window.findChildren(Divided) if one.isVisible()]
    around = [one for one in dividers if focus is not None and one.isAncestorOf(focus)]
    if not dividers:
        return
    back, chosen = focus, (around or dividers[:1])[-1]
    if isinstance(focus, _Grip):
        back, here = focus.back, dividers.index(focus.divided)
        chosen = dividers[(here + 1) % len(dividers)]
    _Grip(chosen, back).setFocus(Qt.FocusReason.ShortcutFocusReason)


class _Grip(QWidget):
    """Lies over a divider as long as it has the keyboard."""

    def __init__(self, divided: Divided, back: QWidget | None) -> None:
        super().__init__(divided.window())  # a splitter takes each of its children for a pane
        self.divided, self.back = divided, back
        self.setProperty("grip", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Divider between {} and {}".format(*divided.between))
        for moving in (divided, divided.handle(1)):
            moving.installEventFilter(self)
        self._follow()
        self.show()
        self.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asks, end = keys.asked(keys.DIVIDER, event), self.divided.width() + self.divided.height()
        steps = {"back": -_STEP, "on": _STEP, "far_back": -_FAR, "far_on": _FAR}
        if asks == "leave":
            self._leave()
        elif asks in steps:
            self.divided.move_to(self.divided.place() + steps[asks])
        elif asks in ("first", "last"):
            self.divided.move_to(0 if asks == "first" else end)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in PASSING:
            self.hide()
            self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._follow()
        elif event.type() == QEvent.Type.Hide:  # another tab has come
            self._leave()
        return super().eventFilter(watched, event)

    def _leave(self) -> None:
        if self.back is not None and isValid(self.back) and self.back.isVisible():
            self.back.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.hasFocus():  # nothing there takes it
            self.clearFocus()

    def _follow(self) -> None:
        handle = self.divided.handle(1)
        # A handle reaches to both sides of its line, so that the mouse finds it.
        self.setGeometry(QRect(handle.mapTo(self.window(), QPoint()), handle.size()))
        sizes = self.divided.sizes()
        share = sizes[0] / max(1, sum(sizes))
        self.setAccessibleDescription(f"{self.divided.between[0]} {share:.0%}")
        QAccessible.updateAccessibility(
            QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        )


def _remembered(value: object, usual: float) -> float:
    try:
        share = float(str(value))
    except ValueError:
        return usual
    return share if _LEAST < share < _MOST else usual
