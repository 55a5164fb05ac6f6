import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from inspector.core.formats import open_checkpoint
from inspector.gui.viewers import VIEWERS, Subject
from inspector.gui.viewers.base import UNSUITED
from inspector.gui.viewers.loading import LoadingViewer
from tests.gui.trees import training_tree


@pytest.fixture
def viewer(context, qtbot):
    made = LoadingViewer(context)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def subject(tmp_path):
    file = tmp_path / "run.pt"
    weights = {f"module.{key}": value for key, value in torch.nn.Linear(2, 3).state_dict().items()}
    torch.save({"model": weights, "epoch": 4}, file)
    with open_checkpoint(str(file)) as checkpoint:
        yield Subject(checkpoint, checkpoint.root, ())


def test_it_is_a_tab_of_the_whole_file_only(make_checkpoint):
    tree = training_tree()
    checkpoint = make_checkpoint(tree)
    assert LoadingViewer in VIEWERS
    assert LoadingViewer.priority(Subject(checkpoint, tree, ())) > UNSUITED
    assert LoadingViewer.priority(Subject(checkpoint, tree.children[0], ("epoch",))) == UNSUITED


def test_notes_and_code_of_a_real_file(viewer, subject):
    viewer.show_subject(subject)
    notes = viewer.notes()
    assert "opens it with weights_only=True" in notes[0]
    assert any("“module.”" in note for note in notes)
    assert any("epoch or step" in note for note in notes)
    assert 'state_dict = checkpoint["model"]' in viewer.code.toPlainText()


def test_the_code_is_copied_as_it_is(viewer, subject, qtbot):
    viewer.show_subject(subject)
    qtbot.mouseClick(viewer.copy_button, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.rstrip("\n") == viewer.code.toPlainText()
    compile(copied, "copied", "exec")


def test_another_file_replaces_what_is_shown(viewer, subject, make_checkpoint):
    viewer.show_subject(subject)
    tree = training_tree()
    viewer.show_subject(Subject(make_checkpoint(tree), tree, ()))
    assert not any("“module.”" in note for note in viewer.notes())


def test_large_files_are_looked_through_beside_the_window(viewer, subject, monkeypatch, qtbot):
    monkeypatch.setattr("inspector.gui.viewers.loading._AT_ONCE", 0)
    viewer.show_subject(subject)
    assert not viewer.copy_button.isEnabled()
    qtbot.waitUntil(lambda: "weights_only=True" in viewer.notes()[0])
    assert viewer.copy_button.isEnabled()
