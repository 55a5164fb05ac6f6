import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from inspector.gui import notify
from inspector.gui.app import address, report_mistakes


def test_a_mistake_that_nobody_caught_is_shown_and_logged(open_window, monkeypatch, caplog):
    said: list[tuple[object, ...]] = []
    monkeypatch.setattr(notify, "error", lambda *words: said.append(words))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    window = open_window()
    report_mistakes(window)
    error = ZeroDivisionError("<b>oops</b>")
    sys.excepthook(ZeroDivisionError, error, None)
    assert said[0][0] is window
    assert said[0][-1] == "ZeroDivisionError: <b>oops</b>"
    assert "A mistake in the program" in caplog.text
    caplog.clear()


def test_a_message_box_shows_plain_text(open_window, qtbot):
    window = open_window()
    notify.error(window, "Title", "<b>message</b>", "<i>detail</i>")
    box = window.findChild(QMessageBox)
    qtbot.waitUntil(box.isVisible)
    assert box.text() == "<b>message</b>"
    assert box.textFormat() == Qt.TextFormat.PlainText
    box.close()


def test_addresses(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    assert address("a.pt") == str(tmp_path / "a.pt")
    assert address("https://example.org/a.pt") == "https://example.org/a.pt"
