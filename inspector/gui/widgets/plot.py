"""The one plot of the window: pyqtgraph in our colours, moved by mouse and by keys.

pyqtgraph takes a second to import and is imported by the first plot that is made.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui import keys
from inspector.gui.theme import Theme, tabular
from inspector.gui.widgets.labels import BY_KEYS, ElidedLabel
from inspector.gui.widgets.ticks import Ticks, number_ticks

Range = tuple[float, float]

_ZOOM = 1.25  # by one press of a key
_PAN = 0.1  # of what is in sight, by one press of a key
_DEEPEST = 1e-9  # of the whole range: closer, the positions of a picture are no longer told apart
_ROOM_X, _ROOM_Y = 52, 34  # pixels for one mark of an axis
_APART = 2  # pixels on either side of a number


class Plot(QWidget):
    """A chart with a line above it that says what is under the cursor.

    Wheel and drag move it, so do keys once it has the focus; a double-click and a button go back to
    the whole range. What the mouse points at, keys step through: the owner listens to `stepped`,
    and says of each point what it says of one under the cursor. Owners add items of pyqtgraph to
    `box` and give them their colours in a slot of `theme.changed`.
    """

    moved = Signal()
    """Another part of the whole range of x is in sight."""
    hovered = Signal(object)
    """QPointF in the coordinates of the chart; None once the cursor has left it."""
    stepped = Signal(int)
    """So many points to the right, by keys."""
    activated = Signal()
    """Enter was pressed."""

    def __init__(self, theme: Theme, name: str, *, moves_y: bool = False) -> None:
        import pyqtgraph

        super().__init__()
        self._theme = theme
        self._moves_y = moves_y
        self._whole: tuple[Range, Range] = ((0.0, 1.0), (0.0, 1.0))
        self._by_keyboard = False
        self._labels = {"bottom": "", "left": ""}
        self._ring: Any = None
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
        self.box.sigResized.connect(self._fit_labels)
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
        self._labels = {"bottom": x, "left": y}
        for side, words in self._labels.items():
            self._axes[side].showLabel(bool(words))
        self._fit_labels()

    def _fit_labels(self) -> None:
        """Write as much of the labels as there is room for; pyqtgraph would cut them anywhere."""
        area = self.box.sceneBoundingRect()
        for side, room in (("bottom", area.width()), ("left", area.height())):
            axis = self._axes[side]
            metrics = QFontMetricsF(axis.label.font())
            # pyqtgraph writes a space behind it.
            room -= 2 * axis.label.document().documentMargin() + metrics.horizontalAdvance(" ")
            words = metrics.elidedText(self._labels[side], Qt.TextElideMode.ElideRight, room)
            # pyqtgraph would take the text for HTML.
            plain = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            if axis.labelText != plain:
                axis.setLabel(plain)
                axis.resizeEvent()  # puts it into the middle

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
        asks = keys.asked(keys.PLOT, event)
        if asks in _STEPS:
            self.stepped.emit(_STEPS[asks])
            self.describe(self.readout.text())
        elif asks == "activate":
            self.activated.emit()
        elif asks in ("nearer", "farther"):
            self.zoom(_ZOOM if asks == "nearer" else 1 / _ZOOM)
        elif asks in _PANS:
            self.pan(*_PANS[asks])
        elif asks == "whole":
            self.reset()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = event.reason() in BY_KEYS
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = False
        self.update()
        super().focusOutEvent(event)

    def bring_into_sight(self, x: float, y: float | None = None) -> None:
        """Move so far that a place is to be seen."""
        low, high = self.x_range()
        if not low <= x <= high:
            self.set_x(*_within(low, high, x - (low + high) / 2, self._whole[0]))
        low, high = self.box.viewRange()[1]
        if y is not None and not low <= y <= high:
            up = _within(low, high, y - (low + high) / 2, self._whole[1])
            self.box.setYRange(*up, padding=0)

    def step_from(self, here: int, by: int, places: Sequence[float]) -> int:
        """Return the number of a point beside another; from none, -1, the first one in sight.

        `places` are those of x, ascending; the point is brought into sight. Without any, it is -1.
        """
        low, high = self.x_range()
        if here >= 0 or abs(by) > 1:
            number = max(here, 0) + by
        else:
            number = bisect_left(places, low) if by > 0 else bisect_right(places, high) - 1
        number = min(max(number, 0), len(places) - 1)
        if number >= 0:
            self.bring_into_sight(places[number])
        return number

    def step_bars(self, at: float | None, by: int, ends: Sequence[Range]) -> float:
        """Return a place in the bar beside the one at a place; beyond those in sight, others come.

        `ends` are where each of the bars in sight begins and stops; there is at least one.
        """
        last = len(ends) - 1
        here = None if at is None else bisect_right([begin for begin, _ in ends], at) - 1
        first = 0 if by == 1 or by < -1 else last
        wanted = first if here is None else here + by
        number = min(max(wanted, 0), last)
        low, high = ends[number]
        new = (low + high) / 2
        beyond = new + (high - low) * (wanted - number)
        if abs(by) == 1 and self._whole[0][0] < beyond < self._whole[0][1]:
            new = beyond
        self.bring_into_sight(new)
        return new

    def ring(self, x: float | None, y: float = 0.0) -> None:
        """Draw a ring around a point, or none."""
        import pyqtgraph

        if self._ring is None:
            self._ring = pyqtgraph.ScatterPlotItem(size=13, brush=None)
            self._ring.setZValue(20)
            self.box.addItem(self._ring, ignoreBounds=True)
        self._ring.setPen(pyqtgraph.mkPen(self._theme.colours.text, width=1.5))
        self._ring.setData([] if x is None else [x], [] if x is None else [y])

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
        head.setContentsMargins(0, 0, 4, 0)
        head.addWidget(self.readout, 1)
        head.addWidget(self.reset_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(line)
        column.addWidget(self.canvas, 1)


_FAR = 1 << 30
_STEPS = {"previous": -1, "next": 1, "first": -_FAR, "last": _FAR}
_PANS = {"left": (-_PAN, 0.0), "right": (_PAN, 0.0), "up": (0.0, _PAN), "down": (0.0, -_PAN)}


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
            most = max(2, int(size // self.room))
            found = self.ticks(low, high, most)
            while len(found) > 1 and self._crowded(found, size / (high - low)):
                # Long numbers close to each other: fewer of them, in the end none.
                most -= 1
                found = self.ticks(low, high, most) if most else []
            self.texts = dict(found)
            return [(1.0, [value for value, _ in found])]

        def _crowded(self, found: list[tuple[float, str]], scale: float) -> bool:
            if self.orientation != "bottom":
                return False
            metrics = QFontMetricsF(self.style["tickFont"] or self.font())
            ends = [
                (scale * at - half, scale * at + half)
                for at, words in sorted(found)
                for half in [metrics.horizontalAdvance(words) / 2 + _APART]
            ]
            return any(one[1] > other[0] for one, other in pairwise(ends))

        def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
            return [self.texts.get(value, "") for value in values]

    return Axis
