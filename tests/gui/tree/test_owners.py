"""Optimizer state in the tree and the panel, under the names of its parameters."""

import pytest
import torch
from PySide6.QtCore import Qt

from inspector.core.model import Finding
from inspector.gui.tree.columns import Known, aside, badges
from inspector.gui.tree.lines import Row
from inspector.gui.tree.marks import marks_with
from inspector.gui.tree.pane import TreePane
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.opening import Look, node_at, open_for_window


@pytest.fixture
def view(context, qtbot, tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 2))
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    stranger = torch.optim.Adam(list(torch.nn.Linear(7, 7).parameters()))
    stranger.param_groups[0]["params"][0].grad = torch.ones(7, 7)
    stranger.step()
    run = {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "other": stranger.state_dict(),
    }
    torch.save(run, tmp_path / "run.pt")
    opened = open_for_window(str(tmp_path / "run.pt"), Look())
    made = CheckpointView(context, opened, TreePane(context, opened.subject, opened.first))
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.marked):
        made.start_marking()
    yield made
    made.stop()


def summary(view: CheckpointView) -> SummaryViewer:
    viewer = view.panel.viewer()
    assert isinstance(viewer, SummaryViewer)
    return viewer


def test_an_entry_says_whose_it_is(view, qtbot):
    view.tree.go_to(("optimizer", "state", 2))
    row = view.tree.view.current_row()
    assert aside(row, view.tree.model.known) == "→ 1.weight"
    index = view.tree.view.currentIndex()
    assert index.data() == "2"
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "2 → 1.weight, collapsed, level 3"
    assert dict(summary(view).grid.facts())["Belongs to"] == "1.weight"
    qtbot.mouseClick(summary(view).grid.jump_buttons()[0], Qt.MouseButton.LeftButton)
    assert view.current_path() == ("model", "1.weight")


def test_a_parameter_says_what_is_kept_for_it(view, qtbot):
    view.tree.go_to(("model", "0.bias"))
    assert dict(summary(view).grid.facts())["Optimizer state"] == "step, exp_avg, exp_avg_sq"
    qtbot.mouseClick(summary(view).grid.jump_buttons()[0], Qt.MouseButton.LeftButton)
    assert view.current_path() == ("optimizer", "state", 1)


def test_the_tensors_of_an_entry_say_it_in_the_panel_only(view):
    view.tree.go_to(("optimizer", "state", 0, "exp_avg"))
    row = view.tree.view.current_row()
    assert isinstance(row, Row)
    assert aside(row, view.tree.model.known) == ""
    assert dict(summary(view).grid.facts())["Belongs to"] == "0.weight"


@pytest.mark.parametrize("path", [(), (0,), (0, "exp_avg")])
def test_an_optimizer_of_other_parameters_says_why_there_are_no_names(view, path):
    view.tree.go_to(("other", "state", *path))
    assert "cannot be known" in dict(summary(view).grid.facts())["Names"]


def test_findings_that_come_later_are_marked_beside_those_of_the_file(view):
    root = view.opened.checkpoint.root
    before = view.tree.model.known.marks
    found = Finding("nan", "error", "NaN.", ("model", "0.bias"))
    note = Finding("dead", "info", "All zero.", ("model", "0.weight"))
    lost = Finding("lost", "error", "Elsewhere.", ("model", "gone"))
    marks = marks_with(before, root, [note, found, lost])
    known = Known({}, marks=marks)
    words = {}
    for path in (("model",), ("model", "0.bias"), ("model", "0.weight"), ("optimizer",)):
        node = node_at(root, path)
        assert node is not None
        words[path] = [word for _, word in badges(node, known)]
    assert words == {
        ("model",): ["error"],
        ("model", "0.bias"): ["error"],
        ("model", "0.weight"): ["note"],
        ("optimizer",): [],
    }
    assert len(marks.found) == 2
