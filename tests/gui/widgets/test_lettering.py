"""Short texts look as Qt's own `drawText` paints them, and are laid out once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter
from pytestqt.qtbot import QtBot

from inspector.gui.widgets.lettering import Lettering

AREA = QRect(10, 4, 120, 30)
ALIKE = 0.1  # of the ink; a word in another place differs by more than all of its own
LATIN = ("float32", "60 × 3 × 3", "<b>&amp;</b>")
OTHERS = ("w" * 60, "層.weight", "مفتاح.weight", "מפתח", "key 😀")


@pytest.fixture(params=[9, 10, 11])
def font(qtbot: QtBot, request: pytest.FixtureRequest) -> QFont:
    font = QFont(QGuiApplication.font())
    font.setPointSize(request.param)
    return font


def painted(words: str, font: QFont, right: bool, ratio: float, by_us: bool) -> npt.NDArray[Any]:
    """Paint words, and return how dark each pixel is."""
    image = QImage(round(160 * ratio), round(40 * ratio), QImage.Format.Format_Grayscale8)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as in our widgets
    painter.setPen(Qt.GlobalColor.black)
    if by_us:
        Lettering(font).draw(painter, AREA, words, to_right=right)
    else:
        painter.setFont(font)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, AREA.width())
        painter.drawText(AREA, side | Qt.AlignmentFlag.AlignVCenter, shown)
    painter.end()
    stored = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return 255.0 - stored[:, : image.width()]


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(
    ("words", "right"),
    [(words, right) for words in LATIN for right in (False, True)]
    + [(words, False) for words in OTHERS],
)
def test_looks_as_qt_paints_it(font: QFont, words: str, right: bool, ratio: float) -> None:
    ours = painted(words, font, right, ratio, by_us=True)
    qts = painted(words, font, right, ratio, by_us=False)
    # Half a pixel is rounded in one way here, another there.
    shifted = [np.roll(qts, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    least = min(np.abs(ours - other).sum() for other in shifted)
    assert ours.sum() > 0
    assert least / ours.sum() < ALIKE


def test_dots_stand_where_there_is_no_room(font: QFont) -> None:
    lettering = Lettering(font)
    words = "layers.0.attention.query.weight"
    middle = lettering.fit(words, 100, middle=True)
    right = lettering.fit(words, 100)
    assert middle.shown.startswith("l")
    assert "…" in middle.shown
    assert middle.shown.endswith("t")
    assert right.shown.endswith("…")
    assert max(middle.width, right.width) <= 100
    assert lettering.fit(words, 1000).shown == words


def test_lays_out_once_and_does_not_keep_everything(font: QFont) -> None:
    lettering = Lettering(font)
    assert lettering.fit("float32", 100) is lettering.fit("float32", 100)
    for number in range(5_000):
        lettering.fit(str(number), 100)
    assert len(lettering._known) <= 2_000
