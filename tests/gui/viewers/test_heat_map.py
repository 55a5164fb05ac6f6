from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from inspector.core.analysis import pictures
from inspector.core.formats import open_checkpoint
from inspector.gui.context import AppContext
from inspector.gui.theme.colour_scales import odd_colour, scale_colours
from inspector.gui.viewers import VIEWERS, Subject
from inspector.gui.viewers.base import UNSUITED
from inspector.gui.viewers.heat_map import HeatMapViewer
from inspector.gui.widgets.heat_picture import HeatPicture
from tests.gui.trees import value

Show = Callable[..., HeatMapViewer]
LEFT = Qt.MouseButton.LeftButton


def test_what_was_not_read_is_said(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 1_000_000)
    but = "read, and extremes between may be missing: zoom in."
    square, tall = torch.zeros(1000, 1000), torch.zeros(100_000, 10)
    assert f"Only one row of 2 and one column of 2 were {but}" in show(square).note.plain()
    assert f"Only one row of 4 was {but}" in show(tall).note.plain()


@pytest.fixture
def subject_of(tmp_path: Path) -> Iterator[Callable[[torch.Tensor], Subject]]:
    with ExitStack() as stack:

        def made(tensor: torch.Tensor) -> Subject:
            file = tmp_path / f"{len(list(tmp_path.iterdir()))}.pt"
            torch.save({"weight": tensor}, file)
            checkpoint = stack.enter_context(open_checkpoint(str(file)))
            return Subject(checkpoint, checkpoint.root.children[0], ("weight",))

        yield made


@pytest.fixture
def viewer(context: AppContext, qtbot: QtBot) -> HeatMapViewer:
    made = HeatMapViewer(context)
    qtbot.addWidget(made)
    made.resize(500, 640)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def show(viewer: HeatMapViewer, qtbot: QtBot, subject_of: Callable[..., Subject]) -> Show:
    def shown(tensor: torch.Tensor) -> HeatMapViewer:
        with qtbot.waitSignal(viewer.settled, timeout=30_000):
            viewer.show_subject(subject_of(tensor))
        return viewer

    return shown


def picture_in(viewer: HeatMapViewer) -> HeatPicture:
    assert viewer.picture is not None
    return viewer.picture


def place_of(picture: HeatPicture, row: int, column: int) -> QPoint:
    """Return where the middle of an element is on the widget."""
    across, down = picture.lens.scale
    x, y = picture.lens.place(row, column)
    return (picture.room().topLeft() + QPointF(x + across / 2, y + down / 2)).toPoint()


def point_at(picture: HeatPicture, row: int, column: int) -> None:
    QTest.mouseMove(picture, QPoint(1, 1))  # no movement, no event
    QTest.mouseMove(picture, place_of(picture, row, column))


def colour_at(picture: HeatPicture, row: int, column: int) -> tuple[int, int, int]:
    found = picture.grab().toImage().pixelColor(place_of(picture, row, column))
    return found.red(), found.green(), found.blue()


def is_exact(picture: HeatPicture) -> bool:
    best = picture.at_spot()
    return best is not None and best.values is not None


