"""The one plot of the window: pyqtgraph in our colours, moved by mouse and by keys.

pyqtgraph takes a second to import and is imported by the first plot that is made.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui.theme import Theme, tabular
from inspector.gui.widgets.labels import ElidedLabel
from inspector.gui.widgets.ticks import Ticks, number_ticks

Range = tuple[float, float]

_ZOOM = 1.25  # by one press of a key
_PAN = 0.1  # of what is in sight, by one press of a key
_DEEPEST = 1e-9  # of the whole range: closer, the positions of a picture are no longer told apart
_ROOM_X, _ROOM_Y = 52, 34  # pixels for one mark of an axis
_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Plot(QWidget):
    """A chart with a line above it that says what is under the cursor.

    Wheel and drag move it, so do `+`, `−`, the arrows and `0` once it has the focus; a double-click
    and a button go back to the whole range. With `points`, the arrows to the sides are left to the
    owner, who moves a mark from point to point; with Shift they move the chart. Owners add items of
    pyqtgraph to `box` and give them their colours in a slot of `theme.changed`.
    """

    moved = Signal()
    """Another part of the whole range of x is in sight."""
    hovered = Signal(object)
    """QPointF in the coordinates of the chart; None once the cursor has left it."""
    stepped = Signal(int)
    """So many points to the right, by keys."""
    activated = Signal()
    """Enter was pressed."""

    def __init__(
        self, theme: Theme, name: str, *, moves_y: bool = False, points: bool = False
    ) -> None:
        import pyqtgraph

        super().__init__()
        self._points = points
        self._theme = theme
        self._moves_y = moves_y
        self._whole: tuple[Range, Range] = ((0.0, 1.0), (0.0, 1.0))
        self._by_keyboard = False
        self._axes = {side: _axis_class()(side) for side in ("left", "bottom")}
        self.canvas: Any = pyqtgraph.PlotWidget(axisItems=dict(self._axes), enableMenu=False)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.setAntialiasing(True)
        self.canvas.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.canvas.hideButtons()
        self.box: Any = self.canvas.getViewBox()
        """Where items are added, and where coordinates are those of the chart."""
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0)
        self.box.setMouseEnabled(x=True, y=moves_y)
        self.box.sigXRangeChanged.connect(self._move)
        if moves_y:
            self.box.sigYRangeChanged.connect(self._move)
        self.canvas.scene().sigMouseMoved.connect(self._hover)
        self.canvas.scene().sigMouseClicked.connect(self._click)
        self.reset_button = QPushButton("Whole range")
        self.reset_button.setProperty("quiet", True)
        self.reset_button.setToolTip("Show everything again (0 or double-click)")
        self.reset_button.clicked.connect(self.reset)
        self.readout = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.readout.setFont(tabular())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self._lay_out()
        self._dress()
        theme.changed.connect(self._dress)
        self._move()

    def set_ticks(self, x: Ticks = number_ticks, y: Ticks = number_ticks) -> None:
        """Choose what is written at the axes."""
        for side, ticks in (("bottom", x), ("left", y)):
            self._axes[side].ticks = ticks
            self._axes[side].picture = None  # pyqtgraph's own cache
            self._axes[side].update()

    def set_labels(self, x: str = "", y: str = "") -> None:
        """Write what the axes stand for; an empty text takes no room."""
        for side, words in (("bottom", x), ("left", y)):
            # pyqtgraph would take the text for HTML.
            plain = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            self._axes[side].setLabel(plain or None)
            self._axes[side].showLabel(bool(words))

    def set_whole(self, x: Range, y: Range) -> None:
        """Show these ranges, which moving does not leave and to which `reset` goes back."""
        self._whole = (x, y)
        (left, right), (low, high) = x, y
        limits = {"xMin": left, "xMax": right, "minXRange": (right - left) * _DEEPEST}
        if self._moves_y:
            limits |= {"yMin": low, "yMax": high, "minYRange": (high - low) * _DEEPEST}
        self.box.setLimits(**limits)
        self.box.setRange(xRange=x, yRange=y, padding=0)
        self._move()

    def set_y(self, low: float, high: float) -> None:
        """Show another range of y, wherever x is."""
        self._whole = (self._whole[0], (low, high))
        self.box.setYRange(low, high, padding=0)

    def set_x(self, low: float, high: float) -> None:
        """Show a part of the whole range of x."""
        self.box.setXRange(low, high, padding=0)

    def x_range(self) -> Range:
        """Return what is in sight of x."""
        low, high = self.box.viewRange()[0]
        return float(low), float(high)

    @property
    def is_zoomed(self) -> bool:
        """True if not everything is in sight."""
        shown = self.box.viewRange()
        pairs = list(zip(shown, self._whole, strict=True))[: 2 if self._moves_y else 1]
        return any(b - a < (high - low) * (1 - 1e-6) for (a, b), (low, high) in pairs)

    def reset(self) -> None:
        """Show the whole range again."""
        x, y = self._whole
        self.box.setRange(xRange=x, yRange=y, padding=0)
        if self.reset_button.hasFocus() or self.focusWidget() is self.reset_button:
            self.setFocus()

    def zoom(self, factor: float) -> None:
        """Come closer to the middle of what is in sight by a factor."""
        self.box.scaleBy(x=1 / factor, y=1 / factor if self._moves_y else None)

    def pan(self, x: float, y: float = 0.0) -> None:
        """Move by a share of what is in sight."""
        (left, right), (low, high) = self.box.viewRange()
        self.set_x(*_within(left, right, x * (right - left), self._whole[0]))
        if self._moves_y:
            up = _within(low, high, y * (high - low), self._whole[1])
            self.box.setYRange(*up, padding=0)

    def say(self, words: str) -> None:
        """Write into the line above the chart."""
        self.readout.set_text(words)

    def describe(self, words: str) -> None:
        """Tell somebody who does not see the chart what it shows."""
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            QAccessible.updateAccessibility(
                QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), event.modifiers() & ~_IGNORED
        steps = {
            Qt.Key.Key_Left: (-_PAN, 0.0),
            Qt.Key.Key_Right: (_PAN, 0.0),
            Qt.Key.Key_Up: (0.0, _PAN),
            Qt.Key.Key_Down: (0.0, -_PAN),
        }
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if plain:
            super().keyPressEvent(event)
        elif self._points and key in _STEPS and not shift:
            self.stepped.emit(_STEPS[Qt.Key(key)])
        elif self._points and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_0:
            self.reset()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not self._moves_y:
            self.zoom(_ZOOM if key == Qt.Key.Key_Up else 1 / _ZOOM)
        elif key in steps:
            self.pan(*steps[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = event.reason() in _KEYBOARD
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = False
        self.update()
        super().focusOutEvent(event)

    def bring_into_sight(self, x: float) -> None:
        """Move so far to the side that a place of x is to be seen."""
        low, high = self.x_range()
        if not low <= x <= high:
            step = x - (low + high) / 2
            self.set_x(*_within(low, high, step, self._whole[0]))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._by_keyboard:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(self._theme.colours.accent))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def sizeHint(self) -> QSize:
        return QSize(360, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 140)

    def _move(self) -> None:
        self.reset_button.setVisible(self.is_zoomed)
        self.moved.emit()

    def _hover(self, position: QPointF) -> None:
        inside = self.box.sceneBoundingRect().contains(position)
        self.hovered.emit(self.box.mapSceneToView(position) if inside else None)

    def _click(self, event: Any) -> None:
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            self.reset()

    def _dress(self) -> None:
        colours = self._theme.colours
        self.canvas.setBackground(colours.base)
        for axis in self._axes.values():
            axis.setPen(colours.strong_line)
            axis.setTickPen(colours.line)
            axis.setTextPen(colours.muted)
            axis.label.setDefaultTextColor(colours.muted)

    def _lay_out(self) -> None:
        font = tabular()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        for side, axis in self._axes.items():
            axis.setStyle(tickFont=font, tickLength=-4 if side == "bottom" else 0, maxTickLevel=0)
            axis.enableAutoSIPrefix(False)
            axis.room = _ROOM_X if side == "bottom" else _ROOM_Y
            axis.setZValue(-1000)  # lines of the grid behind what is shown
        self.canvas.showGrid(x=False, y=True, alpha=1.0)
        self.canvas.getPlotItem().layout.setContentsMargins(0, 4, 10, 0)
        line = QWidget()
        # As high as with the button: the chart must not jump when that comes and goes.
        line.setFixedHeight(self.reset_button.sizeHint().height() + 2)
        head = QHBoxLayout(line)
        head.setContentsMargins(4, 0, 4, 0)
        head.addWidget(self.readout, 1)
        head.addWidget(self.reset_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(line)
        column.addWidget(self.canvas, 1)


_FAR = 1 << 30
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -_FAR,
    Qt.Key.Key_End: _FAR,
}
_IGNORED = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


def _within(low: float, high: float, step: float, whole: Range) -> Range:
    """Return a range moved by a step, but not beyond the ends of the whole one."""
    step = min(max(step, whole[0] - low), whole[1] - high)
    return low + step, high + step


@cache
def _axis_class() -> type:
    """Return the class of an axis whose marks are where we say."""
    import pyqtgraph

    class Axis(pyqtgraph.AxisItem):  # type: ignore[misc]
        """An axis with one level of marks."""

        ticks: Ticks = staticmethod(number_ticks)
        room = _ROOM_X

        def tickValues(self, low: float, high: float, size: float) -> list[Any]:
            found = self.ticks(low, high, max(2, int(size // self.room)))
            self.texts = dict(found)
            return [(1.0, [value for value, _ in found])]

        def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
            return [self.texts.get(value, "") for value in values]

    return Axis
