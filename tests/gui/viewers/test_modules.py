"""Modules as table, treemap and chart of layers, of files that torch wrote."""

import math
from xml.etree import ElementTree

import pytest
import torch
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QFileDialog

from inspector.core.formats import open_checkpoint
from inspector.core.model import Path, measure
from inspector.gui.viewers import Subject
from inspector.gui.viewers.breakdown import breakdown
from inspector.gui.viewers.layers import points_of, power_ticks
from inspector.gui.viewers.modules import LAYERS, TREEMAP, ModulesViewer, tiles_of
from inspector.gui.window.opening import node_at


def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    made = {f"net.layers.{n}.weight": torch.randn(8, 8) * 10**-n for n in range(4)}
    made |= {"net.head.weight": torch.full((2, 8), math.nan), "net.head.bias": torch.zeros(2)}
    return made | {"net.steps": torch.tensor([7])}


@pytest.fixture
def viewer(context, qtbot, tmp_path):
    torch.save({"model": weights(), "names": {"a": torch.tensor([1])}}, tmp_path / "run.pt")
    made = ModulesViewer(context)
    qtbot.addWidget(made)
    made.resize(480, 640)
    with qtbot.waitExposed(made):
        made.show()
    with open_checkpoint(str(tmp_path / "run.pt")) as checkpoint:

        def look(*path: str) -> None:
            node = node_at(checkpoint.root, path)
            assert node is not None
            totals = measure(checkpoint.root).totals.get(id(node))
            assert totals is not None
            made.show_subject(Subject(checkpoint, node, path, totals))

        made.setProperty("look_at", look)
        yield made
        context.jobs.shutdown()


def look_at(viewer: ModulesViewer, *path: str) -> None:
    viewer.property("look_at")(*path)


def show_layers(viewer, qtbot, *path: str):
    with qtbot.waitSignal(viewer.layers.settled, timeout=20_000):
        look_at(viewer, *path)
        viewer.look.choose(LAYERS)
    return viewer.layers


def test_the_treemap_shows_every_tensor_and_leads_there(viewer, qtbot):
    with qtbot.waitSignal(viewer.listed):
        look_at(viewer, "model")
    with qtbot.waitSignal(viewer.listed):
        viewer.steps.setCurrentIndex(4)
    viewer.look.choose(TREEMAP)
    assert viewer.treemap.isVisible()
    assert sum(tile.part.nbytes for tile in viewer.treemap.tiles) == 4 * 256 + 64 + 8 + 8
    jumps: list[Path] = []
    viewer.jump_requested.connect(jumps.append)
    qtbot.keyClick(viewer.treemap, Qt.Key.Key_Home)
    qtbot.keyClick(viewer.treemap, Qt.Key.Key_Return)
    assert jumps == [("model", "net.layers.0.weight")]
    assert viewer.save.isEnabled()


def test_tied_and_expanded_tensors_take_their_bytes_once(context, qtbot, tmp_path):
    weight = torch.randn(8, 8)
    state = {
        "emb.weight": weight,
        "head.weight": weight,
        "mask": torch.zeros(1).expand(1000, 1000),
        "part": weight[2],
        "sparse": torch.eye(3).to_sparse(),
    }
    torch.save(state, tmp_path / "tied.pt")
    made = ModulesViewer(context)
    qtbot.addWidget(made)
    with open_checkpoint(str(tmp_path / "tied.pt")) as checkpoint:
        parts = breakdown(checkpoint.root, (), 1)
        sizes = {part.name: (part.nbytes, part.again) for part in parts}
        assert sizes == {
            "emb": (256, 0),
            "head": (0, 256),
            "mask": (4, 4 * 1000 * 1000 - 4),
            "part": (32, 0),
            "sparse": (60, 0),
        }
        with qtbot.waitSignal(made.listed):
            totals = measure(checkpoint.root).totals[id(checkpoint.root)]
            made.show_subject(Subject(checkpoint, checkpoint.root, (), totals))
        assert made.note.text() == "5 parts, without 4.00 MB shared"
        context.jobs.shutdown()


def test_tiles_are_grouped_by_the_first_step_that_differs(viewer, qtbot):
    torch_names = weights()
    with qtbot.waitSignal(viewer.listed):
        look_at(viewer, "model")
    node = viewer._subject.node
    parts = breakdown(node, ("model",), 0)
    assert len(parts) == len(torch_names)
    tiles = tiles_of(parts, 3)
    assert sum(tile.members for tile in tiles) == len(parts)
    assert sum(tile.nbytes for tile in tiles) == sum(part.nbytes for part in parts)
    assert [tile.target for tile in tiles[:3]] == [
        ("model", f"net.layers.{n}.weight") for n in range(3)
    ]


