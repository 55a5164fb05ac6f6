from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from inspector.core.errors import Damaged
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.window.pages import CancelledPage, ErrorPage, ProgressPage, WelcomePage


def buttons(page):
    return {button.text(): button for button in page.findChildren(QPushButton)}


def test_error_page_tells_and_copies(context, qtbot):
    page = ErrorPage(context.theme, "/x/a.pt", Damaged("<b>Broken</b> at 7.", "Download it again."))
    qtbot.addWidget(page)
    assert page.message.plain() == "<b>Broken</b> at 7."
    buttons(page)["Copy"].click()
    assert QGuiApplication.clipboard().text() == "/x/a.pt\n<b>Broken</b> at 7.\nDownload it again."
    with qtbot.waitSignal(page.retry_requested):
        buttons(page)["Try again"].click()
    with qtbot.waitSignal(page.close_requested):
        buttons(page)["Close"].click()


def test_a_mistake_of_ours_is_not_blamed_on_the_file(context, qtbot):
    page = ErrorPage(context.theme, "/x/a.pt", ZeroDivisionError("oops"))
    qtbot.addWidget(page)
    assert "oops" in page.message.plain()
    assert page.title() == "Something went wrong inside the program"


def test_progress_page_waits_before_it_appears(context, qtbot):
    page = ProgressPage(context.theme, "a.pt")
    qtbot.addWidget(page)
    page.resize(600, 400)
    with qtbot.waitExposed(page):
        page.show()
    assert not page.bar.isVisible()
    qtbot.waitUntil(page.bar.isVisible)
    page.show_progress(0.5, "Reading")
    assert page.bar.value() == 500
    with qtbot.waitSignal(page.cancel_requested):
        page.cancel.click()


def test_welcome_and_cancelled_pages_lead_on(context, qtbot):
    welcome, cancelled = WelcomePage((".pt",)), CancelledPage(context.theme, "a.pt")
    for page in (welcome, cancelled):
        qtbot.addWidget(page)
    with qtbot.waitSignals([welcome.open_requested, welcome.sample_requested]):
        for button in buttons(welcome).values():
            button.click()
    with qtbot.waitSignals([cancelled.retry_requested, cancelled.close_requested]):
        for button in buttons(cancelled).values():
            button.click()


def test_the_endings_that_most_people_have_come_first(qtbot) -> None:
    page = WelcomePage((".package", ".zip", ".pt", ".pth", ".safetensors"))
    qtbot.addWidget(page)
    reads = [label.plain() for label in page.findChildren(PlainLabel)]
    assert "Reads .pt  .pth  .safetensors  .package  .zip …" in reads
