"""Shows a file in the system's file manager, selected where that can be asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection, QDBusPendingCallWatcher

_SERVICE = "org.freedesktop.FileManager1"
_PLACE = "/org/freedesktop/FileManager1"
_PATIENCE_MS = 10_000  # a file manager may have to start first


def show_in_folder(file: str, parent: QObject) -> None:
    """Show a file where it lies; `parent` lives as long as the answer may be waited for."""
    if sys.platform == "win32":
        subprocess.Popen(["explorer", "/select,", file])
    elif sys.platform == "darwin":
        subprocess.Popen(["open", "-R", file])
    elif not _has_bus():
        _open_folder(file)
    else:
        from PySide6.QtDBus import QDBusConnection  # not above: hardly anybody asks for it

        bus = QDBusConnection.sessionBus()
        select_by_bus(bus, file, parent, lambda: _open_folder(file))


def select_by_bus(
    bus: QDBusConnection, file: str, parent: QObject, otherwise: Callable[[], object]
) -> None:
    """Ask the file manager on a bus to select a file; `otherwise` is called if it cannot.

    Returns at once; the answer comes later, or does not.
    """
    from PySide6.QtDBus import QDBusMessage, QDBusPendingCallWatcher

    if not bus.isConnected():
        otherwise()
        return
    uri = QUrl.fromLocalFile(file).toString(QUrl.ComponentFormattingOption.FullyEncoded)
    message = QDBusMessage.createMethodCall(_SERVICE, _PLACE, _SERVICE, "ShowItems")
    message.setArguments([[uri], ""])  # "": no id of a start-up notification
    watcher = QDBusPendingCallWatcher(bus.asyncCall(message, _PATIENCE_MS), parent)

    def answered(answer: QDBusPendingCallWatcher) -> None:
        if answer.isError():
            otherwise()
        answer.deleteLater()

    watcher.finished.connect(answered)


def _has_bus() -> bool:
    """Tell whether there is a session bus; without one, Qt would wait for one to be started."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    named = bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))
    return named or bool(runtime and Path(runtime, "bus").exists())


def _open_folder(file: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(file).parent)))
