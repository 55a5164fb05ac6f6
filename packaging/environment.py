"""Makes `.venv` ready for the program or its tests, and knows when it already is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

# What only a set-up needs is imported where it is used: the usual start must not wait for it.

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
COMPILED = (  # while the package is installed
    ROOT / "packaging" / "build_kernels.py",
    ROOT / "inspector" / "core" / "arrays" / "kernels.c",
)
STATE = VENV / "set-up.json"
LOG = VENV / "set-up.log"


class SetupError(Exception):
    """Set-up cannot go on; the message is one sentence that says what to do."""


def say(message: str) -> None:
    """Tell the user what is going on, on stderr: stdout belongs to the program."""
    print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """End the process with one sentence instead of a traceback."""
    try:
        yield
    except SetupError as error:
        say(str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        say("Stopped. Run the same command again to go on.")
        sys.exit(130)
    except OSError as error:
        say(f"Set-up stopped: {error}. Make {ROOT} writable, with free space, and run me again.")
        sys.exit(2)


def has_display() -> bool:
    """Tell whether the program will try to open a window, by the rule of inspector.cli.window."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def prepare(*, tests: bool, window: bool) -> None:
    """Install what is missing; return at once when an earlier set-up did it all.

    `tests` adds what the tests and checks need, `window` the system libraries of Qt.
    """
    wanted = _digest()
    needed = {"program": wanted}
    if tests:
        needed["tests"] = wanted
    if window and sys.platform == "linux":
        needed["window"] = wanted
    if needed.items() <= _read_state().items() and PYTHON.exists():
        return
    with _alone() as lock:
        state = _read_state()  # another set-up may just have done it
        if needed.items() <= state.items() and PYTHON.exists():
            return
        _set_up(state, needed, lock)


def _digest() -> str:
    """Return what changes whenever the installed packages may have to change."""
    content = hashlib.sha256()
    for part in (ROOT / "pyproject.toml", CONSTRAINTS, *COMPILED):
        content.update(part.read_bytes())
    content.update(_python_version().encode())
    content.update(str(ROOT).encode())
    return content.hexdigest()


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _read_state() -> dict[str, str]:
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no set-up yet, or one cut short while writing this
        return {}
    return state if isinstance(state, dict) else {}


def _write_state(state: dict[str, str]) -> None:
    beside = STATE.with_suffix(".new")
    beside.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    beside.replace(STATE)


@contextlib.contextmanager
def _alone() -> Iterator[int | None]:
    """Let one set-up at a time work on `.venv`; yields what its children must hold on to."""
    if sys.platform == "win32":  # has no locks on folders, and two first starts at once are rare
        yield None
        return
    import fcntl

    lock = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work here; waiting for it to finish ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # some network file systems have no locks
            pass
        yield lock
    finally:
        os.close(lock)


def _set_up(state: dict[str, str], needed: dict[str, str], lock: int | None) -> None:
    import time

    import system_packages

    started = time.monotonic()
    say(f"Setting up {VENV} (only this once; it may take a minute or two).")
    fresh = not _usable(state)
    system_packages.ensure(venv=fresh, window="window" in needed, programs="tests" in needed)
    packages = {part: digest for part, digest in needed.items() if part != "window"}
    if fresh or not packages.items() <= state.items():
        # Until it is done the state says so: what a killed pip leaves looks installed to pip.
        VENV.mkdir(exist_ok=True)
        _write_state({"unfinished": "yes"})
        if fresh:
            _make_venv(lock)
            state = {"root": str(ROOT)}
        try:
            _install_packages("test" if "tests" in needed else "", lock)
        except SetupError:
            _write_state(state)  # pip failed by itself, and took back what it had begun
            raise
        state = {"root": str(ROOT)} | state | packages
        _write_state(state)
    if "window" in needed:
        system_packages.ensure_qt_loads(PYTHON)
        _write_state(state | needed)
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def _usable(state: dict[str, str]) -> bool:
    """Tell whether packages can be added to `.venv` as it is."""
    if not PYTHON.exists() or "unfinished" in state:
        return False
    if state.get("root", str(ROOT)) != str(ROOT):  # moved or copied: its scripts name the old place
        return False
    library = "Lib" if os.name == "nt" else f"lib/python{_python_version()}"
    return (VENV / library / "site-packages" / "pip").is_dir()


def _make_venv(lock: int | None) -> None:
    import shutil

    say("  Making the virtual environment ...")
    for old in VENV.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old != STATE:
            old.unlink()
    # Inside an active environment, the Python that it was made from.
    base = getattr(sys, "_base_executable", None) or sys.executable
    status, output = _run([base, "-m", "venv", str(VENV)], lock)
    if status != 0:
        raise SetupError(
            f"{base} could not make a virtual environment ({_last_line(output)}); "
            "install Python's venv module, or another Python from 3.11 on, and run me again."
        )


def _install_packages(extra: str, lock: int | None) -> None:
    what = "the program, Qt" + (", torch, the test tools" if extra else "")
    say(f"  Downloading and installing {what} ({'some hundred' if extra else 'about 90'} MB) ...")
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--constraint", str(CONSTRAINTS), "--editable", f".[{extra}]" if extra else "."]
    status, output = _run(command, lock, shown=(" MB)", "Installing collected", "Retrying"))
    if status != 0:
        LOG.write_text("\n".join(output), encoding="utf-8")
        raise SetupError(
            f"pip could not install the packages ({_reason(output)}): "
            f"check the network connection, read {LOG} if that is not it, and run me again."
        )


def _run(
    command: list[str], lock: int | None, shown: tuple[str, ...] = ()
) -> tuple[int, list[str]]:
    """Run `command` from ROOT, passing on the lines that contain one of `shown`."""
    import subprocess

    # The build of our own package, which pip does by itself, is to be as locked as the rest. A
    # relative name, because pip splits these at spaces.
    constraints = CONSTRAINTS.relative_to(ROOT).as_posix()
    environ = os.environ | {
        "PIP_CONSTRAINT": constraints,
        "PIP_BUILD_CONSTRAINT": constraints,
        "PIP_USER": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    for inherited in ("PYTHONHOME", "PYTHONPATH"):
        environ.pop(inherited, None)
    output = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # If we are killed, the next set-up waits until this child is gone too.
        pass_fds=() if lock is None else (lock,),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line.strip())
            if any(word in line for word in shown):
                say("    " + _shortened(line.strip().rpartition(")) after ")[2]))
    return process.returncode, output


def _shortened(line: str, width: int = 110) -> str:
    return line if len(line) <= width else line[: width - 4] + " ..."


def _reason(output: list[str]) -> str:
    """Return the line of pip's output that says best why it failed."""
    for sign in ("connection broken by", "ERROR:", "error:"):
        for line in output:
            if sign in line:
                return _shortened(line[line.index(sign) :], 300)
    return _last_line(output)


def _last_line(output: list[str]) -> str:
    return next((_shortened(line, 300) for line in reversed(output) if line), "without a message")
