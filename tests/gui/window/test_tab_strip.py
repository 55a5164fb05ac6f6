from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from inspector.gui.context import AppContext
from inspector.gui.window.tab_strip import TabStrip


def test_many_tabs_keep_a_part_of_their_titles_and_are_scrolled(context: AppContext, qtbot: QtBot):
    strip = TabStrip(context.theme)
    qtbot.addWidget(strip)
    strip.resize(700, 300)
    for number in range(16):
        strip.add(QWidget(), f"checkpoint-of-epoch-{number:04}.pth", f"/runs/{number}.pth")
    with qtbot.waitExposed(strip):
        strip.show()
    bar = strip.tabBar()
    legible = QFontMetrics(bar.font()).horizontalAdvance("checkpo…04.pth")
    assert all(bar.tabRect(number).width() > legible for number in range(16))
    arrows = [
        button
        for button in bar.findChildren(
            QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly
        )
        if not button.property("closes") and button.isVisible()
    ]
    assert len(arrows) == 2


def test_a_few_tabs_are_as_wide_as_their_titles(context: AppContext, qtbot: QtBot):
    strip = TabStrip(context.theme)
    qtbot.addWidget(strip)
    strip.resize(700, 300)
    for name in ("a.pt", "model.safetensors"):
        strip.add(QWidget(), name, f"/runs/{name}")
    with qtbot.waitExposed(strip):
        strip.show()
    short, long = (strip.tabBar().tabRect(number).width() for number in range(2))
    assert short < long < 250
