"""Who comes second hands over: real sockets, real processes, and peers that misbehave."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.analysis.comparison import Choices, PairRequest, SeriesRequest, Tolerance
from inspector.core.analysis.comparison.request import unpacked
from inspector.gui import single_instance
from inspector.gui.single_instance import SingleInstance, come_forward, socket_name

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the peers are made of Unix sockets"
)

TIMEOUT = 30_000
_WAITS = """
import sys
from PySide6.QtWidgets import QApplication
from inspector.gui.single_instance import SingleInstance
application = QApplication([])
instance = SingleInstance(sys.argv[1])
instance.open_requested.connect(lambda addresses: print(ascii(addresses), flush=True))
print(instance.hand_over(sys.argv[2:]), flush=True)
if instance.is_listening():
    application.exec()
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the runtime folder of this user; a socket's path has to be short."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@pytest.fixture
def name(place: Path) -> str:
    return str(place / "window")


@pytest.fixture
def make(qapp: QApplication) -> Iterator[Callable[[str | None], SingleInstance]]:
    made: list[SingleInstance] = []

    def make_instance(name: str | None) -> SingleInstance:
        made.append(SingleInstance(name))
        return made[-1]

    yield make_instance
    for instance in made:
        instance.close()


@pytest.fixture
def first(make: Callable[..., SingleInstance], name: str) -> SingleInstance:
    """Return the instance that others hand over to."""
    instance = make(name)
    assert instance.hand_over([]) is False
    assert instance.is_listening()
    return instance


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start processes that hand over or wait, and end what is left of them."""
    started: list[subprocess.Popen[str]] = []

    def start_process(*arguments: str, code: str = _WAITS) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start_process
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_another_process_hands_over(
    first: SingleInstance, name: str, start: Callable[..., subprocess.Popen[str]], qtbot: QtBot
) -> None:
    addresses = ["/a b.pt", "/ä.pt", "/undecodable-\udcff.pt", "https://example.org/x.pt"]
    with qtbot.waitSignal(first.open_requested, timeout=TIMEOUT) as asked:
        second = start(name, *addresses)
    assert asked.args == [addresses]
    assert line(second) == "True"
    assert second.wait(30) == 0


def test_a_real_command_hands_over_what_it_compares(
    place: Path,
    make: Callable[..., SingleInstance],
    start: Callable[..., subprocess.Popen[str]],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    first = make(socket_name())
    assert first.hand_over([]) is False
    code = "import sys; from inspector.cli.main import main; main(sys.argv[1:])"
    files = [str(tmp_path / name) for name in ("a.pt", "b.pt", "c::d.pt")]
    for words, wanted in (
        ([*files[:2], "--at-a", "model", "--rtol", "0.1"], None),
        (files, SeriesRequest(tuple(files))),
    ):
        with qtbot.waitSignal(first.compare_requested, timeout=TIMEOUT) as asked:
            second = start("diff", *words, "--gui", code=code)
        request = unpacked(asked.args[0])
        a, b, _ = files
        pair = PairRequest(a, b, Choices(root_a=("model",)), Tolerance(0.1, 0.0))
        assert request == (wanted or pair)
        assert second.wait(30) == 0


def test_no_addresses_only_ask_for_the_window(
    first: SingleInstance, name: str, start: Callable[..., subprocess.Popen[str]], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(first.open_requested, timeout=TIMEOUT) as asked:
        start(name)
    assert asked.args == [[]]


def test_many_at_once(
    first: SingleInstance, name: str, start: Callable[..., subprocess.Popen[str]], qtbot: QtBot
) -> None:
    taken: list[str] = []
    first.open_requested.connect(taken.extend)
    for number in range(4):
        start(name, f"/{number}.pt")
    qtbot.waitUntil(lambda: sorted(taken) == [f"/{n}.pt" for n in range(4)], timeout=TIMEOUT)


def test_two_that_start_at_once_become_one(
    name: str, start: Callable[..., subprocess.Popen[str]]
) -> None:
    starting = [start(name, "/a.pt") for _ in range(3)]
    said = sorted(line(process) for process in starting)
    assert said == ["False", "True", "True"]


def test_the_socket_of_a_dead_instance_is_recovered(
    name: str,
    make: Callable[..., SingleInstance],
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    dead = start(name)
    assert line(dead) == "False"
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert Path(name).is_socket(), "it died without clearing up"
    instance = make(name)
    assert instance.hand_over(["/a.pt"]) is False
    assert instance.is_listening()
    heir = start(name, "/b.pt")
    assert_handed_over(instance, heir, ["/b.pt"])


def assert_handed_over(
    instance: SingleInstance, sender: subprocess.Popen[str], addresses: list[str]
) -> None:
    asked: list[list[str]] = []
    instance.open_requested.connect(asked.append)
    deadline = time.monotonic() + TIMEOUT / 1000
    while not asked and time.monotonic() < deadline:
        QApplication.processEvents()
    assert asked == [addresses]
    assert line(sender) == "True"


def test_a_hung_instance_holds_nobody_up(
    name: str,
    make: Callable[..., SingleInstance],
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    hung = start(name)
    assert line(hung) == "False"
    hung.send_signal(signal.SIGSTOP)
    instance = make(name)
    started = time.monotonic()
    assert instance.hand_over(["/late.pt"]) is False
    assert time.monotonic() - started < 1.5
    assert not instance.is_listening(), "it may come back, and the socket is still its own"
    hung.send_signal(signal.SIGCONT)
    heir = start(name, "/b.pt")
    assert line(heir) == "True"
    assert line(hung) == "['/b.pt']", "what was opened elsewhere is not opened again"


def test_what_nobody_waits_for_any_more_is_not_opened(
    first: SingleInstance, name: str, make: Callable[..., SingleInstance], qtbot: QtBot
) -> None:
    asked: list[list[str]] = []
    first.open_requested.connect(asked.append)
    # Both are in this thread: the first cannot answer while the second waits.
    assert make(name).hand_over(["/late.pt"], patience=100) is False
    with connected(name) as peer:
        peer.sendall(framed(message(["/now.pt"])))
        qtbot.waitUntil(lambda: bool(asked), timeout=TIMEOUT)
    assert asked == [["/now.pt"]]


def message(addresses: object, **changes: object) -> bytes:
    return json.dumps({"version": 1, "open": addresses, "token": ""} | changes).encode()


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def connected(name: str) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(name)
    peer.setblocking(False)
    return peer


def said_to(peer: socket.socket) -> bytes | None:
    """Return what has been answered, empty at the end, None while there is nothing."""
    try:
        return peer.recv(1000)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""


def wait_until_closed(peer: socket.socket, qtbot: QtBot) -> None:
    """Return when the other side has hung up without a word."""
    answers: list[bytes] = []

    def closed() -> bool:
        answer = said_to(peer)
        answers.extend([] if answer is None else [answer])
        return answer == b""

    qtbot.waitUntil(closed, timeout=TIMEOUT)
    assert answers == [b""]


GARBAGE = {
    "no length": b"GET / HTTP/1.1\r\n\r\n",
    "a length beyond all bounds": b"\xff\xff\xff\xff{",
    "more than the length": framed(message(["/a.pt"])) + b"x",
    "nothing": framed(b""),
    "no JSON": framed(b"\x80\x02}q\x00."),
    "deep JSON": framed(b"[" * 100_000),
    "no object": framed(b"[1]"),
    "a number beyond Python's limit": framed(b'{"version": 1' + b"0" * 5000 + b"}"),
    "another version": framed(message(["/a.pt"], version=2)),
    "no list": framed(message("/a.pt")),
    "no texts": framed(message([1, None])),
    "an empty text": framed(message([""])),
    "a NUL": framed(message(["/a\0.pt"])),
    "too many": framed(message(["/a"] * 1001)),
    "a token that is no text": framed(message(["/a.pt"], token=[1])),
    "a token with NUL": framed(message(["/a.pt"], token="\0")),
    "no token": framed(b'{"version": 1, "open": ["/a.pt"]}'),
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=list(GARBAGE))
def test_garbage_is_not_listened_to(
    content: bytes, first: SingleInstance, name: str, qtbot: QtBot
) -> None:
    asked: list[list[str]] = []
    first.open_requested.connect(asked.append)
    with connected(name) as peer:
        peer.sendall(content)
        wait_until_closed(peer, qtbot)
    with connected(name) as peer:
        peer.sendall(framed(message(["/good.pt"])))
        qtbot.waitUntil(lambda: bool(asked), timeout=TIMEOUT)
    assert asked == [["/good.pt"]]


def test_a_message_may_come_in_pieces(first: SingleInstance, name: str, qtbot: QtBot) -> None:
    content = framed(message(["/a.pt"]))
    with connected(name) as peer, qtbot.waitSignal(first.open_requested, timeout=TIMEOUT) as asked:
        for number in range(len(content)):
            peer.sendall(content[number : number + 1])
            QApplication.processEvents()
    assert asked.args == [["/a.pt"]]


def test_who_says_nothing_has_to_leave(
    first: SingleInstance, name: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_instance, "PATIENCE", 50)
    with connected(name) as peer:
        wait_until_closed(peer, qtbot)


def test_a_crowd_has_to_leave(
    first: SingleInstance,
    name: str,
    qtbot: QtBot,
    start: Callable[..., subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(single_instance, "PATIENCE", 50)
    peers = []
    for _ in range(40):
        peers.append(connected(name))
        QApplication.processEvents()
    for peer in peers:
        wait_until_closed(peer, qtbot)
        peer.close()
    assert_handed_over(first, start(name, "/a.pt"), ["/a.pt"])


def test_more_than_a_message_holds_opens_here(
    first: SingleInstance, name: str, make: Callable[..., SingleInstance]
) -> None:
    second = make(name)
    assert second.hand_over(["/a" * 600_000]) is False
    assert second.hand_over(["/a"] * 1001) is False
    assert not second.is_listening()


def test_after_closing_nothing_is_taken(
    first: SingleInstance, name: str, make: Callable[..., SingleInstance]
) -> None:
    first.close()
    second = make(name)
    assert second.hand_over(["/a.pt"]) is False
    assert second.is_listening()


def test_without_a_private_place_everyone_is_alone(make: Callable[..., SingleInstance]) -> None:
    alone = make(None)
    assert alone.hand_over(["/a.pt"]) is False
    assert not alone.is_listening()


# Where they meet.


def test_the_socket_is_the_users_alone(
    place: Path, make: Callable[..., SingleInstance], qapp: QApplication
) -> None:
    name = socket_name()
    assert name is not None
    assert Path(name).parent == place
    make(name).hand_over([])
    assert Path(name).stat().st_mode & 0o077 == 0


def test_every_screen_has_its_own(
    place: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    names = set()
    for screen in (":0", ":1", ":1"):
        monkeypatch.setenv("DISPLAY", screen)
        names.add(socket_name())
    assert len(names) == 2


@pytest.mark.parametrize("flaw", ["open to others", "a link", "missing", "relative", "long"])
def test_a_runtime_folder_that_is_not_private_is_not_used(
    flaw: str, place: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    runtime = place / ("r" * 80 if flaw == "long" else "runtime")
    if flaw == "open to others":
        runtime.mkdir(mode=0o755)
    elif flaw == "a link":
        runtime.symlink_to(place)
    elif flaw == "long":
        runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "runtime" if flaw == "relative" else str(runtime))
    name = socket_name()
    assert name is not None
    own = place / f"checkpoint-inspector-{os.getuid()}"
    assert Path(name).parent == own
    assert own.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("flaw", ["open to others", "a link", "a file"])
def test_a_place_that_somebody_else_prepared_is_not_used(
    flaw: str, place: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    own = place / f"checkpoint-inspector-{os.getuid()}"
    if flaw == "open to others":
        own.mkdir()
        own.chmod(0o777)
    elif flaw == "a link":
        own.symlink_to(place)
    else:
        own.touch()
    assert socket_name() is None


def test_a_minimised_window_comes_forward(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.showMinimized()
    come_forward(window)
    assert not window.isMinimized()
    assert window.isVisible()
