"""Keyboard, dialogs, names for screen readers, and what the panel says."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QSpinBox,
    QTabWidget,
    QWidget,
)

from inspector.core.settings import SETTINGS
from inspector.gui.actions import ACTIONS, PART_ACTIONS
from inspector.gui.dialogs.settings import SettingsDialog
from inspector.gui.dialogs.shortcuts import ShortcutsDialog
from inspector.gui.export.dialog import ExportDialog
from inspector.gui.keys import KEYS
from inspector.gui.viewers.modules import ModulesViewer
from inspector.gui.viewers.values import ValuesViewer
from inspector.gui.widgets.labels import PlainLabel
from tests.e2e.looking import keys, texts, view_of

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_every_action_is_in_its_menu_with_an_icon_and_a_shortcut(open_window, files):
    window = open_window(files / "training.pt")
    menus = {menu.title().replace("&", ""): menu for menu in window.menuBar().findChildren(QMenu)}
    for row in ACTIONS:
        action = window.action(row.id)
        assert action in menus[row.menu].actions(), row.id
        assert not action.icon().isNull(), row.id
        assert action.shortcuts(), row.id


def nothing_but_words(action) -> bool:
    """True for lines that are no choice, no file and no menu, yet lack a picture or keys."""
    chosen = action.isCheckable() or action.data() or action.menu() or action.isSeparator()
    said = not action.isEnabled() and action.icon().isNull()  # a heading
    return not (chosen or said) and (action.icon().isNull() or not action.shortcuts())


def test_every_action_of_every_other_menu_has_an_icon_and_a_shortcut(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    view.panel.prefer(ValuesViewer)
    view.tree.go_to(("model", "0.weight"))
    qtbot.waitUntil(lambda: isinstance(view.panel.viewer(), ValuesViewer), timeout=20_000)
    viewer = view.panel.viewer()
    assert isinstance(viewer, ValuesViewer)
    qtbot.waitUntil(lambda: viewer.state == "shown", timeout=20_000)
    viewer.table.selectAll()
    viewer.controls.more.setFocus()
    with qtbot.waitSignal(viewer.output.done, timeout=10_000):
        shifted = CONTROL | Qt.KeyboardModifier.ShiftModifier
        qtbot.keyClick(viewer.controls.more, Qt.Key.Key_T, shifted)
    assert QGuiApplication.clipboard().text().count("\n") == 2
    window.action("export").trigger()
    dialog = window.findChild(ExportDialog)
    qtbot.waitUntil(lambda: dialog.body is not None and dialog.body.outlook is not None)
    window.action("columns").trigger()
    met, bare = set(), []
    for menu in window.findChildren(QMenu):
        menu.aboutToShow.emit()
        met |= {action.objectName() for action in menu.actions()}
        bare += [action.text() for action in menu.actions() if nothing_but_words(action)]
    dialog.close()
    assert {row.id for row in PART_ACTIONS} <= met
    assert not bare


def test_f1_lists_every_shortcut(open_window, qtbot):
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(ShortcutsDialog)
    qtbot.waitUntil(dialog.isVisible)
    shown = {label.plain() for label in dialog.findChildren(PlainLabel)}
    every = (*ACTIONS, *PART_ACTIONS)
    assert {row.text.replace("&", "").rstrip("…") for row in every} <= shown
    assert {words for row in KEYS for words in (row.part, row.does, row.keys)} <= shown
    assert "F1" in shown
    dialog.close()


def test_settings_are_made_from_their_table_and_hold_at_once(open_window, qtbot):
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_Comma, CONTROL)
    dialog = window.findChild(SettingsDialog)
    qtbot.waitUntil(dialog.isVisible)
    assert set(dialog.editors) == {row.id for row in SETTINGS}
    theme = dialog.editors["theme"]
    assert isinstance(theme, QComboBox)
    theme.setFocus()
    qtbot.keyClicks(theme, "Dark")
    theme.activated.emit(theme.currentIndex())
    assert window.context.theme.is_dark
    group = dialog.editors["group_keys"]
    assert isinstance(group, QCheckBox)
    qtbot.keyClick(group, Qt.Key.Key_Space)
    number = dialog.editors["recent_files"]
    assert isinstance(number, QSpinBox)
    number.setValue(3)
    preferences = window.context.preferences
    assert [preferences[name] for name in ("theme", "group_keys", "recent_files")] == [
        "dark",
        True,
        3,
    ]
    dialog.close()


def test_what_can_be_focused_or_pressed_has_a_name(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    window.action("address").trigger()
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QWidget)
        if isinstance(
            widget, QAbstractButton | QLineEdit | QComboBox | QAbstractScrollArea | QTabWidget
        )
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.objectName().startswith("qt_")
        and not (widget.accessibleName() or getattr(widget, "text", lambda: "")())
        and not isinstance(widget.parent(), QLineEdit)
    ]
    assert not nameless


def test_keys_are_grouped_and_stored_again(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    tree = view_of(window).tree
    with qtbot.waitSignal(tree.arranged):
        qtbot.keyClick(window, Qt.Key.Key_G, CONTROL)
    assert [texts(tree, n)[0] for n in range(8)] == [
        "epoch", "model", "0", "weight", "bias", "2", "weight", "bias",
    ]  # fmt: skip
    assert texts(tree, 2)[1:4] == ["2 tensors", "≈ Linear 4 → 3, bias", "60 B"]
    with qtbot.waitSignal(tree.arranged):
        qtbot.mouseClick(tree.group, Qt.MouseButton.LeftButton)
    assert keys(tree)[2] == "0.weight"


def test_filters_are_ticked_shown_and_taken_off(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    qtbot.waitUntil(lambda: "float32" in view.tree.model.known.marks.dtypes)
    bar = view.tree.filter_bar
    bar.menu.aboutToShow.emit()
    offered = {action.text().split("\t")[0]: action for action in bar.menu.actions()}
    with qtbot.waitSignal(view.tree.arranged):
        offered["float32"].trigger()
    assert [chip.text() for chip in bar.chips()] == ["float32"]
    assert "epoch" not in keys(view.tree)
    with qtbot.waitSignal(view.tree.arranged):
        qtbot.mouseClick(bar.chips()[0], Qt.MouseButton.LeftButton)
    assert "epoch" in keys(view.tree)


def order_by(qtbot, table, words: str) -> None:
    """Open the menu of orders on a table, go down to a line and choose it."""
    with qtbot.waitActive(table.window()):
        table.window().activateWindow()
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_K, CONTROL)
    menu = next(m for m in table.findChildren(QMenu) if m.isVisible())
    lines = [action.text() for action in menu.actions()]
    menu.setActiveAction(menu.actions()[0])
    while menu.activeAction().text() != words:
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        assert menu.activeAction() is not menu.actions()[0], lines
    qtbot.keyClick(menu, Qt.Key.Key_Return)


def test_rows_are_sorted_by_keyboard(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    with qtbot.waitSignal(view.tree.arranged):
        order_by(qtbot, view.tree.view, "Key")
    assert keys(view.tree)[:5] == ["epoch", "model", "0.bias", "0.weight", "2.bias"]
    with qtbot.waitSignal(view.tree.arranged):
        order_by(qtbot, view.tree.view, "&Descending")
    assert keys(view.tree)[0] == "optimizer"
    view.panel.prefer(ModulesViewer)
    view.tree.go_to(("model",))
    viewer = view.panel.viewer()
    assert isinstance(viewer, ModulesViewer)
    qtbot.waitUntil(lambda: viewer.model.rowCount() == 2)
    order_by(qtbot, viewer.table, "Size")
    assert viewer.table.order()[0] == 4, "the table that has the keyboard"


def test_a_bad_regular_expression_is_said_in_place(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    tree = view_of(window).tree
    tree.bar.set_mode("regex")
    qtbot.keyClicks(tree.search, "(b")
    qtbot.waitUntil(tree.problem.isVisible)
    assert "Not a regular expression" in tree.problem.plain()
    assert "epoch" in keys(tree), "the rows stay"
    with qtbot.waitSignal(tree.arranged):
        qtbot.keyClicks(tree.search, "ias)$")
    assert not tree.problem.isVisible()
    assert keys(tree) == ["model", "0.bias", "2.bias"]


def test_columns_are_chosen_and_remembered(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    window.resize(1280, 800)
    tree = view_of(window).tree
    assert tree.view.isColumnHidden(5)
    tree.view.horizontalHeader().customContextMenuRequested.emit(QPoint(5, 5))
    menu = next(m for m in tree.view.findChildren(QMenu) if m.isVisible())
    next(action for action in menu.actions() if action.text() == "Elements").trigger()
    menu.close()
    assert not tree.view.isColumnHidden(5)
    tree.view.horizontalHeader().resizeSection(5, 140)
    window.close()
    window = open_window(files / "training.pt")
    window.resize(1280, 800)
    again = view_of(window).tree.view
    assert not again.isColumnHidden(5)
    assert again.columnWidth(5) == 140


def test_several_rows_are_summed_up_and_copied(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    view.tree.view.setFocus()
    with qtbot.waitSignal(view.looked, check_params_cb=None):
        qtbot.keyClick(view.tree.view, Qt.Key.Key_A, CONTROL)
    qtbot.waitUntil(lambda: "selected" in window.status())
    facts = dict(view.panel.selection.grid.facts())
    assert facts["Rows"] == str(view.tree.model.rowCount())
    assert facts["Dtypes"].startswith("float32")
    assert facts["Devices"].startswith("cpu")
    with qtbot.waitSignal(window.copied):
        qtbot.keyClick(view.tree.view, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text().splitlines()[:3] == ["epoch", "model", "0.weight"]


def test_modules_sort_deepen_and_lead_there(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    view.tree.go_to(("model",))
    assert view.panel.titles() == ["Summary", "Modules", "Statistics"]
    qtbot.keyClick(view.tree.view, Qt.Key.Key_Right, CONTROL)
    qtbot.waitUntil(lambda: isinstance(view.panel.viewer(), ModulesViewer))
    viewer = view.panel.viewer()
    assert isinstance(viewer, ModulesViewer)
    qtbot.waitUntil(lambda: viewer.model.rowCount() == 2)
    assert [viewer.model.index(0, column).data() for column in range(6)] == [
        "0", "Linear 4 → 3, bias", "2", "15", "60 B", "65.2 %",
    ]  # fmt: skip
    viewer.table.horizontalHeader().setSortIndicator(4, Qt.SortOrder.AscendingOrder)
    assert viewer.model.part_at(0).name == "2"
    with qtbot.waitSignal(viewer.listed):
        viewer.steps.setCurrentIndex(1)
    assert viewer.model.rowCount() == 4
    row = viewer.table.visualRect(viewer.model.index(0, 0)).center()
    viewer.table.setCurrentIndex(viewer.model.index(0, 0))
    name = viewer.model.part_at(0).name
    qtbot.mouseClick(viewer.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    qtbot.mouseDClick(viewer.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert view.tree.view.current_path() == ("model", name)


def test_f6_goes_from_the_tree_to_the_panel_and_back(open_window, files, qtbot):
    window = open_window(files / "training.pt")
    view = view_of(window)
    view.tree.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert view.panel.tab_bar.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert view.tree.view.hasFocus()


def test_light_and_dark_by_keyboard(open_window, qtbot):
    window = open_window()
    before = window.context.theme.is_dark
    keys_ = CONTROL | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_L, keys_)
    assert window.context.theme.is_dark != before
    qtbot.keyClick(window, Qt.Key.Key_L, keys_)
    assert window.context.theme.is_dark == before
