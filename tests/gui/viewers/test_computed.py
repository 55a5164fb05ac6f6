"""What viewers of values have in common: their pages come a turn later, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.checkpoint import Checkpoint
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.viewers import Subject
from inspector.gui.viewers.computed import ComputedViewer
from tests.gui.trees import training_tree


class Echo(ComputedViewer):
    """Shows the key that is looked at, in two parts; each of its steps may go wrong, once."""

    mistakes: set[str]
    begun = Signal()

    def ask(self, subject: Subject) -> None:
        self.compute("Repeating", repeat, str(subject.path[-1]), show=self._show)

    def make_body(self) -> Iterator[QWidget]:
        self.words = QLabel()
        self.begun.emit()
        yield self.words
        self._slip("body")
        body = QWidget()
        self.words.setParent(body)
        yield body

    def _show(self, words: str) -> None:
        self._slip("show")
        self.words.setText(words)

    def _slip(self, step: str) -> None:
        if step in self.mistakes:
            self.mistakes.discard(step)
            raise ZeroDivisionError(step)


def repeat(words: str, *, progress: Progress = silent) -> str:
    return words


@pytest.fixture
def subjects(make_checkpoint: Callable[..., Checkpoint]) -> list[Subject]:
    tree = training_tree()
    checkpoint = make_checkpoint(tree)
    return [Subject(checkpoint, node, (node.key,)) for node in tree.children[:2]]


@pytest.fixture
def viewer(context: AppContext, qtbot: QtBot) -> Echo:
    made = Echo(context)
    made.mistakes = set()
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.mark.parametrize("step", ["body", "show"])
def test_a_step_that_fails_is_said_and_can_be_taken_again(
    step: str,
    viewer: Echo,
    subjects: list[Subject],
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
) -> None:
    viewer.mistakes.add(step)
    with qtbot.waitSignal(viewer.settled):
        viewer.show_subject(subjects[0])
    assert viewer.state == "failed"
    assert f"ZeroDivisionError('{step}')" in viewer.waiting.sentence.plain()
    assert "Repeating failed" in caplog.text
    caplog.clear()
    with qtbot.waitSignal(viewer.settled):
        qtbot.mouseClick(viewer.waiting.again, Qt.MouseButton.LeftButton)
    assert viewer.words.isVisible()
    assert viewer.words.text() == str(subjects[0].path[0])


def test_a_picture_that_is_being_made_is_made_for_whoever_comes_next(
    viewer: Echo, subjects: list[Subject], qtbot: QtBot
) -> None:
    # Queued: it comes before the next turn.
    viewer.begun.connect(viewer.hide, Qt.ConnectionType.QueuedConnection)
    viewer.show_subject(subjects[0])
    qtbot.waitUntil(lambda: viewer.isHidden())
    assert viewer.state == "idle"
    begun = viewer.words
    viewer.show()
    with qtbot.waitSignal(viewer.settled):
        viewer.show_subject(subjects[1])
    assert viewer.words is begun
    assert viewer.words.text() == str(subjects[1].path[0])


def test_a_picture_that_is_being_made_ends_with_its_viewer(
    context: AppContext, subjects: list[Subject], qtbot: QtBot
) -> None:
    viewer = Echo(context)
    viewer.mistakes = set()
    with qtbot.waitExposed(viewer):
        viewer.show()
    viewer.begun.connect(viewer.hide, Qt.ConnectionType.QueuedConnection)
    viewer.begun.connect(viewer.deleteLater, Qt.ConnectionType.QueuedConnection)
    with qtbot.waitSignal(viewer.destroyed):
        viewer.show_subject(subjects[0])
    # Else the garbage collector would, and wherever it comes by: within Qt, the window stands.
    assert not shiboken6.isValid(viewer.words)


def test_the_keyboard_stays_with_the_button_that_goes_on(
    viewer: Echo, subjects: list[Subject], qtbot: QtBot
) -> None:
    states: list[str] = []
    viewer.settled.connect(lambda: states.append(viewer.state))
    viewer.show_subject(subjects[0])
    viewer.activateWindow()
    viewer.waiting.cancel.setFocus()
    qtbot.waitUntil(viewer.waiting.cancel.hasFocus)
    qtbot.keyClick(viewer.waiting.cancel, Qt.Key.Key_Space)
    assert viewer.focusWidget() is viewer.waiting.again
    with qtbot.waitSignal(viewer.settled):
        qtbot.keyClick(viewer.waiting.again, Qt.Key.Key_Space)
        assert viewer.focusWidget() is viewer.waiting.cancel
    assert states == ["cancelled", "shown"]
