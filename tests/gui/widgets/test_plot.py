"""The plot moves by mouse and keys, comes back, and follows the theme."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QWheelEvent
from PySide6.QtWidgets import QApplication

from inspector.gui.widgets.plot import Plot
from inspector.gui.widgets.ticks import (
    count_ticks,
    log_count,
    log_count_ticks,
    number_ticks,
    round_step,
)

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def plot(context, qtbot):
    made = Plot(context.theme, "A chart")
    qtbot.addWidget(made)
    made.resize(480, 320)
    made.set_whole((-2.0, 2.0), (0.0, 10.0))
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.setFocus()
    return made


def middle(plot: Plot) -> QPoint:
    scene = plot.box.sceneBoundingRect().center()
    return plot.canvas.mapFromScene(scene)


def turn_wheel(plot: Plot, steps: int) -> None:
    at = QPointF(middle(plot))
    where = plot.canvas.viewport()
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    turned = QPoint(0, 120 * steps)
    keys = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, where.mapToGlobal(at), QPoint(), turned, none, keys, phase, False)
    QApplication.sendEvent(where, event)


@pytest.mark.parametrize(
    ("low", "high"), [(-2.0, 2.0), (2.0**60, 2.0**60 + 25600), (1e5, 1e5 + 1e-3), (0.1, 0.1 + 1e-9)]
)
def test_numbers_at_the_axis_do_not_run_into_each_other(plot, qtbot, low, high):
    plot.set_whole((low, high), (0.0, 10.0))
    plot.grab()
    axis = plot._axes["bottom"]
    metrics = QFontMetricsF(axis.style["tickFont"])
    [(_, places)] = axis.tickValues(low, high, axis.size().width())
    texts = axis.tickStrings(places, 1.0, 1.0)
    scale = axis.size().width() / (high - low)
    for (one, words), (other, more) in pairwise(zip(places, texts, strict=True)):
        needed = (metrics.horizontalAdvance(words) + metrics.horizontalAdvance(more)) / 2
        assert scale * (other - one) >= needed
    assert texts


def test_the_wheel_comes_closer_and_a_double_click_goes_back(plot, qtbot):
    with qtbot.waitSignal(plot.moved):
        turn_wheel(plot, 3)
    low, high = plot.x_range()
    assert -2 < low < high < 2
    assert plot.is_zoomed
    assert plot.box.viewRange()[1] == [0.0, 10.0]
    viewport = plot.canvas.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle(plot))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle(plot))
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=middle(plot))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle(plot))
    assert plot.x_range() == (-2, 2)


def test_nothing_beyond_the_whole_range_comes_into_sight(plot):
    turn_wheel(plot, -5)
    assert plot.x_range() == (-2, 2)


def test_dragging_moves_the_picture(plot, qtbot):
    plot.set_x(-1, 1)
    viewport, start = plot.canvas.viewport(), middle(plot)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(viewport, start + QPoint(10 * step, 0))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(50, 0))
    low, high = plot.x_range()
    assert low < -1
    assert high - low == pytest.approx(2)


def test_keys(plot, qtbot):
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.x_range() == pytest.approx((-1.6, 1.6))
    qtbot.keyClick(plot, Qt.Key.Key_Right, SHIFT)
    assert plot.x_range() == pytest.approx((-1.28, 1.92))
    qtbot.keyClick(plot, Qt.Key.Key_Right, SHIFT)
    assert plot.x_range() == pytest.approx((-1.2, 2.0))
    qtbot.keyClick(plot, Qt.Key.Key_Left, SHIFT)
    qtbot.keyClick(plot, Qt.Key.Key_Minus)
    qtbot.keyClick(plot, Qt.Key.Key_Minus)
    assert plot.x_range() == (-2, 2)
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    assert plot.is_zoomed
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert not plot.is_zoomed


def test_the_button_is_there_while_it_is_of_use(plot, qtbot):
    assert not plot.reset_button.isVisible()
    plot.zoom(2)
    assert plot.reset_button.isVisible()
    qtbot.mouseClick(plot.reset_button, Qt.MouseButton.LeftButton)
    assert plot.x_range() == (-2, 2)
    assert not plot.reset_button.isVisible()
    assert plot.hasFocus()


def test_both_axes_move_where_that_is_wanted(context, qtbot):
    made = Plot(context.theme, "A chart", moves_y=True)
    qtbot.addWidget(made)
    made.set_whole((0.0, 1.0), (0.0, 1.0))
    made.zoom(2)
    qtbot.keyClick(made, Qt.Key.Key_Up, SHIFT)
    low, high = made.box.viewRange()[1]
    assert (low, high) == pytest.approx((0.3, 0.8))
    made.reset()
    assert not made.is_zoomed


def test_the_cursor_is_told_in_coordinates_of_the_chart(plot, qtbot):
    with qtbot.waitSignal(plot.hovered) as told:
        qtbot.mouseMove(plot.canvas.viewport(), middle(plot))
    (point,) = told.args
    assert point.x() == pytest.approx(0, abs=0.05)
    assert point.y() == pytest.approx(5, abs=0.2)


def test_no_menu_of_pyqtgraph(plot, qtbot):
    qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.RightButton, pos=middle(plot))
    assert QApplication.activePopupWidget() is None


def test_colours_follow_the_theme(plot, context):
    for choice in ("dark", "light"):
        context.theme.choose(choice)
        shown = plot.grab().toImage()
        corner = plot.canvas.geometry().topLeft() + QPoint(3, 3)
        assert shown.pixelColor(corner) == QColor(context.theme.colours.base)


def test_it_has_a_name_and_says_what_it_shows(plot):
    plot.describe("Ten bars.")
    assert plot.accessibleName() == "A chart"
    assert plot.accessibleDescription() == "Ten bars."
    plot.set_labels("a <b> & c", "")


def texts(ticks: list[tuple[float, str]]) -> list[str]:
    return [words for _, words in ticks]


def test_marks_are_round():
    assert texts(number_ticks(-0.11, 0.1, 5)) == ["−0.10", "−0.05", "0.00", "0.05", "0.10"]
    assert texts(number_ticks(0, 50, 5)) == ["0", "10", "20", "30", "40", "50"]
    assert texts(number_ticks(-1e30, 1e30, 2)) == ["−1e30", "0", "1e30"]
    assert texts(number_ticks(0, 3e-7, 3)) == ["0", "1e−7", "2e−7", "3e−7"]
    assert texts(number_ticks(123456, 123458, 2)) == ["1.23456e5", "1.23457e5", "1.23458e5"]
    assert texts(number_ticks(-0.5, 1.5, 9, 1.0)) == ["0", "1"]
    assert number_ticks(1, 1, 5) == number_ticks(0, 5e-324, 5) == []
    assert texts(count_ticks(0, 3, 10)) == ["0", "1", "2", "3"]
    assert texts(count_ticks(0, 2_500_000, 5)) == ["0", "500 k", "1 M", "1.5 M", "2 M", "2.5 M"]
    assert texts(log_count_ticks(log_count(0), log_count(5000), 9)) == ["1", "10", "100", "1 k"]
    assert len(log_count_ticks(0, 18, 4)) <= 5


@pytest.mark.parametrize("span", [1e-310, 1e-30, 1.0, 7.3, 1e300, 1.7e308])
def test_steps_fit_any_span(span):
    step = round_step(span, 6)
    assert 0 < step <= span
    assert span / step <= 6 * (1 + 1e-9)


def test_labels_have_room_whatever_the_size(plot, qtbot):
    axis = plot._axes["left"]

    def is_inside() -> bool:
        label = axis.label.mapRectToParent(axis.label.boundingRect())
        return label.top() >= -1 and label.bottom() <= axis.size().height() + 1

    plot.set_labels(y="Norm")
    plot.set_labels(y="Relative change to the previous <snapshot> & more")
    whole = "Relative change to the previous &lt;snapshot&gt; &amp; more"
    for height in (480, 170, 320, 120, 640):
        plot.resize(480, height)
        qtbot.waitUntil(lambda height=height: plot.canvas.height() > 0.6 * height)
        qtbot.waitUntil(is_inside)
        assert (axis.labelText == whole) == (height > 400)
