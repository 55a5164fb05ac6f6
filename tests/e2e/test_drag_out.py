"""A row that is dragged with a real mouse into the window of another program is a file there."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QUrl

from tests.e2e import test_screen as on_screen
from tests.e2e.test_screen import TIMEOUT, changed, settled, xdotool

if TYPE_CHECKING:
    import torch

pytestmark = on_screen.pytestmark
screen = on_screen.screen
# Where things are in the window of the fixture, which has no frame and no say in its size.
WEIGHT, LAST_BIAS, NOTE = (100, 289), (100, 370), (100, 451)
PANEL, SEARCH, ELSEWHERE = (700, 500), (200, 162), (1090, 190)
KEYS = ["0.weight", "0.bias", "2.weight", "2.bias"]

# Another program: it takes files, and prints what it was given; it asks nothing while they hover.
TARGET = """
import sys
from PySide6.QtWidgets import QApplication, QWidget

class Target(QWidget):
    def dragEnterEvent(self, event):
        print("entered", event.mimeData().hasUrls(), flush=True)
        event.acceptProposedAction()

    def dropEvent(self, event):
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            print("dropped", url.toString(), flush=True)
        print("end", flush=True)

application = QApplication([])
target = Target(acceptDrops=True)
target.setWindowTitle("drop here")
target.setStyleSheet("background: #00ff80")
target.setGeometry(900, 0, 380, 380)
target.show()
application.exec()
"""


@pytest.fixture
def cache(screen: dict[str, str], tmp_path: Path) -> Path:
    screen["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    screen["XDG_STATE_HOME"] = str(tmp_path / "state")
    screen["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    return tmp_path / "cache" / "checkpoint-inspector" / "dragged"


@pytest.fixture
def target(screen: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", TARGET], env=screen, stdout=subprocess.PIPE, bufsize=0
    ) as program:
        found = xdotool(screen, "search", "--sync", "--onlyvisible", "--name", "^drop here$")
        xdotool(screen, "windowmove", "--sync", found.splitlines()[0], "900", "0")
        yield program
        program.kill()


@pytest.fixture
def window(
    screen: dict[str, str], cache: Path, files: Path, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "inspector", str(files / "training.pt")]
    with subprocess.Popen(command, env=screen, stderr=subprocess.PIPE, text=True) as program:
        name = "training.pt – .* – Checkpoint Inspector"
        found = xdotool(screen, "search", "--sync", "--onlyvisible", "--name", name)
        own = found.splitlines()[0]
        xdotool(screen, "windowmove", "--sync", own, "0", "0")
        xdotool(screen, "windowsize", "--sync", own, "880", "760")
        xdotool(screen, "windowfocus", "--sync", own)
        settled(tmp_path)
        yield program
        program.kill()


def press(screen: dict[str, str], place: tuple[int, int]) -> None:
    """Press the mouse on a row and begin to drag it."""
    x, y = place
    xdotool(screen, "mousemove", "--sync", str(x - 2), str(y), "mousedown", "1")
    for step in (4, 12, 24):
        xdotool(screen, "mousemove", "--sync", str(x + step), str(y + step // 2))


def move(screen: dict[str, str], place: tuple[int, int]) -> None:
    """Take what is dragged somewhere, and about there."""
    x, y = place
    for step in (8, 4, 0):
        xdotool(screen, "mousemove", "--sync", str(x - step), str(y))


def release(screen: dict[str, str]) -> None:
    """Let go, when the cursor says whether the other program takes it."""
    settled(Path(screen["XDG_RUNTIME_DIR"]))
    xdotool(screen, "mouseup", "1")


def line(program: subprocess.Popen[bytes]) -> str:
    """Return the next line that a program prints."""
    assert program.stdout is not None
    assert select.select([program.stdout], [], [], TIMEOUT)[0], "the program says nothing"
    return program.stdout.readline().decode().strip()


def dropped(program: subprocess.Popen[bytes]) -> list[Path]:
    """Return the files that a program was given."""
    files = []
    while (said := line(program)) != "end":
        if said.startswith("dropped "):
            files.append(Path(QUrl(said.removeprefix("dropped ")).toLocalFile()))
    return files


def load(path: Path) -> dict[str, torch.Tensor]:
    import torch

    return torch.load(path, weights_only=True)


def is_same(found: dict[str, torch.Tensor], source: Path, keys: list[str]) -> bool:
    import torch

    model = torch.load(source, weights_only=False)["model"]
    return list(found) == keys and all(torch.equal(found[key], model[key]) for key in keys)


def test_a_row_becomes_a_file_when_it_is_dropped(screen, cache, target, window, files) -> None:
    press(screen, WEIGHT)
    move(screen, ELSEWHERE)
    assert line(target) == "entered True"
    assert not cache.exists()  # nobody has asked where the file is
    release(screen)
    (path,) = dropped(target)
    assert path.name == "training-0.weight.pt"
    assert path.is_relative_to(cache)
    assert is_same(load(path), files / "training.pt", ["0.weight"])


def test_several_rows_become_one_file(screen, cache, target, window, files) -> None:
    xdotool(screen, "mousemove", "--sync", *map(str, WEIGHT), "click", "1")
    xdotool(screen, "keydown", "shift", "mousemove", "--sync", *map(str, LAST_BIAS), "click", "1")
    xdotool(screen, "keyup", "shift")
    for _ in range(2):  # each drag is another file
        press(screen, LAST_BIAS)
        move(screen, ELSEWHERE)
        release(screen)
        (path,) = dropped(target)
        assert path.name == "training-0.weight and 3 more.pt"
        assert is_same(load(path), files / "training.pt", KEYS)
    assert len(list(cache.glob("*/[0-9]*/*.pt"))) == 2


def test_our_own_window_takes_no_notice(screen, cache, target, window, tmp_path: Path) -> None:
    press(screen, WEIGHT)
    during = settled(tmp_path)
    for place in (PANEL, SEARCH, PANEL):
        move(screen, place)
    release(screen)
    xdotool(screen, "mousemove", "--sync", "860", "790")
    after = changed(tmp_path, during)
    assert after.copy(0, 40, 560, 20) == during.copy(0, 40, 560, 20)  # no other tab
    assert not cache.exists()
    press(screen, WEIGHT)  # and goes on as before
    move(screen, PANEL)
    move(screen, ELSEWHERE)
    release(screen)
    assert len(dropped(target)) == 1


def test_a_row_without_tensors_is_not_dragged(screen, cache, target, window, tmp_path) -> None:
    xdotool(screen, "mousemove", "--sync", *map(str, NOTE), "click", "1")
    before = settled(tmp_path)
    press(screen, NOTE)
    said = changed(tmp_path, before).copy(0, 736, 560, 22)
    assert said != before.copy(0, 736, 560, 22)  # the status bar says why
    move(screen, ELSEWHERE)
    release(screen)
    press(screen, WEIGHT)
    move(screen, ELSEWHERE)
    release(screen)
    (path,) = dropped(target)
    assert path.name == "training-0.weight.pt"


def test_esc_ends_a_drag(screen, cache, target, window, tmp_path) -> None:
    press(screen, WEIGHT)
    move(screen, ELSEWHERE)
    assert line(target) == "entered True"
    xdotool(screen, "key", "Escape")
    release(screen)
    assert not cache.exists()
    press(screen, LAST_BIAS)
    move(screen, ELSEWHERE)
    release(screen)
    (path,) = dropped(target)
    assert path.name == "training-2.bias.pt"
