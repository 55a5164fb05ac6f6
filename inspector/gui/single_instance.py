"""One window per person and screen: who comes second hands over what is to be opened.

Through a socket that only this user can reach go two messages, each a length in 4 bytes and a JSON
object: `{"version": 1, "open": [addresses], "token": "..."}`, with `"compare": {...}` if these are
to be compared and how, and the answer `{"version": 1, "opened": true}`. Whoever does not answer in
time is taken for hung, whoever says anything else is not listened to; then the second window opens
as if it were the first.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QLockFile, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QWidget

PATIENCE = 1000
"""Milliseconds in which a running window must have answered."""

_VERSION = 1
_LENGTH = 4  # bytes in front of each message
_LARGEST = 1 << 20
_MOST_ADDRESSES = 1000
_MOST_GUESTS = 16
_LONGEST_FOLDER = 69  # a socket's whole path has at most 107 bytes
_ACTIVATION = "XDG_ACTIVATION_TOKEN"
_STARTUP = "DESKTOP_STARTUP_ID"


class SingleInstance(QObject):
    """Gives addresses to the window that runs already, or becomes the one that is given them."""

    open_requested = Signal(object)
    """A list of addresses that somebody else was asked to open, empty if only the window is wanted.

    As an object, because Qt's own strings lose what is no valid text in the name of a file.
    """

    compare_requested = Signal(object)
    """A JSON object that says what is to be compared, and how."""

    def __init__(self, name: str | None) -> None:
        super().__init__()
        self._name = name
        self._server = QLocalServer()
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)
        self._guests: set[_Guest] = set()

    def hand_over(
        self,
        addresses: list[str],
        patience: int = PATIENCE,
        *,
        compare: dict[str, Any] | None = None,
    ) -> bool:
        """Return True if a running window takes the addresses; otherwise wait for others here."""
        if self._name is None:
            return False
        deadline = QDeadlineTimer(patience)
        asked = {"version": _VERSION, "open": addresses, "token": _token()}
        message = _packed(asked if compare is None else {**asked, "compare": compare})
        if len(message) > _LARGEST or len(addresses) > _MOST_ADDRESSES:
            return False
        answer = _ask(self._name, message, deadline)
        if answer is not None:
            return answer
        # Nobody is there. Of two that find this out at once, one must not clear away the other.
        lock = QLockFile(str(Path(tempfile.gettempdir(), f"{self._name}.lock")))
        if not lock.tryLock(max(0, deadline.remainingTime())):
            return False
        try:
            answer = _ask(self._name, message, deadline)
            if answer is None:
                QLocalServer.removeServer(self._name)  # of one that died
                self._server.listen(self._name)
            return answer or False
        finally:
            lock.unlock()

    def is_listening(self) -> bool:
        """True if others can hand over to this one."""
        return self._server.isListening()

    def close(self) -> None:
        """Take nothing more."""
        self._server.close()
        for guest in list(self._guests):
            guest.leave()

    def _welcome(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            guest = _Guest(socket)
            self._guests.add(guest)
            guest.asked.connect(self.open_requested)
            guest.asked_to_compare.connect(self.compare_requested)
            guest.left.connect(self._forget)
            if len(self._guests) > _MOST_GUESTS:
                guest.leave()
            else:
                guest.listen()

    def _forget(self, guest: _Guest) -> None:
        self._guests.discard(guest)


class _Guest(QObject):
    """A connection that may bring one message."""

    asked = Signal(object)
    asked_to_compare = Signal(object)
    left = Signal(object)

    def __init__(self, socket: QLocalSocket) -> None:
        super().__init__()
        self._socket = socket
        self._socket.setReadBufferSize(_LENGTH + _LARGEST)
        self._received = bytearray()
        self._impatience = QTimer()
        self._impatience.setSingleShot(True)
        self._impatience.setInterval(2 * PATIENCE)
        self._impatience.timeout.connect(self.leave)
        self._has_left = False

    def listen(self) -> None:
        """Take what has come, and what will."""
        self._impatience.start()
        self._socket.readyRead.connect(self._read)
        self._socket.disconnected.connect(self.leave)
        self._read()
        if self._socket.state() == QLocalSocket.LocalSocketState.UnconnectedState:
            self.leave()

    def leave(self) -> None:
        """End the connection, whatever it brought."""
        if self._has_left:
            return
        self._has_left = True
        self._impatience.stop()
        self._socket.disconnectFromServer()
        self._socket.deleteLater()
        self.left.emit(self)

    def _read(self) -> None:
        if self._has_left:
            return
        self._received += bytes(self._socket.readAll().data())
        message = _unpacked(self._received)
        if message is None:
            return
        addresses = _addresses(message)
        if addresses is not None and self._answer():
            if message.get("token"):
                os.environ[_ACTIVATION] = message["token"]  # Qt shows it to the compositor
            if isinstance(message.get("compare"), dict):
                self.asked_to_compare.emit(message["compare"])
            else:
                self.asked.emit(addresses)
        self.leave()

    def _answer(self) -> bool:
        """True if the other side still waits: otherwise it has opened a window of its own."""
        self._socket.write(_packed({"version": _VERSION, "opened": True}))
        self._socket.flush()
        return self._socket.state() == QLocalSocket.LocalSocketState.ConnectedState


def socket_name() -> str | None:
    """Return where the windows of this user on this screen meet; None if no place is private."""
    user = str(os.getuid()) if sys.platform != "win32" else getpass.getuser()
    screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY", "")
    session = os.environ.get("SESSIONNAME", "")
    seen = "\n".join((user, screen, session, QGuiApplication.platformName()))
    name = f"checkpoint-inspector-{hashlib.sha256(seen.encode()).hexdigest()[:16]}"
    if sys.platform == "win32":
        return name
    folder = _private_folder()
    return None if folder is None else str(folder / name)


def end_busy_cursor() -> None:
    """Tell an X11 desktop that the start it waits for is over, though no window of it will come.

    Qt says so when it shows its first window: this one is outside of the screen, for a moment.
    """
    if QGuiApplication.platformName() == "xcb" and os.environ.get(_STARTUP):
        sign = QWindow()
        sign.setFlags(Qt.WindowType.ToolTip | Qt.WindowType.BypassWindowManagerHint)
        sign.setGeometry(-10, -10, 1, 1)
        sign.show()


def come_forward(window: QWidget) -> None:
    """Put a window in front of all others, as far as the desktop lets it."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    os.environ.pop(_ACTIVATION, None)  # it is good for one time


