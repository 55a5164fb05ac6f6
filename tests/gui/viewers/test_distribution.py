"""The histogram of the selected tensor: read once, looked at from everywhere."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontInfo, QImage
from PySide6.QtWidgets import QFileDialog

from inspector.core.formats import open_checkpoint
from inspector.gui.theme import DARK, LIGHT
from inspector.gui.viewers import VIEWERS, Subject
from inspector.gui.viewers.base import UNSUITED
from inspector.gui.viewers.distribution import DistributionViewer
from inspector.gui.viewers.summary import SummaryViewer
from tests.checkpoints import save_zip
from tests.gui.trees import mapping, tensor, value


def spread() -> torch.Tensor:
    return torch.arange(-1000, 1001) / 1000


SPIKED = torch.cat([torch.zeros(900), torch.randn(90), torch.tensor([float("nan")] * 10)])
CASES: dict[str, torch.Tensor] = {
    "spread": spread(),
    "other": spread() + 3,
    "large": torch.randn(1_000_000, generator=torch.Generator().manual_seed(1)),
    "constant": torch.full((64,), 0.1),
    "zero": torch.zeros(5),
    "one": torch.tensor(3.5),
    "nan": torch.full((1000,), float("nan")),
    "lone": torch.tensor(float("nan")),
    "bool": torch.tensor([True, False, True]),
    "integers": torch.tensor([0, 1, 1, 2, 2, 2, 9]),
    "steps": torch.arange(100_000),
    "huge": torch.tensor([-1e30, -1.0, -1e-30, 0.0, 1e-30, 1.0, 1e30]),
    "double": torch.tensor([-1.7e308, 0.0, 1.7e308], dtype=torch.float64),
    "tiny": torch.tensor([0.0, 5e-324], dtype=torch.float64),
    "tiniest": torch.tensor([5e-324], dtype=torch.float64),
    "seed": torch.tensor(2**63 - 1),
    "unsigned": torch.tensor([2**64 - 1, 2**64 - 1], dtype=torch.uint64),
    "neighbours": torch.tensor([2**60, 2**60 + 1, 2**60 + 2]),
    "far": torch.tensor([-(2**63), 0, 1, 2**63 - 1]),
    "spiked": SPIKED,
    "complex": torch.tensor([3 + 4j, 0j]),
    "empty": torch.zeros(0, 3),
    "meta": torch.empty(3, device="meta"),
}
FINITE = [name for name in CASES if name not in ("nan", "lone", "empty", "meta")]


@pytest.fixture(scope="module")
def subjects(tmp_path_factory):
    path = save_zip(tmp_path_factory.mktemp("distribution") / "cases.pt", CASES)
    with open_checkpoint(str(path)) as checkpoint:
        nodes = {str(node.key): node for node in checkpoint.root.children}
        yield {key: Subject(checkpoint, node, (key,)) for key, node in nodes.items()}


@pytest.fixture
def viewer(context, qtbot):
    made = DistributionViewer(context)
    qtbot.addWidget(made)
    made.resize(620, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def shown(viewer, subjects, qtbot):
    def show(name: str) -> DistributionViewer:
        with qtbot.waitSignal(viewer.settled):
            viewer.show_subject(subjects[name])
        return viewer

    return show


def facts(viewer: DistributionViewer) -> dict[str, str]:
    return {tile.name: tile.text for tile in viewer.facts.tiles()}


def numbers(viewer: DistributionViewer) -> list[float]:
    return [bar.number for bar in viewer.histogram.bars()]


def test_it_is_a_tab_of_tensors_and_not_the_first_choice(make_checkpoint):
    tree = mapping("", tensor("w", 3), value("v", 1))
    checkpoint = make_checkpoint(tree)
    here, there = (Subject(checkpoint, node, (node.key,)) for node in tree.children)
    assert VIEWERS.index(DistributionViewer) > VIEWERS.index(SummaryViewer)
    assert UNSUITED < DistributionViewer.priority(here) < SummaryViewer.priority(here)
    assert DistributionViewer.priority(there) == UNSUITED


def test_bars_and_facts(shown):
    viewer = shown("spread")
    assert viewer.state == "shown"
    bars = viewer.histogram.bars()
    assert (bars[0].low, bars[-1].high) == (-1, 1)
    assert len(bars) == 64
    wanted, _ = np.histogram(spread().double(), [bars[0].low, *(bar.high for bar in bars)])
    assert numbers(viewer) == wanted.tolist()
    assert facts(viewer)["Elements"] == "2\u202f001"
    assert facts(viewer)["Min"] == "−1"
    assert facts(viewer)["Std"] == "0.5776"
    assert facts(viewer)["Zero"] == "1 (0.05 %)"
    assert facts(viewer)["NaN, ±Inf"] == "0"
    assert "2\u202f001 different values" in viewer.note.plain()
    assert "mean" in viewer.histogram.accessibleDescription()


def test_quantiles_are_told_in_numbers_too(shown):
    viewer = shown("spread")
    names = ["1 %", "5 %", "25 %", "median", "75 %", "95 %", "99 %"]
    assert list(facts(viewer))[-7:] == names
    wanted = np.quantile(spread().double().numpy(), [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    found = [float(facts(viewer)[name].replace("−", "-")) for name in names]
    assert found == pytest.approx(wanted, abs=2e-3)
    viewer.quantiles.click()
    assert not set(names) & set(facts(viewer))


def test_what_is_not_finite_is_told_with_its_share(shown):
    viewer = shown("spiked")
    assert facts(viewer)["NaN"] == "10 (1 %)"
    assert facts(viewer)["Zero"] == "900 (90 %)"
    alarming = [tile.name for tile in viewer.facts.tiles() if tile.alarming]
    assert alarming == ["NaN"]


def test_zooming_makes_other_bars_without_reading_again(shown, qtbot, context):
    viewer = shown("large")
    whole = viewer.histogram.bars()
    width = whole[1].low - whole[0].low
    viewer.histogram.setFocus()
    for _ in range(8):
        qtbot.keyClick(viewer.histogram, Qt.Key.Key_Plus)
    bars = viewer.histogram.bars()
    assert not context.jobs.running
    assert bars[1].low - bars[0].low < width / 3
    inside = [bar for bar in bars if bar.low > -0.1 and bar.high < 0.1]
    values = CASES["large"].double().numpy()
    for bar in inside:
        wanted = np.count_nonzero((values >= bar.low) & (values < bar.high))
        assert bar.number == pytest.approx(wanted, abs=3)
    assert viewer.histogram.readout.text().count("…") == 1
    qtbot.keyClick(viewer.histogram, Qt.Key.Key_0)
    assert viewer.histogram.bars() == whole


def test_moving_to_the_side_keeps_the_edges(shown):
    viewer = shown("large")
    viewer.histogram.zoom(8)
    before = {bar.low for bar in viewer.histogram.bars()}
    viewer.histogram.pan(0.1)
    after = {bar.low for bar in viewer.histogram.bars()}
    assert len(before & after) > 0.8 * len(before)


def test_whole_numbers_have_bars_of_their_own(shown, qtbot):
    viewer = shown("integers")
    assert [(bar.low, bar.number) for bar in viewer.histogram.bars()] == [
        (n - 0.5, number) for n, number in enumerate([1, 2, 3, 0, 0, 0, 0, 0, 0, 1])
    ]
    place = viewer.histogram.box.mapViewToScene(viewer.histogram.box.viewRect().center())
    bar = viewer.histogram.bar_at(viewer.histogram.box.mapSceneToView(place).x())
    assert bar is not None
    assert bar.low in (3.5, 4.5)
    viewer = shown("steps")
    widths = {bar.high - bar.low for bar in viewer.histogram.bars()}
    assert widths == {1000}
    assert set(numbers(viewer)) <= {1000, 500, 501, 499}
    viewer = shown("bool")
    assert numbers(viewer) == [1, 2]


def test_the_value_under_the_cursor(shown, qtbot):
    viewer = shown("integers")
    viewport = viewer.histogram.canvas.viewport()
    scale, box = viewer.histogram._scale, viewer.histogram.box
    height = box.viewRange()[1][1]
    scene = box.mapViewToScene(box.viewRect().center())
    scene.setX(box.mapViewToScene(type(scene)(scale.position(2.0), height / 2)).x())
    spot = viewer.histogram.canvas.mapFromScene(scene)
    with qtbot.waitSignal(viewer.histogram.hovered):
        qtbot.mouseMove(viewport, spot)
    assert viewer.histogram.readout.text() == "2:  3 (42.9 %)"
    # pyqtgraph leaves out events that follow each other too quickly.
    outside = itertools.cycle([QPoint(2, 2), QPoint(3, 3)])
    everything = "0 … 9:  7 (100 %)"

    def leave() -> bool:
        qtbot.mouseMove(viewport, next(outside))
        return bool(viewer.histogram.readout.text() == everything)

    qtbot.waitUntil(leave)


def test_logarithms_of_counts_and_of_values(shown, qtbot):
    viewer = shown("spiked")
    top = viewer.histogram.box.viewRange()[1][1]
    qtbot.mouseClick(viewer.log_counts, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert viewer.histogram.box.viewRange()[1][1] < 5 < top
    viewer = shown("huge")
    assert max(numbers(viewer)) == 3  # zero and what is close above it
    qtbot.mouseClick(viewer.log_values, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert max(numbers(viewer)) == 2
    assert sum(numbers(viewer)) == 7


def test_the_central_part(shown, qtbot):
    viewer = shown("spread")
    qtbot.mouseClick(viewer.centre, Qt.MouseButton.LeftButton)
    assert viewer.histogram.shown_range() == pytest.approx((-0.99, 0.99))
    assert viewer.histogram.is_zoomed
    qtbot.mouseClick(viewer.histogram.reset_button, Qt.MouseButton.LeftButton)
    assert viewer.histogram.shown_range() == (-1, 1)


def test_marks_have_labels_that_do_not_overlap(shown, qtbot):
    viewer = shown("spread")
    every = ["mean", "−σ", "+σ", "median", "1 %", "99 %", "25 %", "75 %", "5 %", "95 %"]
    assert set(viewer.histogram.labels()) <= set(every)
    assert {"mean", "−σ", "+σ", "median", "25 %"} <= set(viewer.histogram.labels())
    qtbot.mouseClick(viewer.quantiles, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert viewer.histogram.labels() == ["mean", "−σ", "+σ"]
    qtbot.mouseClick(viewer.mean, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert viewer.histogram.labels() == []


@pytest.mark.parametrize("name", FINITE)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_element_is_in_a_bar(shown, name, logarithmic):
    viewer = shown("spread" if name != "spread" else "other")
    viewer.log_values.setChecked(logarithmic)
    viewer = shown(name)
    assert viewer.found is not None
    assert sum(numbers(viewer)) == pytest.approx(viewer.found.statistics.finite)
    viewer.log_counts.setChecked(True)
    for factor in (2, 1000, 1e12):
        viewer.histogram.zoom(factor)
        assert viewer.histogram.bars()
    viewer.histogram.reset()
    assert not viewer.grab().isNull()


def test_one_value_stands_in_the_middle(shown):
    viewer = shown("constant")
    (filled,) = [n for n, number in enumerate(numbers(viewer)) if number]
    assert filled == len(numbers(viewer)) // 2
    assert viewer.note.plain() == "All finite elements have the same value."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("seed", "All finite elements have the same value."),
        ("neighbours", "Numbers beyond 2^53 count as the nearest one that float64 has."),
        ("far", "Numbers beyond 2^53 count as the nearest one that float64 has."),
        ("integers", "4 different values, each counted for itself."),
    ],
)
def test_nothing_is_claimed_of_integers_that_float64_does_not_tell_apart(shown, name, words):
    assert shown(name).note.plain() == words


def test_without_a_finite_value_there_is_no_picture(shown, subjects):
    viewer = shown("nan")
    assert viewer.sentence.plain() == "None of the 1\u202f000 elements is a finite number."
    assert not viewer.histogram.isVisible()
    assert facts(viewer)["NaN"] == "1\u202f000 (100 %)"
    assert shown("lone").sentence.plain() == "The only element is no finite number."
    assert shown("spread").histogram.isVisible()


@pytest.mark.parametrize(("name", "words"), [("empty", "no elements"), ("meta", "meta device")])
def test_nothing_to_count(shown, name, words):
    viewer = shown(name)
    assert viewer.state == "empty"
    assert words in viewer.waiting.sentence.plain()


def test_what_was_counted_is_kept_while_one_looks_elsewhere(shown, subjects):
    viewer = shown("spread")
    found = viewer.found
    viewer.histogram.zoom(4)
    viewer.hide()
    viewer.show()
    viewer.show_subject(subjects["spread"])
    assert viewer.state == "shown"
    assert viewer.found is found
    assert viewer.histogram.is_zoomed
    assert shown("other").found is not found
    assert not viewer.histogram.is_zoomed


def test_a_damaged_file_says_so_and_can_be_tried_again(viewer, tmp_path, qtbot):
    path = save_zip(tmp_path / "cut.pt", {"a": torch.zeros(100_000)})
    path.write_bytes(path.read_bytes()[:100_000])
    with open_checkpoint(str(path)) as checkpoint:
        node = checkpoint.root.children[0]
        with qtbot.waitSignal(viewer.settled):
            viewer.show_subject(Subject(checkpoint, node, ("a",)))
        assert viewer.state == "failed"
        with qtbot.waitSignal(viewer.settled):
            qtbot.mouseClick(viewer.waiting.again, Qt.MouseButton.LeftButton)


def test_it_can_be_stopped_and_begun_again(viewer, subjects, qtbot):
    viewer.show_subject(subjects["large"])
    qtbot.mouseClick(viewer.waiting.cancel, Qt.MouseButton.LeftButton)
    assert viewer.state == "cancelled"
    with qtbot.waitSignal(viewer.settled):
        qtbot.mouseClick(viewer.waiting.again, Qt.MouseButton.LeftButton)
    assert viewer.state == "shown"


def test_pictures_are_saved_where_one_says(shown, tmp_path, qtbot):
    viewer = shown("spread")
    qtbot.mouseClick(viewer.save, Qt.MouseButton.LeftButton)
    (dialog,) = viewer.histogram.findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("spread-distribution.png")
    dialog.fileSelected.emit(str(tmp_path / "picture.png"))
    dialog.reject()
    saved = QImage(str(tmp_path / "picture.png"))
    assert saved.size() == 2 * viewer.histogram.size()
    edges = {saved.pixelColor(saved.width() - 2, y).name() for y in (1, saved.height() - 2)}
    assert edges == {LIGHT.base}  # behind the readout, too


def test_in_an_svg_texts_are_as_large_as_on_screen(shown, tmp_path, qtbot):
    viewer = shown("spread")
    qtbot.mouseClick(viewer.save, Qt.MouseButton.LeftButton)
    (dialog,) = viewer.histogram.findChildren(QFileDialog)
    dialog.selectNameFilter("SVG picture (*.svg)")
    dialog.filterSelected.emit("SVG picture (*.svg)")
    assert dialog.defaultSuffix() == "svg"
    dialog.fileSelected.emit(str(tmp_path / "picture.svg"))
    dialog.reject()
    drawn = ElementTree.parse(tmp_path / "picture.svg").getroot().iter()
    texts = [item for item in drawn if item.tag.endswith("text")]
    readout = next(item for item in texts if "(100 %)" in (item.text or ""))
    font = viewer.histogram.readout.font()
    assert float(readout.get("font-size", 0)) == pytest.approx(QFontInfo(font).pixelSize(), abs=1)


@pytest.mark.parametrize("width", [340, 900])
def test_it_fits_wide_and_narrow_in_light_and_dark(shown, context, width, qtbot):
    viewer = shown("large")
    viewer.resize(width, 600)
    for choice, colours in (("dark", DARK), ("light", LIGHT)):
        context.theme.choose(choice)
        image = viewer.histogram.grab().toImage()
        assert image.pixelColor(6, image.height() - 4) == QColor(colours.base)
    assert viewer.histogram.width() <= width
    for button in (viewer.log_counts, viewer.quantiles, viewer.centre):
        assert button.mapTo(viewer, QPoint(button.width(), 0)).x() <= width


def test_everything_is_reached_by_keyboard(shown, qtbot):
    viewer = shown("spread")
    viewer.activateWindow()
    viewer.log_counts.setFocus()
    reached = []
    for _ in range(6):
        reached.append(viewer.focusWidget())
        qtbot.keyClick(viewer.focusWidget(), Qt.Key.Key_Tab)
    assert reached == [
        viewer.log_counts,
        viewer.log_values,
        viewer.mean,
        viewer.quantiles,
        viewer.centre,
        viewer.histogram,
    ]
    assert all(widget.accessibleName() or widget.text() for widget in reached)


def test_keys_move_from_bar_to_bar(shown, qtbot):
    viewer = shown("integers")
    chart = viewer.histogram
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.readout.text() == "0:  1 (14.3 %)"
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.readout.text() == "2:  3 (42.9 %)"
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.readout.text() == "1:  2 (28.6 %)"
    qtbot.keyClick(chart, Qt.Key.Key_End)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.readout.text() == "9:  1 (14.3 %)"


def test_keys_go_beyond_the_bars_in_sight(shown, qtbot):
    chart = shown("spread").histogram
    chart.show_range(-0.1, 0.1)
    qtbot.keyClick(chart, Qt.Key.Key_End)
    for _ in range(3):
        qtbot.keyClick(chart, Qt.Key.Key_Right)
    low, high = chart.shown_range()
    assert high > 0.11
    assert high - low == pytest.approx(0.2)
    assert float(chart.readout.text().split(" … ")[0]) > 0.1