def wheel(picture: HeatPicture, place: QPoint, turns: int) -> None:
    for _ in range(abs(turns)):
        event = QWheelEvent(
            QPointF(place),
            QPointF(picture.mapToGlobal(place)),
            QPoint(),
            QPoint(0, 120 if turns > 0 else -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(picture, event)


def test_it_is_a_tab_of_tensors_only(make_checkpoint, subject_of):
    assert HeatMapViewer in VIEWERS
    assert HeatMapViewer.priority(subject_of(torch.zeros(2))) > UNSUITED
    node = value("v", 1)
    assert HeatMapViewer.priority(Subject(make_checkpoint(node), node, ("v",))) == UNSUITED


def test_values_are_read_where_the_mouse_is(show, qtbot):
    tensor = torch.arange(-6.0, 6).reshape(3, 4) / 7
    viewer = show(tensor)
    picture = picture_in(viewer)
    assert viewer.note.plain() == "12 values, each a cell."
    point_at(picture, 1, 2)
    assert viewer.value.plain() == "[1, 2] = 0.0"
    point_at(picture, 2, 3)
    assert viewer.value.plain() == "[2, 3] = 0.71428573"
    assert picture.accessibleDescription() == viewer.value.plain()
    qtbot.mouseMove(picture, QPoint(2, 2))
    assert "Point at a cell" in viewer.value.plain()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_zero_has_the_middle_colour_and_what_is_not_finite_its_own(show, context, theme):
    tensor = torch.tensor([[-2.0, 0.0, 1.0], [float("nan"), float("inf"), 2.0]])
    picture = picture_in(show(tensor))
    context.theme.choose(theme)
    dark = theme == "dark"
    colours = scale_colours(diverging=True, dark=dark)
    middle = colours[len(colours) // 2]
    found = {
        place: colour_at(picture, *place) for place in ((0, 0), (0, 1), (1, 0), (1, 1), (1, 2))
    }
    odd = odd_colour(dark=dark)
    assert found == {
        (0, 0): colours[0],
        (0, 1): middle,
        (1, 0): odd,
        (1, 1): odd,
        (1, 2): colours[-1],
    }


def test_a_single_extreme_among_25_million_is_seen(show, qtbot):
    tensor = torch.randn(5000, 5000).clamp_(-3, 3)
    tensor[1234, 4321] = -50.0
    viewer = show(tensor)
    picture = picture_in(viewer)
    assert "Each cell stands for" in viewer.note.plain()
    image = picture.grab().toImage()
    lowest = QColor(*scale_colours(diverging=True, dark=False)[0])
    place = place_of(picture, 1234, 4321)
    near = [(place.x() + x, place.y() + y) for x in range(-2, 3) for y in range(-2, 3)]
    assert sum(image.pixelColor(*point) == lowest for point in near) >= 1
    wheel(picture, place, 60)
    picture.show_lens(picture.lens.towards(1234, 4321))
    picture.set_spot((1234, 4321))
    qtbot.waitUntil(lambda: viewer.value.plain() == "[1234, 4321] = −50.0")
    place = place_of(picture, 1234, 4321)
    assert picture.grab().toImage().pixelColor(place) == lowest


def test_cells_say_what_they_cover(show, qtbot):
    tensor = torch.ones(3000, 8)
    tensor[0, 3] = 2.0
    tensor[1, 3] = float("nan")
    viewer = show(tensor)
    picture = picture_in(viewer)
    point_at(picture, 0, 3)
    said = viewer.value.plain()
    assert said.startswith("[0–")
    assert ", 3]: 1 to 2, mean 1." in said
    assert "1 NaN" in said


def test_mean_smallest_and_largest_can_be_shown(show, qtbot):
    tensor = torch.zeros(3000, 2)
    tensor[::2], tensor[1::2] = -1.0, 0.5
    viewer = show(tensor)
    picture = picture_in(viewer)
    colours = scale_colours(diverging=True, dark=False)
    assert colour_at(picture, 100, 0) == colours[0]
    viewer.showing.setFocus()
    qtbot.keyClick(viewer.showing, Qt.Key.Key_End)
    assert viewer.showing.currentData() == "high"
    half = colours[round(0.75 * (len(colours) - 1))]
    assert colour_at(picture, 100, 0) == half


def test_percentiles_leave_room_for_the_rest(show, qtbot):
    tensor = torch.linspace(-1, 1, 6400).reshape(80, 80)
    tensor[0, 0] = 1000.0
    viewer = show(tensor)
    picture = picture_in(viewer)
    assert picture.scale.high == 1000
    qtbot.keyClick(viewer.limits, Qt.Key.Key_Down)
    assert picture.scale.high == pytest.approx(0.98, abs=0.01)
    assert picture.scale.cut == (True, True)


def test_axes_are_chosen_by_keyboard(show, qtbot):
    tensor = torch.arange(24.0).reshape(2, 3, 4)
    viewer = show(tensor)
    controls = viewer.controls
    assert (controls.rows.currentText(), controls.columns.currentText()) == (
        "axis 1 · 3",
        "axis 2 · 4",
    )
    with qtbot.waitSignal(viewer.settled):
        qtbot.keyClick(controls.sliders[0].slider, Qt.Key.Key_Right)
    picture = picture_in(viewer)
    point_at(picture, 2, 3)
    assert viewer.value.plain() == "[1, 2, 3] = 23.0"
    with qtbot.waitSignal(viewer.settled):
        qtbot.keyClick(
            controls.rows, Qt.Key.Key_Down
        )  # the same as the columns: they change places
    assert (controls.rows.currentData(), controls.columns.currentData()) == (2, 1)
    point_at(picture, 0, 0)
    point_at(picture, 3, 2)
    assert viewer.value.plain() == "[1, 2, 3] = 23.0"


def test_sliders_that_take_the_place_of_others_are_in_sight(show, qtbot):
    viewer = show(torch.arange(720.0).reshape(2, 3, 4, 5, 6))
    controls = viewer.controls
    assert [one.axis for one in controls.sliders] == [2]
    with qtbot.waitSignal(viewer.settled):
        qtbot.mouseClick(controls.kernels, LEFT, pos=QPoint(8, controls.kernels.height() // 2))
    assert [one.axis for one in controls.sliders] == [0, 1, 2]
    qtbot.waitUntil(lambda: all(in_sight(one) for one in controls.sliders))
    with qtbot.waitSignal(viewer.settled):
        qtbot.keyClick(controls.rows, Qt.Key.Key_Home)
    assert [one.axis for one in controls.sliders] == [1, 2, 3]
    qtbot.waitUntil(lambda: all(in_sight(one) for one in controls.sliders))


def in_sight(widget) -> bool:
    return widget.visibleRegion().boundingRect().size() == widget.size()


def test_kernels_are_tiles_page_by_page(show, qtbot):
    viewer = show(torch.arange(70 * 2 * 9.0).reshape(70, 2, 3, 3))
    controls, picture = viewer.controls, picture_in(viewer)
    assert controls.kernels.isVisible()
    assert controls.kernels.isChecked()
    (slider,) = controls.sliders
    assert slider.words.plain() == "–63 of 70"
    assert viewer.note.plain() == "1 152 values, each a cell.".replace(" ", "\u202f", 1)
    with qtbot.waitSignal(viewer.settled):
        qtbot.keyClick(slider.slider, Qt.Key.Key_Right)
    assert slider.words.plain() == "–69 of 70"
    point_at(picture, 0, 0)
    assert viewer.value.plain() == "[64, 0, 0, 0] = 1152.0"
    with qtbot.waitSignal(viewer.settled):
        qtbot.mouseClick(controls.kernels, LEFT, pos=QPoint(8, controls.kernels.height() // 2))
    assert [one.axis for one in controls.sliders] == [0, 1]
    assert picture.lens.rows == 3


def test_zoom_move_and_arrows(show, qtbot):
    viewer = show(torch.arange(10_000.0).reshape(100, 100))
    picture = picture_in(viewer)
    picture.setFocus()
    whole = picture.lens
    wheel(picture, place_of(picture, 50, 50), 6)
    assert picture.lens.zoom > 2
    before = picture.lens
    middle = place_of(picture, 50, 50)
    qtbot.mousePress(picture, LEFT, pos=middle)
    qtbot.mouseMove(picture, middle - QPoint(30, 20))
    qtbot.mouseRelease(picture, LEFT, pos=middle - QPoint(30, 20))
    assert picture.lens.column == pytest.approx(before.column + 30 / before.scale[0], abs=0.1)
    assert picture.lens.row == pytest.approx(before.row + 20 / before.scale[1], abs=0.1)
    qtbot.keyClicks(picture, "0")
    assert picture.lens == whole
    picture.set_spot((5, 5))
    qtbot.keyClick(picture, Qt.Key.Key_Right)
    qtbot.keyClick(picture, Qt.Key.Key_Down)
    assert viewer.value.plain() == "[6, 6] = 606.0"
    qtbot.keyClick(picture, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert picture.spot == (16, 6)
    qtbot.keyClicks(picture, "++++++++")
    assert picture.lens.zoom > 2
    for _ in range(90):
        qtbot.keyClick(picture, Qt.Key.Key_Down)
    assert picture.spot == (99, 6)
    assert picture.lens.seen[2] == 100
    qtbot.keyClicks(picture, "---------")
    assert picture.lens.is_whole


def test_pictures_are_linked_by_lens_and_spot(show, context, qtbot):
    viewer = show(torch.randn(200, 300))
    picture = picture_in(viewer)
    other = HeatPicture(context.theme)
    qtbot.addWidget(other)
    other.resize(200, 150)
    assert viewer._overview is not None
    other.show_picture(viewer._overview)
    for one, two in ((picture, other), (other, picture)):
        one.lens_changed.connect(two.show_lens)
        one.spot_changed.connect(two.set_spot)
    wheel(picture, place_of(picture, 100, 200), 10)
    assert other.lens.zoom == picture.lens.zoom > 2
    assert abs(other.lens.row - picture.lens.row) < 60
    point_at(picture, 100, 200)
    assert other.spot == (100, 200)


def test_closer_to_the_rest_is_read_again(show, qtbot):
    tensor = torch.randn(2000, 2000)
    viewer = show(tensor)
    picture = picture_in(viewer)
    wheel(picture, place_of(picture, 777, 1500), 40)
    qtbot.waitUntil(lambda: is_exact(picture))
    best, spot = picture.at_spot(), picture.spot
    assert best is not None
    assert spot is not None
    assert best.area.rows < 500
    assert viewer.note.plain() == "Here each cell is one value."
    index, value = viewer.value.plain().split(" = ")
    assert index == f"[{spot[0]}, {spot[1]}]"
    assert float(value.replace("−", "-")) == pytest.approx(tensor[spot].item())
    qtbot.keyClicks(picture, "0")
    assert viewer.note.plain().startswith("Each cell stands for")


@pytest.mark.parametrize(
    ("tensor", "sentence"),
    [
        (torch.zeros(0, 5), "There is nothing to see: the tensor has no elements (0 × 5)."),
        (torch.empty(2, 2, device="meta"), "meta device"),
    ],
    ids=["empty", "meta"],
)
def test_what_has_no_values_says_so(show, tensor, sentence):
    viewer = show(tensor)
    assert viewer.state == "empty"
    assert sentence in viewer.waiting.sentence.plain()
    assert not viewer.controls.isVisible()
    assert show(torch.ones(2, 2)).state == "shown"
    assert viewer.controls.isVisible()


def test_parts_stand_for_what_they_are_parts_of(show):
    viewer = show(torch.eye(40).to_sparse())
    assert viewer.state == "shown"
    assert "stored values" in viewer.note.plain()


@pytest.mark.parametrize("tensor", [torch.tensor(2.5), torch.ones(1, 1, 1), torch.tensor([True])])
def test_a_single_value(show, tensor, qtbot):
    viewer = show(tensor)
    picture = picture_in(viewer)
    point_at(picture, 0, 0)
    assert viewer.value.plain().endswith(("= 2.5", "= 1.0", "= True"))


def test_a_file_that_was_cut_off_says_so_and_can_be_tried_again(viewer, subject_of, qtbot):
    subject = subject_of(torch.randn(1000, 100))
    path = Path(subject.checkpoint.source.uri)
    content = path.read_bytes()
    os.truncate(path, 3000)
    with qtbot.waitSignal(viewer.settled):
        viewer.show_subject(subject)
    assert viewer.state == "failed"
    assert viewer.waiting.again.isVisible()
    path.write_bytes(content)
    with qtbot.waitSignal(viewer.settled):
        qtbot.mouseClick(viewer.waiting.again, LEFT)
    assert viewer.state == "failed"  # another file stands in its place
    assert "changed" in viewer.waiting.sentence.plain()


def test_it_can_be_stopped_and_begun_again(viewer, subject_of, qtbot):
    viewer.show_subject(subject_of(torch.randn(4000, 4000)))
    assert viewer.state == "busy"
    qtbot.mouseClick(viewer.waiting.cancel, LEFT)
    assert viewer.state == "cancelled"
    with qtbot.waitSignal(viewer.settled):
        qtbot.mouseClick(viewer.waiting.again, LEFT)
    assert viewer.state == "shown"


def test_coming_back_reads_nothing_again(show, viewer, context):
    show(torch.randn(100, 100))
    viewer.show_subject(viewer.subject)
    assert viewer.state == "shown"
    assert not context.jobs.running


def test_the_picture_is_saved(show, qtbot, tmp_path):
    viewer = show(torch.randn(4, 30))
    qtbot.mouseClick(viewer.save, LEFT)
    dialog = viewer.findChild(QFileDialog)
    assert dialog is not None
    line = dialog.findChild(QLineEdit)
    assert line is not None
    assert line.text() == "weight.png"
    line.setText(str(tmp_path / "saved.png"))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil((tmp_path / "saved.png").exists)
    image = QImage(str(tmp_path / "saved.png"))
    assert image.height() < 2 * picture_in(viewer).height()  # nothing below the cells
    middle = scale_colours(diverging=True, dark=False)[126]
    assert image.pixelColor(image.width() // 2, 4).red() == pytest.approx(middle[0], abs=3)


def test_the_picture_stays_in_its_place_while_one_reads_it(show, viewer, qtbot):
    viewer.resize(360, 640)
    show(torch.randn(5000, 300))
    picture = picture_in(viewer)
    QTest.mouseMove(picture, QPoint(1, 1))
    before = picture.geometry()
    point_at(picture, 1000, 100)
    QApplication.processEvents()
    assert "mean" in viewer.value.plain()
    assert picture.geometry() == before


@pytest.mark.parametrize("shape", [(64, 64), (2, 3, 64, 64), (128, 70, 3, 3), (900,)])
def test_there_is_room_on_a_narrow_panel(show, viewer, shape, qtbot):
    viewer.resize(360, 640)
    show(torch.randn(shape))
    assert viewer.width() == 360
    assert viewer.minimumSizeHint().width() <= 360
    picture = picture_in(viewer)
    assert picture.width() >= 300
    assert picture.height() >= 200


def test_everything_is_reached_by_keyboard(show, viewer, qtbot):
    show(torch.randn(3, 50, 60))
    names = []
    widget = viewer.controls.rows
    widget.setFocus()
    for _ in range(12):
        focused = QApplication.focusWidget()
        assert focused is not None
        names.append(focused.accessibleName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    wanted = {"Rows", "Columns", "Colours for", "Axis 0, slider", "Axis 0, index", "Heat map"}
    assert wanted <= set(names)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.0, "Colours: 0"), (2.0, "Colours: 0, 2"), (-2.0, "Colours: −2, 2, 0")],
)
def test_the_colours_of_a_tensor_that_is_the_same_everywhere(
    show: Show, number: float, said: str
) -> None:
    assert show(torch.full((2, 3), number))._bar.accessibleName() == said
