"""Selecting a file by D-Bus: a real bus, with a real service on it or none."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import ClassInfo, QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from inspector.gui.window.file_manager import select_by_bus, show_in_folder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None,
    reason="needs dbus-daemon: apt-get install dbus-daemon",
)
if sys.platform == "linux":
    from PySide6.QtDBus import QDBusConnection

SERVICE = "org.freedesktop.FileManager1"


@pytest.fixture
def address() -> Iterator[str]:
    """Start a bus of our own; return where it listens."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


@pytest.fixture
def bus(address: str) -> Iterator["QDBusConnection"]:
    yield QDBusConnection.connectToBus(address, "ours")
    QDBusConnection.disconnectFromBus("ours")


@ClassInfo({"D-Bus Interface": SERVICE})  # type: ignore[call-arg]
class FileManager(QObject):  # type: ignore[operator]
    asked = Signal(list, str)

    @Slot("QStringList", str)
    def ShowItems(self, uris: list[str], start_up: str) -> None:
        self.asked.emit(uris, start_up)


@pytest.fixture
def manager(address: str) -> Iterator[FileManager]:
    theirs = QDBusConnection.connectToBus(address, "theirs")
    made = FileManager()
    slots = QDBusConnection.RegisterOption.ExportAllSlots
    assert theirs.registerObject("/org/freedesktop/FileManager1", made, slots)
    assert theirs.registerService(SERVICE)
    yield made
    QDBusConnection.disconnectFromBus("theirs")


def test_a_file_manager_is_asked_to_select_the_file(
    bus: "QDBusConnection", manager: FileManager, qtbot: QtBot
):
    failed: list[bool] = []
    with qtbot.waitSignal(manager.asked) as heard:
        select_by_bus(bus, "/runs/my models/ä%.pt", manager, lambda: failed.append(True))
    assert heard.args == [["file:///runs/my%20models/%C3%A4%25.pt"], ""]
    assert not failed


def test_without_one_the_other_way_is_taken(bus: "QDBusConnection", qtbot: QtBot):
    parent = QObject()
    failed: list[bool] = []
    select_by_bus(bus, "/runs/a.pt", parent, lambda: failed.append(True))
    assert not failed  # it does not wait for the answer
    qtbot.waitUntil(lambda: failed == [True])


def test_a_bus_that_is_not_there_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path, qapp):
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    show_in_folder("/runs/a.pt", QObject())
    gone = QDBusConnection.connectToBus("unix:path=/nowhere", "gone")
    select_by_bus(gone, "/runs/b.pt", QObject(), lambda: opened.append(QUrl("other")))
    assert [url.toString() for url in opened] == ["file:///runs", "other"]
