"""The Values tab in the whole window."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from inspector.gui.viewers.values import ValuesViewer
from tests.e2e.looking import view_of

CTRL = Qt.KeyboardModifier.ControlModifier


def test_copying_in_the_table_copies_values_and_not_the_key(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    view.tree.go_to(("model", "0.weight"))
    tabs = view.panel.tab_bar
    number = view.panel.titles().index("Values")
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(number).center())
    qtbot.waitUntil(lambda: isinstance(view.panel.viewer(), ValuesViewer), timeout=20_000)
    viewer = view.panel.viewer()
    assert isinstance(viewer, ValuesViewer)
    qtbot.waitUntil(lambda: viewer.state == "shown", timeout=20_000)
    viewer.table.setFocus()
    qtbot.keyClick(viewer.table, Qt.Key.Key_A, CTRL)
    with qtbot.waitSignal(viewer.output.done, timeout=10_000):
        qtbot.keyClick(viewer.table, Qt.Key.Key_C, CTRL)
    rows = QGuiApplication.clipboard().text().split("\n")
    assert [len(row.split("\t")) for row in rows] == [4, 4, 4]
    assert viewer.words.plain() == "12 cells copied."


def test_closing_a_tab_while_values_are_read(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    view.panel.prefer(ValuesViewer)
    view.tree.go_to(("model", "0.weight"))
    tab = window.current_tab()
    window.close_tab(tab)
    qtbot.waitUntil(lambda: not window.tabs.count())