def test_layers_tell_what_torch_tells(viewer, qtbot):
    chart = show_layers(viewer, qtbot, "model")
    assert chart.state == "shown"
    points = chart.points()
    assert [point.name for point in points] == [n for n, t in weights().items() if t.ndim > 1]
    for point in points[:4]:
        values = weights()[point.name].double()
        norm = values.norm() / math.sqrt(values.numel())
        wanted = (values.mean(), values.std(correction=0), norm, values.abs().max())
        assert point.values() == pytest.approx([float(value) for value in wanted], rel=1e-12)
    assert all(math.isnan(value) for value in points[4].values())
    assert "NaN or infinity in 1 tensor" in chart.note.plain()
    chart.which.setCurrentIndex(1)
    assert [point.name for point in chart.points()][-1] == "net.head.bias"


def test_hovering_names_a_tensor_and_a_click_goes_there(viewer, qtbot):
    chart = show_layers(viewer, qtbot, "model")
    chart.plot.hovered.emit(QPointF(2.2, 0))
    assert chart.plot.readout.text().startswith("net.layers.1.weight · mean ")
    chart.plot.hovered.emit(QPointF(5.0, 0))
    assert "16 NaN or Inf" in chart.plot.readout.text()
    chart.plot.hovered.emit(None)
    assert "net" not in chart.plot.readout.text()
    canvas, box = chart.plot.canvas, chart.plot.box
    place = canvas.mapFromScene(box.mapViewToScene(QPointF(3.0, box.viewRange()[1][0] + 0.3)))
    with qtbot.waitSignal(viewer.jump_requested) as jump:
        qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert jump.args == [("model", "net.layers.2.weight")]


def test_linear_values_have_a_sign(viewer, qtbot):
    chart = show_layers(viewer, qtbot, "model")
    assert [switch.text() for switch in chart.switches] == ["|mean|", "std", "norm", "max |x|"]
    chart.log.click()
    assert chart.switches[0].text() == "mean"
    for switch in chart.switches[1:]:
        switch.click()
    means = [point.values()[0] for point in chart.points()[:4]]
    low, high = chart.plot.box.viewRange()[1]
    assert low < min(means) <= max(means) < high


def test_nothing_to_chart(viewer, qtbot):
    chart = show_layers(viewer, qtbot, "names")
    assert chart.state == "empty"
    assert "no tensors of floating-point numbers" in chart.waiting.sentence.plain()
    assert not viewer.save.isEnabled()


def test_the_saved_chart_names_its_curves_and_says_what_is_left_out(viewer, qtbot, tmp_path):
    layers = show_layers(viewer, qtbot, "model")
    layers.switches[1].click()
    qtbot.mouseClick(viewer.save, Qt.MouseButton.LeftButton)
    (dialog,) = viewer.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "chart.svg"))
    dialog.reject()
    drawn = ElementTree.parse(tmp_path / "chart.svg").getroot().itertext()
    words = "".join(drawn).replace("\u200b", "")
    assert all(name in words for name in ("|mean|", "norm", "max |x|", "tensor, in stored order"))
    assert "std" not in words
    assert "NaN or infinity in 1 tensor" in words


def test_a_file_that_is_gone_says_so_and_can_be_tried_again(viewer, qtbot, tmp_path):
    look_at(viewer, "model")
    (tmp_path / "run.pt").write_bytes(b"")
    chart = show_layers(viewer, qtbot, "model")
    assert chart.state == "failed"
    assert chart.waiting.again.isVisible()


def test_ticks_of_logarithms():
    assert power_ticks(-3.5, 1.2, 8) == [
        (-3, "0.001"),
        (-2, "0.01"),
        (-1, "0.1"),
        (0, "1"),
        (1, "10"),
    ]
    assert [mark for _, mark in power_ticks(-0.1, 1.1, 8)] == ["1", "2", "5", "10"]


def test_keys_move_from_point_to_point_and_enter_goes_there(viewer, qtbot):
    chart = show_layers(viewer, qtbot, "model")
    plot = chart.plot
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.readout.text().startswith("net.layers.0.weight · mean ")
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.accessibleDescription().startswith("net.layers.1.weight · mean ")
    with qtbot.waitSignal(viewer.jump_requested) as jump:
        qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert jump.args == [("model", "net.layers.1.weight")]
    qtbot.keyClick(plot, Qt.Key.Key_End)
    assert plot.readout.text().startswith("net.head.weight")
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.readout.text().startswith("net.head.weight")
    for _ in range(8):
        qtbot.keyClick(plot, Qt.Key.Key_Plus)
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    low, high = plot.x_range()
    assert low <= 1 <= high
    assert plot.is_zoomed
    qtbot.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plot.x_range() > (low, high)


def test_of_a_training_checkpoint_the_model_is_charted(context, qtbot, tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    made = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(made, tmp_path / "run.pt")
    with open_checkpoint(str(tmp_path / "run.pt")) as checkpoint:
        root = checkpoint.root
        kept = next(node for node in root.children if node.key == "optimizer")
        whole = points_of(checkpoint, root, (), {}, {}, context.engine)
        state = points_of(checkpoint, kept, ("optimizer",), {}, {}, context.engine)
    assert [point.path for point in whole.points] == [
        ("model", name) for name in model.state_dict()
    ]
    assert whole.left_out
    assert len(state.points) == 12
    assert not state.left_out
