from PySide6.QtCore import Qt

from inspector.gui.context import AppContext
from inspector.gui.viewers import VIEWERS, Subject, Viewer, ViewerPanel
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.viewers.text import TextViewer
from tests.gui.trees import training_tree


def test_tabs_appear_where_they_apply_and_the_best_is_shown(context, qtbot, make_checkpoint):
    tree = training_tree()
    checkpoint = make_checkpoint(tree)
    panel = ViewerPanel(context, VIEWERS)
    qtbot.addWidget(panel)
    panel.show_subject(Subject(checkpoint, tree.children[0], ("epoch",)))
    assert panel.titles() == ["Summary"]
    panel.show_subject(Subject(checkpoint, tree.children[2], ("note",)))
    assert panel.titles() == ["Summary", "Text"]
    assert isinstance(panel.viewer(), TextViewer)


def test_the_chosen_viewer_stays_while_it_applies(context, qtbot, make_checkpoint):
    tree = training_tree()
    checkpoint = make_checkpoint(tree)
    panel = ViewerPanel(context, VIEWERS)
    qtbot.addWidget(panel)
    panel.resize(400, 400)
    with qtbot.waitExposed(panel):
        panel.show()
    note = Subject(checkpoint, tree.children[2], ("note",))
    panel.show_subject(note)
    tabs = panel.tab_bar
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(0).center())
    assert isinstance(panel.viewer(), SummaryViewer)
    panel.show_subject(Subject(checkpoint, tree.children[0], ("epoch",)))
    panel.show_subject(note)
    assert isinstance(panel.viewer(), SummaryViewer)


def test_a_viewer_that_cannot_tell_is_left_out(context, qtbot, make_checkpoint, caplog):
    class Broken(Viewer):
        title = "Broken"

        @staticmethod
        def priority(subject: Subject) -> int:
            raise ZeroDivisionError

    tree = training_tree()
    panel = ViewerPanel(context, (Broken, *VIEWERS))
    qtbot.addWidget(panel)
    panel.show_subject(Subject(make_checkpoint(tree), tree, ()))
    assert panel.titles() == ["Summary", "Loading"]
    assert "Broken cannot say whether it fits" in caplog.text
    caplog.clear()


def test_a_viewer_that_fails_says_so(context, qtbot, make_checkpoint, caplog):
    class Failing(SummaryViewer):
        title = "Failing"

        @staticmethod
        def priority(subject: Subject) -> int:
            return 5000

        def show_subject(self, subject: Subject) -> None:
            raise ZeroDivisionError

    tree = training_tree()
    panel = ViewerPanel(context, (Failing, *VIEWERS))
    qtbot.addWidget(panel)
    panel.show_subject(Subject(make_checkpoint(tree), tree, ()))
    assert "Failing could not show" in caplog.text
    assert panel.viewer() is None
    assert panel.titles() == ["Failing", "Summary", "Loading"]
    caplog.clear()


def test_a_page_that_is_being_made_gives_way_to_a_selection(context, qtbot, make_checkpoint):
    class Large(SummaryViewer):
        title = "Large"
        is_large = True

    tree = training_tree()
    panel = ViewerPanel(context, (Large,))
    qtbot.addWidget(panel)
    panel.show_subject(Subject(make_checkpoint(tree), tree, ()))
    panel.show_selection("2 nodes", [("Nodes", "2")])
    qtbot.waitUntil(lambda: panel._turns.is_over)
    assert panel._stack.currentWidget() is panel.selection


def test_a_large_page_that_cannot_be_made_is_said(context, qtbot, make_checkpoint, caplog):
    class Failing(SummaryViewer):
        title = "Failing"
        is_large = True

        def __init__(self, context: AppContext) -> None:
            raise ZeroDivisionError

    tree = training_tree()
    checkpoint = make_checkpoint(tree)
    panel = ViewerPanel(context, (SummaryViewer, Failing))
    qtbot.addWidget(panel)
    panel.show_subject(Subject(checkpoint, tree, ()))
    assert isinstance(panel.viewer(), SummaryViewer)
    panel.prefer(Failing)
    panel.show_subject(Subject(checkpoint, tree.children[0], ("epoch",)))
    qtbot.waitUntil(lambda: panel._turns.is_over)
    assert panel.viewer() is None
    assert panel._stack.currentWidget() is panel._failure
    assert "Failing could not show" in caplog.text
    caplog.clear()
