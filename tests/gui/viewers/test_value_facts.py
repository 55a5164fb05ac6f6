"""The statistics of the selected tensor in the Summary: at once, on demand, or why not."""

import math
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch

from inspector.core.formats import open_checkpoint
from inspector.core.model import measure
from inspector.gui.viewers import Subject
from inspector.gui.viewers import value_facts as module
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.window.opening import node_at


class Looking(NamedTuple):
    viewer: SummaryViewer
    look: Callable[[str], module.ValueFacts]

    @property
    def values(self) -> module.ValueFacts:
        return self.viewer.values


@pytest.fixture
def viewer(context, qtbot, tmp_path):
    made = {
        "sick": torch.tensor([1.0, -3.0, 0.0, math.nan, math.inf]),
        "whole": torch.arange(5),
        "empty": torch.zeros(0),
        "meta": torch.zeros(3, device="meta"),
        "epoch": 3,
        "expanded": torch.ones(1).expand(1 << 40),
    }
    torch.save(made, tmp_path / "run.pt")
    viewer = SummaryViewer(context)
    qtbot.addWidget(viewer)
    viewer.resize(400, 700)
    with qtbot.waitExposed(viewer):
        viewer.show()
    with open_checkpoint(str(tmp_path / "run.pt")) as checkpoint:

        def look(key: str) -> module.ValueFacts:
            node = node_at(checkpoint.root, (key,))
            assert node is not None
            totals = measure(checkpoint.root).totals[id(checkpoint.root)]
            viewer.show_subject(Subject(checkpoint, node, (key,), totals))
            return viewer.values

        yield Looking(viewer, look)
        context.jobs.shutdown()


def read(viewer, qtbot, key: str) -> dict[str, str]:
    with qtbot.waitSignal(viewer.values.settled, timeout=20_000):
        viewer.look(key)
    return dict(viewer.values.grid.facts())


def test_small_tensors_are_read_at_once(viewer, qtbot):
    facts = read(viewer, qtbot, "sick")
    assert facts["NaN"] == "1 (20 %)"
    assert facts["+Inf"] == "1 (20 %)"
    assert (facts["Min"], facts["Max"], facts["Zeros"]) == ("−3", "1", "1 (20 %)")
    assert facts["Mean"] == "−0.666667"
    assert (facts["Finite"], facts["Max |x|"]) == ("3 (60 %)", "3")
    facts = read(viewer, qtbot, "whole")
    assert facts == {
        "NaN, Inf": "none",
        "Min": "0",
        "Max": "4",
        "Mean": "2",
        "Std": "1.41421",
        "L2 norm": "5.47723",
        "Max |x|": "4",
        "Zeros": "1 (20 %)",
    }


def test_an_expanded_tensor_is_as_small_as_its_storage(viewer, qtbot):
    assert read(viewer, qtbot, "expanded")["Mean"] == "1"


def test_what_has_been_read_is_known(viewer, qtbot):
    read(viewer, qtbot, "sick")
    viewer.look("epoch")
    assert not viewer.values.isVisible()
    viewer.look("sick")
    assert viewer.values.grid.isVisible()


def test_large_tensors_are_read_on_demand(viewer, qtbot, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 8)
    values = viewer.look("sick")
    assert values.note.plain() == "The values take 20 B; they are read when you ask."
    with qtbot.waitSignal(values.settled):
        values.button.click()
        assert values.button.text() == "Cancel"
    assert dict(values.grid.facts())["Max"] == "1"


def test_reading_can_be_cancelled(viewer, qtbot, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 8)
    values = viewer.look("sick")
    values.button.click()
    values.button.click()
    assert values.note.plain() == "Stopped before it was done."
    with qtbot.waitSignal(values.settled):
        values.button.click()
    assert values.grid.isVisible()


def test_tensors_without_values_say_so(viewer, qtbot):
    assert read(viewer, qtbot, "empty") == {"Values": "none: the tensor is empty"}
    values = viewer.look("meta")
    assert "meta device" in values.note.plain()
    assert not values.button.isVisible()


def test_a_file_that_was_cut_says_so(viewer, qtbot, tmp_path):
    (tmp_path / "run.pt").write_bytes(b"")
    values = viewer.values
    with qtbot.waitSignal(values.settled, timeout=20_000):
        viewer.look("sick")
    assert values.note.property("tone") == "error"
    assert values.button.text() == "Try again"
