"""Short texts look as Qt's own `drawText` paints them, and are laid out once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QImage, QPainter
from pytestqt.qtbot import QtBot

from inspector.gui.widgets.lettering import Lettering

AREA = QRect(10, 4, 120, 22)
LATIN = ("float32", "60 × 3 × 3", "<b>&amp;</b>", "w" * 60)


@pytest.fixture
def font(qtbot: QtBot) -> QFont:
    return QFont(QGuiApplication.font())


def painted(words: str, font: QFont, right: bool, by_us: bool) -> QImage:
    """Paint words into a picture."""
    image = QImage(160, 30, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setPen(Qt.GlobalColor.black)
    if by_us:
        Lettering(font).draw(painter, AREA, words, to_right=right)
    else:
        painter.setFont(font)
        # In whole pixels, as the middle of an odd height is rounded in one way here, another there.
        top = AREA.top() + (AREA.height() - QFontMetrics(font).height()) // 2
        place = QRect(AREA.left(), top, AREA.width(), QFontMetrics(font).height())
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, AREA.width())
        painter.drawText(place, side, shown)
    painter.end()
    return image


@pytest.mark.parametrize(
    ("words", "right"),
    [(words, right) for words in LATIN for right in (False, True)] + [("層.weight", False)],
)
def test_looks_as_qt_paints_it(font: QFont, words: str, right: bool) -> None:
    assert painted(words, font, right, by_us=True) == painted(words, font, right, by_us=False)


def test_dots_stand_where_there_is_no_room(font: QFont) -> None:
    lettering = Lettering(font)
    words = "layers.0.attention.query.weight"
    middle = lettering.fit(words, 100, Qt.TextElideMode.ElideMiddle)
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
