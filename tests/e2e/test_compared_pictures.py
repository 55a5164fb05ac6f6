"""A, B and Δ as three pictures: one scale, the same place and the same zoom in all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from inspector.gui.diff.heat_maps import HeatMapsPage
from inspector.gui.diff.heat_sheet import best_arrangement
from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.heat_picture import HeatPicture
from inspector.gui.window.main_window import MainWindow
from tests.e2e.test_comparison import shown, view_of

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def heat(open_window: Any, qtbot: QtBot, tmp_path: Path) -> HeatMapsPage:
    """Return the pictures of a matrix whose elements grew by a hundredth, or fell so far."""
    import torch

    torch.manual_seed(0)
    before = torch.randn(64, 64)
    signs = torch.where(torch.arange(64) % 2 == 0, 1.0, -1.0)
    for name, state in (("a.pt", before), ("b.pt", before + 0.01 * signs)):
        torch.save({"weight": state, "wide": state.view(8, 512)}, tmp_path / name)
    window = open_window()
    window.resize(1280, 800)
    window.compare(str(tmp_path / "a.pt"), str(tmp_path / "b.pt"))
    page = shown(view_of(window, qtbot), HeatMapsPage, "weight", qtbot)
    assert isinstance(page, HeatMapsPage)
    return page


def lenses(heat: HeatMapsPage) -> set[tuple[float, float, float]]:
    """Return what the pictures show: one element if all show the same."""
    found = (picture.lens for picture in heat.pictures)
    return {(round(one.zoom, 6), round(one.row, 6), round(one.column, 6)) for one in found}


def middle(picture: HeatPicture) -> QPoint:
    room, (width, height) = picture.room(), picture.lens.size
    return QPoint(int(room.left() + width / 2), int(room.top() + height / 2))


def turn(picture: HeatPicture, by: int) -> None:
    at = QPointF(middle(picture))
    event = QWheelEvent(
        at,
        picture.mapToGlobal(at),
        QPoint(),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(picture, event)


@pytest.mark.parametrize("number", range(3))
def test_each_picture_leads_the_other_two(heat: HeatMapsPage, qtbot: QtBot, number: int) -> None:
    leading = heat.pictures[number]
    whole = lenses(heat)
    assert len(whole) == 1
    turn(leading, 480)
    closer = lenses(heat)
    assert len(closer) == 1
    assert closer != whole
    at = middle(leading)
    qtbot.mousePress(leading, LEFT, pos=at)
    qtbot.mouseMove(leading, at + QPoint(20, 12))
    qtbot.mouseRelease(leading, LEFT, pos=at + QPoint(20, 12))
    moved = lenses(heat)
    assert len(moved) == 1
    assert moved != closer
    qtbot.mouseMove(leading, at)
    spots = {picture.spot for picture in heat.pictures}
    assert len(spots) == 1
    assert None not in spots
    qtbot.keyClick(leading, Qt.Key.Key_Right)
    (spot,) = {picture.spot for picture in heat.pictures}
    assert spot is not None
    assert spot not in spots
    assert heat.value.plain().startswith(f"A  [{spot[0]}, {spot[1]}] = ")
    qtbot.keyClick(leading, "-")
    further = lenses(heat)
    assert len(further) == 1
    qtbot.keyClick(leading, "+")
    assert len(lenses(heat)) == 1
    turn(leading, -4800)
    assert lenses(heat) == whole
    turn(leading, 240)
    qtbot.keyClick(leading, "0")
    assert lenses(heat) == whole


def test_one_scale_for_all_unless_small_changes_are_wanted(
    heat: HeatMapsPage, qtbot: QtBot
) -> None:
    a, b, apart = (picture.scale for picture in heat.pictures)
    assert a == b == apart._replace(differences=False)
    first, last = heat.bar.strips()
    assert (first.name, last.name) == ("A, B", "Δ = B − A")
    times = a.high / 0.01
    words = heat.own_scale.text()
    assert words.startswith("&Own scale for Δ (")
    assert float(words.split("(")[1].split(" ×")[0]) == pytest.approx(times, rel=0.05)
    qtbot.mouseClick(heat.own_scale, LEFT, pos=QPoint(8, heat.own_scale.height() // 2))
    a, _, apart = (picture.scale for picture in heat.pictures)
    assert apart.high == pytest.approx(0.01, rel=1e-3)
    assert a.high / apart.high == pytest.approx(times, rel=0.01)
    assert heat.context.preferences["delta_scale"]
    heat.context.preferences.choose("delta_scale", False)
    assert not heat.own_scale.isChecked()
    assert heat.pictures[2].scale.high == a.high


def test_what_is_wide_stands_below_each_other(heat: HeatMapsPage, qtbot: QtBot) -> None:
    window = heat.window()
    assert isinstance(window, MainWindow)
    assert shown(view_of(window, qtbot), HeatMapsPage, "wide", qtbot) is heat
    places = [picture.pos() for picture in heat.pictures]
    assert len({place.x() for place in places}) == 1
    for picture in heat.pictures:
        assert picture.lens.size == pytest.approx((picture.room().width(), picture.room().height()))


@pytest.mark.parametrize(
    ("rows", "columns", "room", "across"),
    [
        (64, 2048, (460, 420), 1),
        (2048, 64, (460, 420), 3),
        (256, 256, (460, 420), 2),
        (256, 256, (1200, 420), 3),
        (256, 256, (230, 900), 1),
        (256, 256, (290, 420), 2),
    ],
)
def test_pictures_stand_where_they_are_seen_best(
    rows: int, columns: int, room: tuple[int, int], across: int
) -> None:
    lens = Lens(rows, columns, fills=True)
    best = best_arrangement(QSize(*room), lens, (30, 18), lambda _: 140)
    assert best == (across, across == 2 and room[0] > 400)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_saved_picture_has_the_colours_but_no_buttons(
    heat: HeatMapsPage, qtbot: QtBot, tmp_path: Path, ending: str
) -> None:
    qtbot.mouseClick(heat.save, LEFT)
    (dialog,) = heat.findChildren(QFileDialog)
    file = tmp_path / f"difference.{ending}"
    dialog.fileSelected.emit(str(file))
    dialog.reject()
    saved = QImage(str(file))
    assert not saved.isNull()
    if ending == "png":  # at twice the size: below the colours there is nothing
        first = heat.pictures[0].geometry()
        last = heat.pictures[2].geometry()
        below = [(saved.width() - 4, y) for y in range(2 * last.top() + 140, saved.height(), 3)]
        assert saved.width() == pytest.approx(2 * heat.pictures[1].geometry().right(), abs=8)
        assert saved.height() == pytest.approx(2 * (last.bottom() - first.top()), abs=8)
        assert len({saved.pixel(x, y) for x, y in below}) == 1
