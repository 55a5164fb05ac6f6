"""Where three pictures of the same plane and the key to them stand, so that they are large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.heat_picture import HeatPicture

_GAP = 10  # pixels between two pictures
_LEAST_KEY = 210  # pixels of width, from which the key may stand in a corner
_DISTORTION = 0.5  # exponent: a shape that is squeezed four times counts as half as large
_WIDE_KEY = 420  # pixels of width, from which no sentence in it takes two lines


class HeatSheet(QWidget):
    """Pictures side by side, below each other, or in a square whose last corner may have the key.

    Whichever shows the plane largest without squeezing it too much is taken.
    """

    def __init__(self, pictures: Sequence[HeatPicture], key: QWidget) -> None:
        super().__init__()
        self._pictures = pictures
        self._key = key
        self.long_sentences = 0  # pixels that sentences in a narrow key take besides
        for child in (*pictures, key):
            child.setParent(self)
        self.setProperty("ground", "base")

    def arrange(self) -> None:
        """Place everything anew; call it when the plane or the key has become another."""
        lens, margins = self._pictures[0].lens, self._pictures[0].margins()
        best = best_arrangement(self.size(), lens, margins, self._key_height)
        places = _places(self.size(), best, self._key_height)
        for child, place in zip((*self._pictures, self._key), places, strict=True):
            child.setGeometry(place)

    def _key_height(self, width: int) -> int:
        more = self.long_sentences if width < _WIDE_KEY else 0
        return more + max(self._key.heightForWidth(width), self._key.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self._key_height(160) + 3 * 60)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()


class Arrangement(NamedTuple):
    """How many pictures stand beside each other, and where the key is: in a corner, or below."""

    across: int
    corner: bool = False


_ARRANGEMENTS = (Arrangement(3), Arrangement(1), Arrangement(2, corner=True), Arrangement(2))


def best_arrangement(
    room: QSize, lens: Lens, margins: tuple[int, int], key_height: Callable[[int], int]
) -> Arrangement:
    """Return the arrangement in which the plane is seen best."""
    best, most = _ARRANGEMENTS[0], 0.0
    for one in _ARRANGEMENTS:
        first, _, _, key = _places(room, one, key_height)
        if one.corner and (key.width() < _LEAST_KEY or key_height(key.width()) > key.height()):
            continue
        inside = lens.whole().resized(first.width() - margins[0], first.height() - margins[1])
        wide, tall = inside.fit
        squeezed = max(wide / tall, tall / wide)
        drawn = inside.size[0] * inside.size[1] / squeezed**_DISTORTION
        if drawn > most:
            best, most = one, drawn
    return best


def _places(room: QSize, chosen: Arrangement, key_height: Callable[[int], int]) -> list[QRect]:
    """Return where the three pictures and the key are."""
    width, height, across = room.width(), room.height(), chosen.across
    down = -(-3 // across)
    below = 0 if chosen.corner else key_height(width) + _GAP
    wide = (width - (across - 1) * _GAP) // across
    tall = max(1, (height - below - _GAP * (down - 1)) // down)
    places = [
        QRect(number % across * (wide + _GAP), number // across * (tall + _GAP), wide, tall)
        for number in range(4)
    ]
    if below:
        places[3] = QRect(0, height - below + _GAP, width, below - _GAP)
    return places
