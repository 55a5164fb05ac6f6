from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest

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
