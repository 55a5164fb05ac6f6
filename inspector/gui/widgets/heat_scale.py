"""Numbers become colours: where the scale begins and ends, and a bar that says so."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent, qRgb, qRgba
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.core import text
from inspector.core.analysis.cells import Cells
from inspector.gui.theme import Theme, tabular
from inspector.gui.theme.colour_scales import (
    LEVELS,
    Colour,
    difference_colours,
    odd_colour,
    scale_colours,
)

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Showing = Literal["extreme", "mean", "low", "high"]
Limits = Literal["all", "most"]

_ODD, _NOTHING = LEVELS, LEVELS + 1
_PERCENT = (1, 99)
_BAR = 12  # pixels of height
_AIR = 4
_BESIDE = 15  # pixels from a scale to the one below that shares its numbers
_ASIDE = 8  # between the name of a scale and its colours
_LONGEST = 520
_STOP = 14  # levels between two stops of the bar: both ends and the middle are stops


class Scale(NamedTuple):
    """Which value has the first colour and which the last."""

    low: float
    high: float
    diverging: bool
    """True if zero is in the middle."""
    cut: tuple[bool, bool] = (False, False)
    """Whether there are values beyond either end, which have the colour of that end."""
    differences: bool = False
    """True if zero is black, and nothing else is."""


def drawn(cells: Cells, showing: Showing) -> Array:
    """Return the number of each cell that is shown, as float64; where there is none, NaN."""
    import numpy as np

    low, high = cells.low.astype(np.float64), cells.high.astype(np.float64)
    with np.errstate(all="ignore"):
        if showing == "mean":
            bad = 0 if cells.odd is None else cells.odd.sum(axis=0)
            mean: Array = np.clip(cells.total / (cells.elements - bad), low, high)
            return mean
        if showing == "extreme":
            found = np.where(np.abs(high) >= np.abs(low), high, low)
        else:
            found = low if showing == "low" else high
    found[low > high] = np.nan
    return found


def scale_of(cells: Cells, showing: Showing, limits: Limits) -> Scale:
    """Return the scale that suits some cells."""
    import numpy as np

    numbers = drawn(cells, showing)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return Scale(0.0, 0.0, diverging=False)
    least, most = float(numbers.min()), float(numbers.max())
    lowest, highest = float(cells.low.min()), float(cells.high.max())
    if limits == "most":
        low, high = (float(number) for number in np.percentile(numbers, _PERCENT, method="nearest"))
    elif showing == "mean":
        low, high = least, most
    else:  # closer to, what stands behind other values comes to light as well
        low, high = lowest, highest
    if lowest < 0:
        reach = max(abs(low), abs(high)) or max(-lowest, highest)
        return Scale(-reach, reach, diverging=True, cut=(least < -reach, most > reach))
    if low == high:
        low = 0.0
    return Scale(low, high, diverging=False, cut=(least < low, most > high))


def levels(cells: Cells, showing: Showing, scale: Scale) -> Array:
    """Return the number of the colour of each cell."""
    import numpy as np

    numbers = drawn(cells, showing)
    with np.errstate(all="ignore"):
        if scale.diverging:
            reach = scale.high or 1.0  # two tensors that are the same differ by zero everywhere
            share = numbers / reach / 2 + 0.5
        else:
            share = (numbers - scale.low) / (scale.high - scale.low)
        share = np.nan_to_num(np.clip(share, 0, 1))
        found = np.rint(share * (LEVELS - 1)).astype(np.uint8)
    if scale.differences:  # what is small beside the largest one is not nothing
        middle = LEVELS // 2
        found[(found == middle) & (numbers > 0)] = middle + 1
        found[(found == middle) & (numbers < 0)] = middle - 1
    if cells.odd is not None:
        found[cells.odd.any(axis=0)] = _ODD
    found[cells.elements == 0] = _NOTHING
    return found


def image_of(found: Array, scale: Scale, *, dark: bool) -> QImage:
    """Return a picture of one pixel per cell."""
    import numpy as np

    found = np.ascontiguousarray(found)
    height, width = found.shape
    image = QImage(found.data, width, height, width, QImage.Format.Format_Indexed8)
    colours = [qRgb(*colour) for colour in colours_of(scale, dark=dark)]
    image.setColorTable([*colours, qRgb(*odd_colour(dark=dark)), qRgba(0, 0, 0, 0)])
    # A copy: the picture does not keep the array alive.
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def colours_of(scale: Scale, *, dark: bool) -> tuple[Colour, ...]:
    """Return the colours of a scale from its lowest value to its highest."""
    if scale.differences:
        return difference_colours()
    return scale_colours(diverging=scale.diverging, dark=dark)


def number(value: float) -> str:
    """Return a number as it stands at a scale."""
    if not isfinite(value):
        return {"inf": "+Inf", "-inf": "−Inf"}.get(str(value), "NaN")
    return f"{value:.4g}".replace("-", "−")


class Strip(NamedTuple):
    """The colours of one scale, and what is drawn in them."""

    scale: Scale
    name: str = ""


class ColourBar(QWidget):
    """All colours of a scale with the numbers at its ends, and that of what is no number.

    Several scales lie below each other; those with the same ends share their numbers.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._strips: tuple[Strip, ...] = ()
        self._odd = 0
        self.setFont(tabular())
        self.setMaximumWidth(_LONGEST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_scale(self, scale: Scale, odd: int) -> None:
        """Replace the scale; `odd` elements are NaN or infinite."""
        self.show_strips((Strip(scale),), odd)

    def show_strips(self, strips: Sequence[Strip], odd: int) -> None:
        """Replace all scales."""
        self._strips, self._odd = tuple(strips), odd
        said = (
            word for one in strips for word in (one.name, *_ends(one.scale), _middle(one.scale))
        )
        self.setAccessibleName("Colours: " + ", ".join(filter(None, (*said, self._said()))))
        self.updateGeometry()
        self.update()

    def strips(self) -> tuple[Strip, ...]:
        """Return what is shown, from top to bottom."""
        return self._strips

    def sizeHint(self) -> QSize:
        return QSize(_LONGEST, round(sum(self._heights()) or self._lines()))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._strips:
            return
        painter = QPainter(self)
        metrics = self.fontMetrics()
        muted = QColor(self._theme.colours.muted)
        left = max(metrics.horizontalAdvance(one.name) for one in self._strips)
        left += _ASIDE if left else 0
        room = float(self.width() - left)
        heights = self._heights()
        if self._odd:
            room -= self._paint_odd(painter, muted, sum(heights) - self._lines() + _BAR)
        top = 0.0
        for strip, height in zip(self._strips, heights, strict=True):
            bar = QRectF(left + 0.5, top + 0.5, room - 1, _BAR - 1)
            self._paint_colours(painter, bar, strip.scale)
            painter.setPen(muted)
            beside = QRectF(0, top - (_BESIDE - _BAR) / 2, left, _BESIDE)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, strip.name)
            if height > _BESIDE:
                self._paint_ends(painter, bar, strip.scale)
            top += height

    def _paint_colours(self, painter: QPainter, bar: QRectF, scale: Scale) -> None:
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        found = colours_of(scale, dark=self._theme.is_dark)
        for place in range(0, LEVELS, _STOP):
            gradient.setColorAt(place / (LEVELS - 1), QColor(*found[place]))
        painter.setPen(QColor(self._theme.colours.line))
        painter.setBrush(gradient)
        painter.drawRect(bar)

    def _paint_ends(self, painter: QPainter, bar: QRectF, scale: Scale) -> None:
        words = QRectF(bar.left(), bar.bottom() + _AIR, bar.width(), self.fontMetrics().height())
        low, high = _ends(scale)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, high)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, _middle(scale))

    def _paint_odd(self, painter: QPainter, ink: QColor, height: float) -> float:
        """Paint the colour of what is no number at the right; return the room that it took."""
        said = self._said()
        width = self.fontMetrics().horizontalAdvance(said)
        left = self.width() - width
        painter.fillRect(
            QRectF(left, 0, width, height), QColor(*odd_colour(dark=self._theme.is_dark))
        )
        painter.setPen(ink)
        words = QRectF(left, height + _AIR, width, self.fontMetrics().height())
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, said)
        return width + 16.0

    def _said(self) -> str:
        return f"{text.exact(self._odd)} not finite" if self._odd else ""

    def _lines(self) -> int:
        """Return the height of a strip with its numbers."""
        return _BAR + _AIR + self.fontMetrics().height()

    def _heights(self) -> list[float]:
        """Return how high each strip is, with numbers unless those below are the same."""
        ends = [*((one.scale.low, one.scale.high) for one in self._strips), None]
        return [_BESIDE if one == other else self._lines() for one, other in pairwise(ends)]


def _ends(scale: Scale) -> tuple[str, str]:
    below, above = scale.cut
    if scale.low == scale.high:
        return "", ""  # there is nothing but zero, and the middle says it
    return ("≤ " if below else "") + number(scale.low), ("≥ " if above else "") + number(scale.high)


def _middle(scale: Scale) -> str:
    return "0" if scale.diverging or scale.low == scale.high else ""
