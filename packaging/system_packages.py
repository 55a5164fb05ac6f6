"""Finds the system libraries and programs that are missing, and installs them or says how to.

What is missing is asked of the loader, not of a package manager: a library counts as there when
it can be loaded.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from environment import SetupError, say

# What Qt's libraries and its X11 plug-in ask of the system -> the Debian and Ubuntu package.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libstdc++.so.6": "libstdc++6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
PROGRAMS = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "update-mime-database": "shared-mime-info",
    "update-desktop-database": "desktop-file-utils",
    "xdg-mime": "xdg-utils",
    "gio": "libglib2.0-bin",
    "pcmanfm": "pcmanfm",
}
FEDORA = {"xvfb": "xorg-x11-server-Xvfb", "libglib2.0-bin": "glib2"}
ARCH = {"xvfb": "xorg-server-xvfb", "libglib2.0-bin": "glib2"}
ARCH_LIBRARIES = [
    "libglvnd",
    "libxkbcommon-x11",
    "xcb-util-cursor",
    "xcb-util-image",
    "xcb-util-keysyms",
    "xcb-util-renderutil",
    "xcb-util-wm",
    "brotli",
    "krb5",
    "fontconfig",
    "dbus",
    "glib2",
]


def ensure(*, venv: bool, window: bool, programs: bool) -> None:
    """Make sure, before any download, that a virtual environment and a window can be had.

    `programs` only adds to what is asked for anyway: no test fails without them.
    """
    if sys.platform != "linux":
        return
    packages, lack = [], []
    if venv and importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
        lack.append("Python's venv module")
    libraries = [name for name in LIBRARIES if not _loads(name)] if window else []
    if packages or libraries:
        wished = [PROGRAMS[name] for name in _absent_programs()] if programs else []
        _provide(packages + wished, libraries, lack + libraries)


def ensure_qt_loads(python: Path) -> None:
    """Make sure that the loader finds every library of the Qt in `python`'s environment."""
    missing = _unresolved(python)
    if any(name in LIBRARIES for name in missing):
        _provide([], missing, missing)
        missing = _unresolved(python)
    if missing:
        raise SetupError(
            f"Qt lacks {', '.join(missing)}: "
            "install the packages of your system that provide this, then run me again."
        )


def ensure_programs() -> None:
    """Install the virtual screen and the parts of a desktop that some tests cannot do without."""
    absent = _absent_programs()
    if absent and sys.platform == "linux":
        try:
            _provide([PROGRAMS[name] for name in absent], [], absent)
        except SetupError as error:
            say(f"The tests that need them will be skipped. {error}")


def _absent_programs() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name) is None]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _unresolved(python: Path) -> list[str]:
    """Return the libraries that the parts of Qt that we use are linked to in vain."""
    if shutil.which("ldd") is None:
        return []
    find = "import importlib.util as u; print(u.find_spec('PySide6').submodule_search_locations[0])"
    where = subprocess.run([python, "-I", "-c", find], capture_output=True, text=True, check=True)
    qt = Path(where.stdout.strip())
    # The tests use X without having a display yet, and most Wayland sessions offer X too.
    only_wayland = os.environ.get("WAYLAND_DISPLAY") and not os.environ.get("DISPLAY")
    plugin = "libqwayland.so" if only_wayland else "libqxcb.so"
    modules = [qt / "QtWidgets.abi3.so", qt / "QtNetwork.abi3.so"]
    linked = [*modules, qt / "Qt" / "plugins" / "platforms" / plugin]
    command = ["ldd", *(str(library) for library in linked if library.exists())]
    report = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
    )
    lines = report.stdout.splitlines()
    return sorted({line.split()[0] for line in lines if line.endswith("=> not found")})


def _provide(packages: list[str], libraries: list[str], lack: list[str]) -> None:
    """Install Debian's `packages` and those of `libraries` as root; otherwise say what to type."""
    wanted = packages + sorted({LIBRARIES[name] for name in libraries if name in LIBRARIES})
    shown = ", ".join(lack[:4]) + (f" and {len(lack) - 4} more" if len(lack) > 4 else "")
    command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(wanted)}"
    if shutil.which("apt-get") is None or not _is_root():
        told = _command_for(packages, libraries, command)
        raise SetupError(f"Missing: {shown}. Install with\n\n    {told}\n\nthen run me again.")
    say(f"  Installing system packages with apt-get: {' '.join(wanted)} ...")
    done = subprocess.run(
        ["sh", "-c", command],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        reasons = [line for line in done.stdout.splitlines() if line.startswith("E:")]
        reason = reasons[-1] if reasons else "without a message"
        raise SetupError(
            f"apt-get could not install {' '.join(wanted)} ({reason}); "
            "check the network connection and run me again."
        )


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _command_for(packages: list[str], libraries: list[str], debian: str) -> str:
    """Return what to type on this distribution, as far as it is known."""
    if shutil.which("apt-get"):
        return " && ".join("sudo " + part for part in debian.split(" && "))
    if shutil.which("dnf"):
        names = [FEDORA.get(name, name) for name in packages if not name.endswith("-venv")]
        names += [f"'{name}()(64bit)'" for name in libraries]
        return f"sudo dnf install {' '.join(names)}"
    if shutil.which("pacman"):
        names = [ARCH.get(name, name) for name in packages if not name.endswith("-venv")]
        return f"sudo pacman -S --needed {' '.join(names + ARCH_LIBRARIES * bool(libraries))}"
    return "the package manager of your system"
