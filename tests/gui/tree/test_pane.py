from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from pytestqt.qtbot import QtBot

from inspector.core.model import Node, measure
from inspector.gui.context import AppContext
from inspector.gui.tree.arrangement import Request, Subject, arrange
from inspector.gui.tree.pane import TreePane
from tests.gui.trees import mapping, tensor, training_tree

MakePane = Callable[[Node], TreePane]


@pytest.fixture
def make_pane(context: AppContext, qtbot: QtBot) -> MakePane:
    def make(tree: Node) -> TreePane:
        subject = Subject(tree, measure(tree).totals, (("model",),))
        pane = TreePane(context, subject, arrange(subject, Request()))
        qtbot.addWidget(pane)
        pane.resize(800, 500)
        with qtbot.waitExposed(pane):
            pane.show()
        return pane

    return make


def keys(pane: TreePane) -> list[object]:
    return [pane.model.row_at(number).node.key for number in range(pane.model.rowCount())]


def search(qtbot: QtBot, pane: TreePane, pattern: str) -> None:
    with qtbot.waitSignal(pane.arranged):
        pane.search.setText(pattern)


def test_typing_filters_and_escape_restores(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    pane.focus_search()
    with qtbot.waitSignal(pane.arranged):
        qtbot.keyClicks(pane.search, "bias")
    assert keys(pane) == ["model", "layer.2.bias"]
    with qtbot.waitSignal(pane.arranged):
        qtbot.keyClick(pane.search, Qt.Key.Key_Escape)
    assert keys(pane) == ["epoch", "model", "note", "alias"]


def test_nothing_found_says_so(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    search(qtbot, pane, "<b>nothing")
    assert pane.nothing.isVisible()
    assert pane.nothing.plain() == "No key matches “<b>nothing”."
    assert pane.nothing.textFormat() == Qt.TextFormat.PlainText
    search(qtbot, pane, "")
    assert not pane.nothing.isVisible()


def test_an_expression_that_takes_too_long_is_said_and_leaves_the_rows(
    make_pane: MakePane, qtbot: QtBot
):
    pane = make_pane(mapping("", tensor("a" * 60 + "!"), tensor("b")))
    pane.bar.set_mode("regex")
    beats = []
    beat = QTimer(interval=20)
    beat.timeout.connect(lambda: beats.append(1))
    beat.start()
    pane.search.setText("(a|aa)+$")
    qtbot.waitUntil(pane.problem.isVisible, timeout=20_000)
    assert "takes too long" in pane.problem.plain()
    assert len(beats) > 10  # the window went on
    assert len(keys(pane)) == 2
    search(qtbot, pane, "^b")
    assert pane.problem.isHidden()
    assert keys(pane) == ["b"]


def test_a_lone_tensor_has_a_row(make_pane: MakePane):
    pane = make_pane(tensor("", 3))
    assert pane.model.index(0, 0).data() == "whole file"
    assert pane.model.index(0, 1).data() == "3"
    pane.view.go_to_line(0)
    assert pane.view.current_path() == ()


def test_an_empty_checkpoint_says_so(make_pane: MakePane):
    assert make_pane(mapping("")).nothing.plain() == "There is nothing inside."


def test_the_current_row_survives_a_search(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    pane.go_to(("model", "layer.2.bias"))
    search(qtbot, pane, "layer.2")
    assert pane.view.current_path() == ("model", "layer.2.bias")
    search(qtbot, pane, "")
    assert pane.view.current_path() == ("model", "layer.2.bias")


def test_going_to_a_hidden_row_gives_the_search_up(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    search(qtbot, pane, "epoch")
    with qtbot.waitSignal(pane.arranged):
        pane.go_to(("model", "layer.2.bias"))
    assert pane.search.text() == ""
    assert pane.view.current_path() == ("model", "layer.2.bias")


def test_header_sorts_up_down_and_back_to_stored(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    with qtbot.waitSignal(pane.arranged):
        pane.expand_all()
    header = pane.view.horizontalHeader()
    place = QPoint(header.sectionPosition(0) + 20, header.height() // 2)
    orders = []
    for _ in range(3):
        with qtbot.waitSignal(pane.arranged):
            qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        orders.append(keys(pane)[0])
    assert orders == ["alias", "note", "epoch"]


def test_keyboard_walks_the_tree(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    view, key = pane.view, Qt.Key
    view.setFocus()
    assert view.current_path() is None
    for pressed, expected in [
        (key.Key_Down, ("epoch",)),
        (key.Key_Down, ("model",)),
        (key.Key_Right, ("model",)),
        (key.Key_Right, ("model", "layer.10.weight")),
        (key.Key_End, ("alias",)),
        (key.Key_Return, ("model", "layer.2.weight")),
        (key.Key_Left, ("model",)),
        (key.Key_Left, ("model",)),
        (key.Key_Home, ("epoch",)),
    ]:
        qtbot.keyClick(view, pressed)
        assert view.current_path() == expected
    assert pane.model.rowCount() == 4


def test_a_click_on_the_chevron_opens_the_branch(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    rect = pane.view.visualRect(pane.model.index(1, 0))
    place = QPoint(rect.left() + 12, rect.center().y())
    qtbot.mouseClick(pane.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert pane.model.is_expanded(1)
    assert pane.view.current_path() is None


def test_only_the_latest_search_is_answered(make_pane: MakePane, qtbot: QtBot):
    tree = mapping("", *(tensor(f"layer.{n}", 1) for n in range(50_000)))
    pane = make_pane(tree)
    answers = []
    pane.arranged.connect(lambda: answers.append(pane.model.request.pattern))
    pane.search.searched.emit("")
    pane.search.setText("layer.49999")
    qtbot.waitUntil(lambda: keys(pane) == ["layer.49999"])
    assert answers[-1] == "layer.49999"
    assert not pane._context.jobs.running


def test_narrow_trees_drop_columns_and_get_them_back(make_pane: MakePane, qtbot: QtBot):
    pane = make_pane(training_tree())
    assert not any(pane.view.isColumnHidden(column) for column in (1, 2, 3, 6, 7))
    pane.resize(300, 400)
    qtbot.waitUntil(lambda: pane.view.isColumnHidden(6))
    assert not pane.view.isColumnHidden(0)
    pane.resize(900, 400)
    qtbot.waitUntil(lambda: not pane.view.isColumnHidden(6))
