"""What `pip install .` gives: the package, its resources and two entry points."""

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import build_kernels
import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, **environ: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        cwd=Path(command[0]).parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the installed hatchling, so without a download."""
    folder = tmp_path_factory.mktemp("wheel")
    options: list[str | Path] = [
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        folder,
    ]
    run(sys.executable, "-m", "pip", "wheel", *options, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of a new environment that holds nothing but the wheel."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    commands = venv / ("Scripts" if os.name == "nt" else "bin")
    pip: list[str | Path] = ["-m", "pip", "--python", commands / "python"]
    run(sys.executable, *pip, "install", "--no-deps", "--no-index", wheel)
    return commands


def test_wheel_carries_the_resources(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"inspector/_resources/{path.relative_to(ROOT / 'resources').as_posix()}"
        for path in (ROOT / "resources").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "inspector/_resources/samples/shapes-cnn-epoch12.pt" in expected
    assert expected <= names


@pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="no C compiler")
def test_wheel_carries_what_was_compiled_and_is_named_after_the_platform(
    wheel: Path, tmp_path: Path
) -> None:
    assert not wheel.name.endswith("-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if Path(name).stem == "_kernels")
        assert Path(name).parent.as_posix() == "inspector/core/arrays"
        library = ctypes.CDLL(archive.extract(name, tmp_path))
    names = "tally_float32", "distance_float32", "count_uint8", "count_uint16"
    assert all(hasattr(library, name) for name in names)


def test_wheel_is_whole_without_a_compiler(tmp_path: Path) -> None:
    source, library = tmp_path / "kernels.c", tmp_path / "_kernels.so"
    source.write_text("this is not C", encoding="utf-8")
    library.write_text("of an earlier version", encoding="utf-8")
    assert not build_kernels.compile_library(source, library)
    assert not library.exists()


def test_wheel_carries_nothing_else_of_the_repository(wheel: Path) -> None:
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"inspector"}


def test_console_command_works_outside_the_repository(installed: Path) -> None:
    # The libraries are those of this environment; the package must be the installed one.
    libraries = {"PYTHONPATH": sysconfig.get_path("purelib")}
    from inspector import __version__

    assert __version__ in run(installed / "inspector", "--version", **libraries)
    assert __version__ in run(installed / "python", "-m", "inspector", "--version", **libraries)
    where = "import inspector.core.resources as r; print(r.resource('samples'), r.__file__)"
    for path in run(installed / "python", "-c", where, **libraries).split():
        assert Path(path).is_relative_to(installed.parent)


def test_window_command_is_installed(installed: Path) -> None:
    name = "inspector-gui" + (".exe" if os.name == "nt" else "")
    assert (installed / name).is_file()
    from inspector.gui.app import main

    assert callable(main)
