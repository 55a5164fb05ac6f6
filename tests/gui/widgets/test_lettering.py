"""Short texts look as Qt's own `drawText` paints them, and are laid out once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter
from pytestqt.qtbot import QtBot

from inspector.gui.widgets.lettering import Lettering

AREA = QRect(10, 4, 120, 30)
LATIN = ("float32", "60 × 3 × 3", "<b>&amp;</b>")
OTHERS = ("w" * 60, "層.weight", "مفتاح.weight", "מפתח", "key 😀")


@pytest.fixture
def font(qtbot: QtBot) -> QFont:
    return QFont(QGuiApplication.font())


def painted(words: str, font: QFont, right: bool, ratio: float, by_us: bool) -> QImage:
    """Paint words into a picture."""
    image = QImage(round(160 * ratio), round(40 * ratio), QImage.Format.Format_RGB32)
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
    return image


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(
    ("words", "right"),
    [(words, right) for words in LATIN for right in (False, True)]
    + [(words, False) for words in OTHERS],
)
def test_looks_as_qt_paints_it(font: QFont, words: str, right: bool, ratio: float) -> None:
    ours = painted(words, font, right, ratio, by_us=True)
    qts = painted(words, font, right, ratio, by_us=False)
    width, height = ours.width(), ours.height() - 2
    # Half a pixel is rounded in one way here, another there.
    assert ours.copy(0, 1, width, height) in [qts.copy(0, y, width, height) for y in range(3)]


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
