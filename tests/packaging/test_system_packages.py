"""What is said and done about system libraries that are missing."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import environment
import pytest
import system_packages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="system packages are Linux's")


@pytest.fixture
def bare_system(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the tools found on a system without one Qt library, where we are not root."""
    tools = {"apt-get"}
    monkeypatch.setattr(system_packages, "_loads", lambda name: False)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in tools else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tools


def refusal(**wanted: bool) -> str:
    with pytest.raises(environment.SetupError) as refused:
        system_packages.ensure(**{"venv": False, "window": True, "programs": False} | wanted)
    return str(refused.value)


def test_command_for_debian_is_named_whole(bare_system: set[str]) -> None:
    message = refusal(programs=True)
    assert "sudo apt-get update && sudo apt-get install" in message
    for package in [*system_packages.LIBRARIES.values(), *system_packages.PROGRAMS.values()]:
        assert f" {package}" in message


def test_missing_venv_module_is_asked_for_with_the_libraries(
    bare_system: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert package in refusal(venv=True)
    assert "libegl1" not in refusal(venv=True, window=False)


def test_fedora_is_asked_by_library(bare_system: set[str]) -> None:
    bare_system.symmetric_difference_update({"apt-get", "dnf"})
    assert "sudo dnf install" in refusal()
    assert "'libxcb-cursor.so.0()(64bit)'" in refusal()


def test_arch_is_asked_by_package(bare_system: set[str]) -> None:
    bare_system.symmetric_difference_update({"apt-get", "pacman"})
    assert "sudo pacman -S --needed libglvnd" in refusal()


def test_without_a_display_nothing_is_insisted_on(bare_system: set[str]) -> None:
    system_packages.ensure(venv=False, window=False, programs=True)


def test_missing_virtual_screen_only_skips_tests(
    bare_system: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    system_packages.ensure_programs()
    said = capsys.readouterr().err
    assert said.startswith("The tests that need them will be skipped. Missing: Xvfb, xdotool, ")


def test_unresolved_libraries_are_what_the_loader_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = "libgood.so => /lib/libgood.so (0x1)\n\tlibbad.so.1 => not found\n"
    qt = tmp_path / "QtWidgets.abi3.so"
    qt.touch()

    def run(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        output = report if command[0] == "ldd" else f"{tmp_path}\n"
        return subprocess.CompletedProcess(command, 0, output)

    monkeypatch.setattr(subprocess, "run", run)
    assert system_packages._unresolved(Path(sys.executable)) == ["libbad.so.1"]


def test_failed_apt_get_gives_its_reason(
    bare_system: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    output = "Reading package lists...\nE: Unable to locate package libegl1\n"
    failed = subprocess.CompletedProcess("sh", 100, output)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    message = refusal()
    assert "(E: Unable to locate package libegl1)" in message
    assert "run me again" in message
