"""When a set-up has something to do, and how it heals after one that was cut short."""

import json
import shutil
from pathlib import Path

import environment
import pytest
import system_packages


class FakeSetup:
    """A project folder whose set-up runs no real command."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[str] = []
        self.pip_status = 0
        self.pip_dies = False
        self.library = root / ".venv" / "lib" / f"python{environment._python_version()}"
        (root / "packaging").mkdir(parents=True)
        for name in ("pyproject.toml", "packaging/constraints.txt"):
            (root / name).write_text("first")
        monkeypatch.setattr(environment, "ROOT", root)
        monkeypatch.setattr(environment, "VENV", root / ".venv")
        monkeypatch.setattr(environment, "PYTHON", root / ".venv" / "bin" / "python")
        monkeypatch.setattr(environment, "CONSTRAINTS", root / "packaging" / "constraints.txt")
        monkeypatch.setattr(environment, "STATE", root / ".venv" / "set-up.json")
        monkeypatch.setattr(environment, "LOG", root / ".venv" / "set-up.log")
        monkeypatch.setattr(environment, "_run", self.run)
        monkeypatch.setattr(system_packages, "ensure", self.ensure_system_packages)
        monkeypatch.setattr(system_packages, "ensure_qt_loads", lambda python: None)

    def ensure_system_packages(self, *, venv: bool, window: bool, programs: bool) -> None:
        if window:
            self.commands.append("system packages")

    def run(
        self, command: list[str], lock: int | None, shown: tuple[str, ...] = ()
    ) -> tuple[int, list[str]]:
        if "venv" in command:
            self.commands.append("venv")
            environment.PYTHON.parent.mkdir(parents=True)
            environment.PYTHON.touch()
            (self.library / "site-packages" / "pip").mkdir(parents=True)
            return 0, []
        self.commands.append("pip " + command[-1])
        if self.pip_dies:
            raise KeyboardInterrupt
        return self.pip_status, ["ERROR: no such version", "more words"]

    def prepare(self, *, tests: bool = False, window: bool = False) -> list[str]:
        """Return what one more set-up did."""
        self.commands.clear()
        environment.prepare(tests=tests, window=window)
        return self.commands


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSetup:
    return FakeSetup(tmp_path / "project with a space", monkeypatch)


def test_second_set_up_does_nothing(setup: FakeSetup) -> None:
    assert setup.prepare() == ["venv", "pip ."]
    assert setup.prepare() == []


def test_tests_add_to_the_same_environment(setup: FakeSetup) -> None:
    setup.prepare()
    assert setup.prepare(tests=True) == ["pip .[test]"]
    assert setup.prepare() == []


def test_system_libraries_are_looked_for_once_there_is_a_display(setup: FakeSetup) -> None:
    assert setup.prepare() == ["venv", "pip ."]
    assert setup.prepare(window=True) == ["system packages"]
    assert setup.prepare(window=True) == []


@pytest.mark.parametrize("name", ["pyproject.toml", "packaging/constraints.txt"])
def test_changed_requirements_are_installed_over_the_old_ones(setup: FakeSetup, name: str) -> None:
    setup.prepare()
    (environment.ROOT / name).write_text("second")
    assert setup.prepare() == ["pip ."]


def test_interrupted_pip_is_followed_by_a_new_environment(setup: FakeSetup) -> None:
    setup.pip_dies = True
    with pytest.raises(KeyboardInterrupt):
        setup.prepare()
    setup.pip_dies = False
    assert setup.prepare() == ["venv", "pip ."]
    assert setup.prepare() == []


def test_program_does_not_start_in_what_an_interrupted_test_set_up_left(setup: FakeSetup) -> None:
    setup.prepare()
    setup.pip_dies = True
    with pytest.raises(KeyboardInterrupt):
        setup.prepare(tests=True)
    setup.pip_dies = False
    assert setup.prepare() == ["venv", "pip ."]


def test_failed_pip_gives_its_reason_and_is_tried_again(setup: FakeSetup) -> None:
    setup.pip_status = 1
    with pytest.raises(environment.SetupError, match="ERROR: no such version"):
        setup.prepare()
    assert "more words" in environment.LOG.read_text()
    setup.pip_status = 0
    assert setup.prepare() == ["pip ."]


def test_environment_made_by_hand_is_kept(setup: FakeSetup) -> None:
    setup.prepare()
    environment.STATE.unlink()
    assert setup.prepare() == ["pip ."]


def test_environment_of_another_python_is_replaced(setup: FakeSetup) -> None:
    setup.prepare()
    shutil.move(setup.library, setup.library.with_name("python3.99"))
    environment.STATE.unlink()
    assert setup.prepare() == ["venv", "pip ."]


def test_moved_environment_is_replaced(setup: FakeSetup) -> None:
    setup.prepare()
    state = json.loads(environment.STATE.read_text())
    environment.STATE.write_text(json.dumps(state | {"root": "/elsewhere", "program": "old"}))
    assert setup.prepare() == ["venv", "pip ."]


def test_state_cut_short_counts_as_none(setup: FakeSetup) -> None:
    setup.prepare()
    environment.STATE.write_text('{"program": "')
    assert setup.prepare() == ["pip ."]


def test_lost_connection_is_named_as_the_reason() -> None:
    output = ["WARNING: Retrying (...) after connection broken by 'refused'", "ERROR: no match"]
    assert environment._reason(output) == "connection broken by 'refused'"
