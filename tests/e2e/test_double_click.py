"""What a double-click does: the desktop's own opener, our entry, and one window for all files."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.core.integration import install, installed_launcher, linux
from tests.e2e import test_screen as on_screen
from tests.e2e.test_screen import TIMEOUT, xdotool

PROGRAMS = ("Xvfb", "xdotool", "gio", "update-mime-database", "update-desktop-database")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {', '.join(MISSING)}: packaging/test.py installs it as root"
)
screen = on_screen.screen


@pytest.fixture
def desktop(
    screen: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Integrate into a new home; return the environment of what its user starts."""
    with tempfile.TemporaryDirectory() as runtime:
        home = tmp_path / "home dir"
        mine = {k: v for k, v in screen.items() if not k.startswith("XDG_")}
        mine |= {"HOME": str(home), "XDG_RUNTIME_DIR": runtime}
        for name in set(os.environ) - set(mine):
            monkeypatch.delenv(name)
        for name, value in mine.items():
            monkeypatch.setenv(name, value)
        list(install(linux.integration(installed_launcher(), mine)))
        yield mine


def opened(desktop: dict[str, str], file: Path) -> str:
    """Open a file as a double-click does; return the window that shows it."""
    subprocess.run(["gio", "open", file], env=desktop, check=True, timeout=TIMEOUT)
    title = f"^{file.name} – .* – Checkpoint Inspector$"
    return xdotool(desktop, "search", "--sync", "--onlyvisible", "--name", title)


def test_the_second_file_becomes_a_tab_of_the_window(
    desktop: dict[str, str], files: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "my models"
    folder.mkdir()
    first = Path(shutil.copy(files / "training.pt", folder / "first one.pt"))
    # Only its bytes say what it is.
    second = Path(shutil.copy(files / "tensor.pt", folder / "renamed"))
    window = opened(desktop, first)
    assert window.isdigit()
    assert opened(desktop, second) == window
    xdotool(desktop, "windowfocus", "--sync", window)
    xdotool(desktop, "key", "--clearmodifiers", "ctrl+w")
    back = "^first one.pt – .* – Checkpoint Inspector$"
    assert xdotool(desktop, "search", "--sync", "--onlyvisible", "--name", back) == window
    xdotool(desktop, "key", "--clearmodifiers", "ctrl+q")
