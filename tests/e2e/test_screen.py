"""The real command in a real window, driven by a real keyboard, on a virtual screen."""

import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs Xvfb and xdotool: apt-get install xvfb xdotool",
)
TIMEOUT = 30


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Start a virtual screen; return the environment of programs that show on it."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x800x24"]
    command += ["-nolisten", "tcp", "-fbdir", str(tmp_path)]
    with subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        try:
            assert select.select([ours], [], [], TIMEOUT)[0], "Xvfb did not start"
            number = os.read(ours, 16).decode().strip()
            kept = {k: v for k, v in os.environ.items() if not k.startswith(("QT_", "WAYLAND"))}
            yield kept | {"DISPLAY": f":{number}", "XDG_RUNTIME_DIR": str(tmp_path)}
        finally:
            os.close(ours)
            server.terminate()


def xdotool(screen: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["xdotool", *arguments],
        env=screen,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return done.stdout.strip()


def picture(tmp_path: Path) -> QImage:
    """Return what is on the screen: Xvfb keeps it in a file in XWD format."""
    content = (tmp_path / "Xvfb_screen0").read_bytes()
    header = int.from_bytes(content[:4], "big")
    colours = int.from_bytes(content[76:80], "big")
    pixels = content[header + 12 * colours :]
    return QImage(pixels, 1280, 800, QImage.Format.Format_RGB32).copy()


def colours_of(image: QImage) -> int:
    grid = [(x, y) for x in range(0, 1280, 4) for y in range(0, 800, 4)]
    return len({image.pixel(x, y) for x, y in grid})


def lightness(image: QImage) -> int:
    """Return how light the middle of the panel is, where nothing is written."""
    return image.pixelColor(1120, 640).lightness()


def in_front(screen: dict[str, str]) -> None:
    """Move the window into the corner with the keyboard on it: no window manager here does."""
    name = "training.pt – .* – Checkpoint Inspector"
    found = xdotool(screen, "search", "--sync", "--onlyvisible", "--name", name)
    window = found.splitlines()[0]
    xdotool(screen, "windowmove", "--sync", window, "0", "0")
    xdotool(screen, "windowfocus", "--sync", window)


def test_the_window_is_painted_in_another_theme_and_goes_on(
    screen: dict[str, str], files: Path, tmp_path: Path
):
    command = [sys.executable, "-m", "inspector", str(files / "training.pt")]
    with subprocess.Popen(command, env=screen) as program:
        try:
            in_front(screen)
            light = settled(tmp_path)
            xdotool(screen, "key", "--clearmodifiers", "ctrl+shift+l")
            dark = changed(tmp_path, light)
            assert lightness(dark) < 50 < 200 < lightness(light)
            xdotool(screen, "key", "--clearmodifiers", "Down")
            changed(tmp_path, dark)
            xdotool(screen, "key", "--clearmodifiers", "ctrl+q")
            assert program.wait(TIMEOUT) == 0
        finally:
            program.kill()


def test_the_command_shows_a_checkpoint_and_obeys_the_keyboard(
    screen: dict[str, str], files: Path, tmp_path: Path
):
    command = [sys.executable, "-m", "inspector", str(files / "training.pt")]
    with subprocess.Popen(command, env=screen, stderr=subprocess.PIPE, text=True) as program:
        try:
            in_front(screen)
            before = settled(tmp_path)
            assert colours_of(before) > 20, "the window is blank"
            xdotool(screen, "type", "--delay", "30", "/bias")
            after = changed(tmp_path, before)
            assert colours_of(after) > 20
            xdotool(screen, "key", "--clearmodifiers", "ctrl+q")
            assert program.wait(TIMEOUT) == 0
            assert program.stderr is not None
            assert program.stderr.read() == ""
        finally:
            program.kill()


def settled(tmp_path: Path) -> QImage:
    """Return the screen once it shows the same twice, and not nothing."""
    last = picture(tmp_path)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        select.select([], [], [], 0.2)
        now = picture(tmp_path)
        if now == last and colours_of(now) > 20:
            return now
        last = now
    return last


def changed(tmp_path: Path, before: QImage) -> QImage:
    """Return the screen once it looks otherwise than `before`, and has come to rest."""
    deadline = time.monotonic() + TIMEOUT
    while picture(tmp_path) == before:
        assert time.monotonic() < deadline, "the keyboard changed nothing"
        select.select([], [], [], 0.05)
    return settled(tmp_path)