def _private_folder() -> Path | None:
    """Return a folder that nobody else can enter."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and len(os.fsencode(runtime)) <= _LONGEST_FOLDER:
        folder = Path(runtime)
        if _is_private(folder):
            return folder
    user = os.getuid() if sys.platform != "win32" else 0
    folder = Path(tempfile.gettempdir()) / f"checkpoint-inspector-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return folder if _is_private(folder) else None


def _is_private(folder: Path) -> bool:
    """True for a folder, no link, that is this user's and closed to others."""
    if sys.platform == "win32":
        return True
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    )


def _token() -> str:
    """Return the right to come forward that the desktop gave this process with the click."""
    return os.environ.get(_ACTIVATION) or os.environ.get(_STARTUP, "")


def _ask(name: str, message: bytes, deadline: QDeadlineTimer) -> bool | None:
    """Return whether the other one opens it; None if there is no other."""
    socket = QLocalSocket()
    socket.setReadBufferSize(_LENGTH + _LARGEST)
    socket.connectToServer(name)
    if not socket.waitForConnected(_left(deadline)):
        nobody = (
            QLocalSocket.LocalSocketError.ServerNotFoundError,
            QLocalSocket.LocalSocketError.ConnectionRefusedError,
        )
        return None if socket.error() in nobody else False
    socket.write(message)
    received = bytearray()
    while (answer := _unpacked(received)) is None and not deadline.hasExpired():
        if not socket.waitForReadyRead(_left(deadline)):
            break
        received += bytes(socket.readAll().data())
    socket.abort()
    return answer == {"version": _VERSION, "opened": True}


def _left(deadline: QDeadlineTimer) -> int:
    return max(1, deadline.remainingTime())


# Messages.


def _packed(message: dict[str, Any]) -> bytes:
    content = json.dumps(message).encode()
    return len(content).to_bytes(_LENGTH, "big") + content


def _unpacked(received: bytearray) -> dict[str, Any] | None:
    """Return the message, an empty one if it is none, None while it is not there yet."""
    if len(received) < _LENGTH:
        return None
    length = int.from_bytes(received[:_LENGTH], "big")
    if length > _LARGEST or len(received) > _LENGTH + length:
        return {}
    if len(received) < _LENGTH + length:
        return None
    try:
        message = json.loads(received[_LENGTH:])
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _addresses(message: dict[str, Any]) -> list[str] | None:
    """Return what a message asks to open, None if it is not of our making."""
    addresses, token = message.get("open"), message.get("token")
    if message.get("version") != _VERSION or not isinstance(addresses, list):
        return None
    if len(addresses) > _MOST_ADDRESSES or not _is_text(token):
        return None
    return addresses if all(_is_text(item) and item for item in addresses) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value
