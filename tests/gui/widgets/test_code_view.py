from inspector.gui.widgets.code_view import CodeView


def test_numbers_stand_beside_the_lines_of_code(qtbot):
    view = CodeView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    with qtbot.waitExposed(view):
        view.show()
    view.show_text("one\ntwo\n" * 600, numbered=True)
    wide = view.margin_width()
    assert not view.grab().isNull()
    view.show_text("one\ntwo", numbered=True)
    assert 0 < view.margin_width() < wide
    view.show_text("prose", numbered=False)
    assert view.margin_width() == 0
    assert view.toPlainText() == "prose"
    assert view.isReadOnly()
