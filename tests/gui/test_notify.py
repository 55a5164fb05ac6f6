from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.gui import notify


def test_the_filters_of_the_open_dialog(qtbot, monkeypatch):
    asked: list[tuple[object, ...]] = []

    def answer(*arguments):
        asked.append(arguments)
        return ["/x/a.pt"], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", answer)
    parent = QWidget()
    qtbot.addWidget(parent)
    rows = [("PyTorch", (".pt", ".pth")), ("Pickle", (".pkl", ".pt"))]
    assert notify.choose_checkpoints(parent, "/x", rows) == ["/x/a.pt"]
    assert asked[0][2] == "/x"
    assert asked[0][3] == (
        "Checkpoints (*.pt *.pth *.pkl);;PyTorch (*.pt *.pth);;Pickle (*.pkl *.pt);;All files (*)"
    )
