from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from inspector.core.model import Node, measure
from inspector.gui.tree.arrangement import Request, Subject, arrange
from inspector.gui.tree.branches import chevron_left
from inspector.gui.tree.pane import TreePane
from tests.gui.trees import mapping, tensor, value


def make_pane(context, qtbot, tree: Node) -> TreePane:
    subject = Subject(tree, measure(tree).totals)
    pane = TreePane(context, subject, arrange(subject, Request()))
    qtbot.addWidget(pane)
    pane.resize(500, 400)
    with qtbot.waitExposed(pane):
        pane.show()
    return pane


def test_the_deepest_rows_keep_room_for_their_key():
    assert chevron_left(0, 200) < chevron_left(1, 200) < chevron_left(50, 200)
    assert chevron_left(500, 200) == chevron_left(50, 200) < 120


def test_deep_and_long_rows_are_painted(context, qtbot):
    tree = tensor("w" * 5000, 1)
    for depth in range(40):
        tree = mapping(depth, tree)
    pane = make_pane(context, qtbot, mapping("", tree, value("v", "x" * 10**6)))
    with qtbot.waitSignal(pane.arranged):
        pane.expand_all()
    pane.view.selectAll()
    pane.view.scrollToBottom()
    assert not pane.grab().isNull()


def test_only_what_is_cut_has_a_tool_tip(context, qtbot):
    pane = make_pane(context, qtbot, mapping("", tensor("short", 1), tensor("long " * 100, 1)))
    shown = []
    for row in range(2):
        place = pane.view.visualRect(pane.model.index(row, 0)).center()
        event = QHelpEvent(QEvent.Type.ToolTip, place, pane.view.viewport().mapToGlobal(QPoint()))
        QApplication.sendEvent(pane.view.viewport(), event)
        shown.append(QToolTip.text()[:60])
    QToolTip.hideText()
    assert shown[0] == ""
    assert "long long" in shown[1]
