from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from inspector.gui.widgets.labels import ElidedLabel, PlainLabel, plain_tool_tip


def test_long_words_may_break_but_are_copied_as_they_are(qtbot):
    label = PlainLabel("model/layer.0.weight", wrap=True, selectable=True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < label.fontMetrics().horizontalAdvance(label.plain())
    label.setSelection(0, len(label.text()))
    QTest.keySequence(label, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == "model/layer.0.weight"


def test_a_word_without_end_fits_too(qtbot):
    label = PlainLabel("x" * 3000, wrap=True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 400
    assert label.plain() == "x" * 3000


def test_short_words_and_sizes_stay_together_on_a_line(qtbot):
    said = "torch.load reads weight_decay 0.1 of 21.8 kB"
    label = PlainLabel(said, wrap=True, selectable=True)
    qtbot.addWidget(label)
    assert "torch.load" in label.text()
    assert "weight_decay" in label.text()
    assert "21.8 kB" not in label.text()  # no space where a line may end
    label.setSelection(0, len(label.text()))
    label.copy_selection()
    assert QGuiApplication.clipboard().text() == said


def test_markup_is_plain_text(qtbot):
    label = PlainLabel("<b>x</b>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>x</b>"


def test_tool_tips_are_escaped_and_bounded():
    assert "<img" not in plain_tool_tip("<img src=x>")
    assert plain_tool_tip("") == ""
    assert len(plain_tool_tip("x" * 10**6)) < 3000


def test_an_elided_label_keeps_its_text(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(50, 20)
    label.set_text("a very long name that does not fit")
    assert label.text() == label.accessibleName() == "a very long name that does not fit"
    assert not label.grab().isNull()


def test_what_is_selectable_is_copied_by_its_menu_and_by_keys(qtbot):
    label = PlainLabel("model/layer.0.weight", wrap=True, selectable=True)
    qtbot.addWidget(label)
    with qtbot.waitExposed(label):
        label.show()
    assert label.focusPolicy() == Qt.FocusPolicy.StrongFocus
    by_keys = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(label, QContextMenuEvent(by_keys, QPoint(2, 2), QPoint(2, 2)))
    menu = label.findChild(QMenu)
    assert isinstance(menu, QMenu)
    (action,) = menu.actions()
    assert not action.icon().isNull()
    assert action.shortcut() == QKeySequence("Ctrl+C")
    QGuiApplication.clipboard().clear()
    action.trigger()
    menu.close()
    assert QGuiApplication.clipboard().text() == "model/layer.0.weight"


def test_an_elided_label_is_a_stop_while_it_is_cut(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(50, 20)
    label.set_text("a very long name that does not fit")
    label.show()
    assert label.focusPolicy() == Qt.FocusPolicy.TabFocus
    label.resize(900, 20)
    assert label.focusPolicy() == Qt.FocusPolicy.NoFocus
