"""Files that a real mouse and keyboard open in a real file manager."""

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage

from tests.e2e import test_double_click as on_desktop
from tests.e2e import test_screen as on_screen
from tests.e2e.test_double_click import PROGRAMS
from tests.e2e.test_screen import TIMEOUT, picture, settled, xdotool

MISSING = [name for name in (*PROGRAMS, "pcmanfm") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {', '.join(MISSING)}: apt-get install pcmanfm"
)
screen = on_screen.screen
desktop = on_desktop.desktop
ICONS = QRect(160, 70, 1000, 590)  # where the file manager shows files; counts stand elsewhere


@pytest.fixture
def folder(desktop: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """Show a folder in the file manager, which fills the screen, until the test is over."""
    folder = tmp_path / "my models"
    folder.mkdir()
    command = ["dbus-run-session", "--"] if shutil.which("dbus-run-session") else []
    command += ["pcmanfm", "--new-win", str(folder)]
    with subprocess.Popen(command, env=desktop, start_new_session=True) as manager:
        try:
            found = xdotool(desktop, "search", "--sync", "--onlyvisible", "--name", "^my models$")
            window = found.splitlines()[0]
            # No window manager here that would do it.
            xdotool(desktop, "windowmove", "--sync", window, "0", "0")
            xdotool(desktop, "windowsize", "--sync", window, "1200", "700")
            xdotool(desktop, "windowfocus", "--sync", window)
            yield folder
        finally:
            # With its bus: one left behind by each run would use up what may watch folders.
            os.killpg(manager.pid, signal.SIGTERM)


def test_a_double_click_on_a_file_opens_it(
    desktop: dict[str, str], folder: Path, files: Path, tmp_path: Path
) -> None:
    empty = settled(tmp_path)
    shutil.copy(files / "training.pt", folder / "training.pt")
    icon = appeared(tmp_path, empty)
    xdotool(desktop, "mousemove", "--sync", str(icon.x()), str(icon.y()))
    manager_only = settled(tmp_path)
    xdotool(desktop, "click", "--repeat", "2", "--delay", "60", "1")
    title = "^training.pt – .* – Checkpoint Inspector$"
    quit_once_painted(desktop, title, tmp_path, manager_only)


def test_two_that_are_selected_are_compared(
    desktop: dict[str, str], folder: Path, files: Path, tmp_path: Path
) -> None:
    icons = []
    for name in ("training.pt", "training2.pt"):
        before = settled(tmp_path)
        shutil.copy(files / "training.pt", folder / name)
        icons.append(appeared(tmp_path, before))
    for keys, icon in zip(([], ["ctrl"]), icons, strict=True):
        xdotool(desktop, "mousemove", "--sync", str(icon.x()), str(icon.y()))
        for key in keys:
            xdotool(desktop, "keydown", key)
        xdotool(desktop, "click", "1")
        for key in keys:
            xdotool(desktop, "keyup", key)
    manager_only = settled(tmp_path)
    xdotool(desktop, "key", "--clearmodifiers", "Return")
    title = "^training.pt → training2.pt – .* – Checkpoint Inspector$"
    quit_once_painted(desktop, title, tmp_path, manager_only)


def quit_once_painted(desktop: dict[str, str], title: str, tmp_path: Path, before: QImage) -> None:
    """Wait for our window, and leave it by the keyboard."""
    ours = xdotool(desktop, "search", "--sync", "--onlyvisible", "--name", title)
    assert ours.isdigit()
    tree = difference(before, until_painted(tmp_path, before))
    assert tree.width() > ICONS.width() // 2
    assert tree.height() > ICONS.height() // 2
    xdotool(desktop, "windowfocus", "--sync", ours)
    xdotool(desktop, "key", "--clearmodifiers", "ctrl+q")


def appeared(tmp_path: Path, before: QImage) -> QPoint:
    """Return the middle of what is new among the files, once it has come to rest."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        new = difference(before, settled(tmp_path))
        if not new.isEmpty():
            return new.center()
        select.select([], [], [], 0.05)
    picture(tmp_path).save(str(tmp_path / "no file.png"))
    raise AssertionError("the file manager does not show the file")


def until_painted(tmp_path: Path, before: QImage) -> QImage:
    """Return the screen once a window covers most of what was there."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        after = settled(tmp_path)
        if difference(before, after).height() > ICONS.height() // 2:
            return after
        assert time.monotonic() < deadline, "the window stays blank"


def difference(before: QImage, after: QImage) -> QRect:
    found = QRect()
    for y in range(ICONS.top(), ICONS.bottom(), 2):
        for x in range(ICONS.left(), ICONS.right(), 2):
            if before.pixel(x, y) != after.pixel(x, y):
                found |= QRect(x, y, 1, 1)
    return found
