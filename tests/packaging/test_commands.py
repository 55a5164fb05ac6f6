"""The two commands of the README, and the texts that name them."""

import ast
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import environment
import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = {"python3 packaging/run.py [FILE...]", "python3 packaging/test.py [pytest arguments]"}


@pytest.mark.parametrize("name", ["run.py", "test.py"])
def test_older_python_is_told_what_to_do(name: str) -> None:
    script = ROOT / "packaging" / name
    ast.parse(script.read_text(), feature_version=(3, 6))
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path({!r})"
    done = subprocess.run(
        [sys.executable, "-c", pretend.format(str(script))], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert done.stderr.splitlines() == [
        "Python 3.11 or newer is needed, this is 3.9: install one and run me with it."
    ]


@pytest.fixture
def without_display() -> dict[str, str]:
    """Return an environment in which packaging/run.py has nothing to set up."""
    if environment._read_state().get("program") != environment._digest():
        pytest.skip("this environment was not made by packaging/run.py or packaging/test.py")
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def test_second_start_costs_next_to_nothing(
    without_display: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def seconds(*command: str | Path) -> float:
        """Return the best of five, which other programs disturb least."""
        times = []
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run(command, env=without_display, check=True, capture_output=True)
            times.append(time.perf_counter() - started)
        return min(times)

    direct = seconds(environment.PYTHON, "-P", "-m", "inspector", "--version")
    through_run = seconds(sys.executable, ROOT / "packaging" / "run.py", "--version")
    with capsys.disabled():  # a measurement of this machine, so it is shown and not judged
        print(f" run.py adds {through_run - direct:.3f} s to a start of {direct:.3f} s ", end="")


def test_modules_beside_a_checkpoint_are_not_imported(
    without_display: dict[str, str], tmp_path: Path
) -> None:
    for name in ("inspector.py", "json.py", "click.py"):
        (tmp_path / name).write_text("raise SystemExit('planted')")
    command = [sys.executable, str(ROOT / "packaging" / "run.py"), "--version"]
    done = subprocess.run(
        command, cwd=tmp_path, env=without_display, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "planted" not in done.stdout + done.stderr


def test_default_checkpoint_is_bundled() -> None:
    import run

    assert run.SAMPLE.is_file()


def test_ci_runs_the_same_command_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    shebang, *lines = script.read_text().splitlines()
    assert shebang == "#!/usr/bin/env bash"
    assert lines == [
        'cd "$(dirname "${BASH_SOURCE[0]}")/.." && exec python3 packaging/test.py',
    ]


def test_readme_names_exactly_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"python3? packaging/\w+\.py", text))
    assert named == {command.split(" [")[0] for command in COMMANDS}
    assert "pip install -r" not in text


@pytest.mark.parametrize("name", ["run.py", "test.py"])
def test_docstring_shows_the_command(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / "packaging" / name).read_text()))
    (shown,) = [command for command in COMMANDS if name in command]
    assert docstring is not None
    assert shown in docstring


def test_packaging_stays_the_name_of_the_library() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
    import packaging

    assert "site-packages" in str(packaging.__file__)
