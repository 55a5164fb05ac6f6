"""Integrating and its undoing, in a home of its own; with the desktop's real programs."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from inspector.core.integration import (
    Integration,
    Launcher,
    Step,
    install,
    linux,
    macos,
    remove,
    windows,
)
from inspector.core.integration.base import IntegrationError, Placed
from inspector.core.integration.file_types import FILE_TYPES
from inspector.core.integration.registry import RegistryValue, remove_values, write_values
from tests.checkpoints import save_legacy, save_zip

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs folders as Linux has them")

LAUNCHER = Launcher((sys.executable, "-m", "inspector.gui.app"))
OTHER_TYPE = """<?xml version="1.0"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-other"><glob pattern="*.other"/></mime-type>
</mime-info>
"""
OTHER_ENTRY = "[Desktop Entry]\nType=Application\nName=Other\nExec=true\nMimeType=text/plain;\n"


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"needs {', '.join(missing)}: packaging/test.py installs it as root"
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with a space in its name, which all programs take for the user's."""
    home = tmp_path / "home dir"
    home.mkdir()
    for name in list(os.environ):
        if name.startswith("XDG_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def integration() -> Integration:
    return linux.integration(LAUNCHER)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return every path below a folder, with the content of files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def verbs(steps: list[Step]) -> list[str]:
    return sorted({step.verb for step in steps})


def test_a_dry_run_changes_nothing(home: Path) -> None:
    steps = list(install(integration(), dry=True))
    assert {step.what for step in steps if step.verb == "write"} == {
        str(file.path) for file in integration().files
    }
    assert tree(home) == {}
    list(install(integration()))
    before = tree(home)
    assert "remove" in verbs(list(remove(integration(), dry=True)))
    assert tree(home) == before


def test_there_and_back_leaves_an_empty_home_empty(home: Path) -> None:
    list(install(integration()))
    assert (home / ".local/share/applications/checkpoint-inspector.desktop").is_file()
    assert (home / ".local/share/icons/hicolor/48x48/apps/checkpoint-inspector.png").is_file()
    list(remove(integration()))
    assert tree(home) == {}


def test_the_second_time_writes_nothing(home: Path) -> None:
    list(install(integration()))
    before = tree(home)
    assert "write" not in verbs(list(install(integration())))
    assert tree(home) == before
    list(remove(integration()))
    assert tree(home) == {}


def test_removing_what_is_not_there_does_nothing(home: Path) -> None:
    steps = list(remove(integration()))
    assert not {"write", "remove"} & set(verbs(steps))


@needs("update-mime-database", "update-desktop-database")
def test_there_and_back_between_the_files_of_others(home: Path) -> None:
    share = home / ".local/share"
    for path, content in (
        (share / "mime/packages/other.xml", OTHER_TYPE),
        (share / "applications/other.desktop", OTHER_ENTRY),
        (share / "icons/hicolor/48x48/apps/other.png", "not looked at"),
        (share / "checkpoint-inspector/notes.txt", "the user's own"),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
    subprocess.run(["update-mime-database", share / "mime"], check=True)
    subprocess.run(["update-desktop-database", share / "applications"], check=True)
    before = tree(home)
    list(install(integration()))
    assert b"x-pytorch-checkpoint" in (share / "mime/globs2").read_bytes()
    assert b"checkpoint-inspector" in (share / "applications/mimeinfo.cache").read_bytes()
    list(remove(integration()))
    assert tree(home) == before


@needs("update-mime-database", "update-desktop-database")
def test_who_came_later_keeps_what_they_need(home: Path) -> None:
    share = home / ".local/share"
    list(install(integration()))
    (share / "mime/packages/other.xml").write_text(OTHER_TYPE, encoding="utf-8")
    list(remove(integration()))
    globs = (share / "mime/globs2").read_text("utf-8")
    assert "*.other" in globs
    assert "pytorch" not in globs
    assert not (share / "icons").exists()


def test_missing_programs_are_named_with_their_packages(home: Path, no_programs: None) -> None:
    steps = list(install(integration()))
    missing = " ".join(step.what for step in steps if step.verb == "missing")
    assert "update-mime-database: without it, checkpoints are not recognised" in missing
    assert "Install shared-mime-info " in missing
    assert "Install desktop-file-utils " in missing
    list(remove(integration()))
    assert tree(home) == {}


def test_what_an_earlier_version_wrote_goes_too(home: Path, no_programs: None) -> None:
    now = integration()
    old = Placed(home / ".local/share/applications/earlier.desktop", b"x")
    list(install(now._replace(files=(*now.files, old))))
    assert old.path.is_file()
    list(install(now))
    assert not old.path.exists()
    list(install(now._replace(files=(*now.files, old))))
    list(remove(now))
    assert tree(home) == {}


def test_a_record_that_cannot_be_read_is_none(home: Path, no_programs: None) -> None:
    list(install(integration()))
    record = integration().record
    assert json.loads(record.read_bytes())["version"] == 1
    record.write_text('{"files": 3}', encoding="utf-8")
    list(remove(integration()))
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_written_is_an_error_in_one_sentence(home: Path) -> None:
    (home / ".local").write_text("no folder", encoding="utf-8")
    with pytest.raises(IntegrationError, match=r"cannot be written: .*Make its folder writable"):
        list(install(integration()))


def test_a_program_that_fails_is_an_error_in_one_sentence(
    home: Path, no_programs: None, tmp_path: Path
) -> None:
    program = tmp_path / "update-mime-database"
    program.write_text("#!/bin/sh\necho no space left >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(IntegrationError, match=r"update-mime-database failed: no space left\."):
        list(install(integration()))


def test_relative_data_folders_are_ignored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert integration().files[0].path.is_relative_to(home / ".local/share")
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert integration().files[0].path.is_relative_to("/elsewhere")


def test_the_bundle_of_macos_there_and_back(home: Path) -> None:
    bundle = macos.integration(LAUNCHER)
    steps = list(install(bundle))
    assert verbs(steps) == ["write"]
    program = home / "Applications/Checkpoint Inspector.app/Contents/MacOS/checkpoint-inspector"
    assert os.access(program, os.X_OK)
    list(remove(bundle))
    assert tree(home) == {}


# The desktop's own word for it.


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    import numpy as np
    import torch
    from safetensors.torch import save_file

    folder = tmp_path / "checkpoints"
    folder.mkdir()
    value = {"weight": torch.ones(2)}
    save_zip(folder / "zip.pt", value)
    save_zip(folder / "zip.pth", value)
    save_legacy(folder / "legacy.pt", value)
    save_file(value, folder / "tensors.safetensors")
    for name, copied in (
        ("legacy-renamed", "legacy.pt"),
        ("legacy.bin", "legacy.pt"),
        ("zip-renamed", "zip.pt"),
        ("zip.bin", "zip.pt"),
        ("zip.zip", "zip.pt"),
        ("tensors-renamed", "tensors.safetensors"),
    ):
        shutil.copy(folder / copied, folder / name)
    for name in ("firmware.bin", "pieces.model"):
        (folder / name).write_bytes(bytes(range(16)) * 99)
    np.save(folder / "array.npy", np.ones(2))
    np.savez(folder / "arrays.npz", one=np.ones(2))
    (folder / "notes.txt").write_text("words\n")
    (folder / "config.json").write_text('{"a": 1}\n')
    (folder / "words.gz").write_bytes(gzip.compress(b"words"))
    with tarfile.open(folder / "words.tar.gz", "w:gz") as packed:
        packed.add(folder / "notes.txt", "notes.txt")
    (folder / "pointer.pt").write_text("version https://git-lfs.github.com/spec/v1\n")
    with zipfile.ZipFile(folder / "plain.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    shutil.copy(folder / "plain.zip", folder / "served.mar")
    return folder


@pytest.fixture
def integrated(home: Path) -> Path:
    list(install(integration()))
    return home


@needs("update-mime-database", "xdg-mime", "gio")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("zip.pt", "application/x-pytorch-checkpoint"),
        ("zip.pth", "application/x-pytorch-checkpoint"),
        ("zip.bin", "application/x-pytorch-checkpoint"),
        ("zip.zip", "application/x-pytorch-checkpoint"),
        ("zip-renamed", "application/x-pytorch-checkpoint"),
        ("legacy.pt", "application/x-pytorch-legacy-checkpoint"),
        ("legacy.bin", "application/x-pytorch-legacy-checkpoint"),
        ("legacy-renamed", "application/x-pytorch-legacy-checkpoint"),
        ("tensors.safetensors", "application/x-safetensors"),
        ("tensors-renamed", "application/x-safetensors"),
        ("pointer.pt", "application/x-pytorch-checkpoint"),
        ("plain.zip", "application/zip"),
        ("firmware.bin", "application/octet-stream"),
        ("pieces.model", "application/octet-stream"),
        ("array.npy", "application/x-model-checkpoint"),
        ("arrays.npz", "application/x-model-checkpoint"),
        ("served.mar", "application/x-model-checkpoint"),
        ("notes.txt", "text/plain"),
        ("config.json", "application/json"),
        ("words.gz", "application/gzip"),
        ("words.tar.gz", "application/x-compressed-tar"),
    ],
)
def test_the_desktop_knows_the_type(
    name: str, expected: str, integrated: Path, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "GNOME")  # has xdg-mime ask gio
    command = ["xdg-mime", "query", "filetype", str(checkpoints / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


@needs("update-mime-database", "update-desktop-database", "gio")
def test_the_desktop_opens_our_types_with_us_and_zip_as_before(integrated: Path) -> None:
    # Not `xdg-mime query default`, which stumbles over the space in the name of the home.
    def opens(mime: str) -> bool:
        command = ["gio", "mime", mime]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return ": checkpoint-inspector.desktop" in told.splitlines()[0]

    assert all(opens(kind.mime) for kind in FILE_TYPES)
    assert not opens("application/zip")
    assert not opens("application/octet-stream")


@needs("desktop-file-validate")
def test_the_menu_entry_is_valid(integrated: Path) -> None:
    entry = integrated / ".local/share/applications/checkpoint-inspector.desktop"
    done = subprocess.run(["desktop-file-validate", entry], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# The registry.


class Keys:
    """A registry as Windows keeps one: keys with values, which are there before and after them."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}
        self.announced = 0

    def read(self, key: str, name: str) -> str | None:
        return self.keys.get(key, {}).get(name)

    def write(self, key: str, name: str, text: str) -> None:
        parts = key.split("\\")
        for length in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:length]), {})
        self.keys[key][name] = text

    def delete(self, key: str, name: str) -> None:
        del self.keys[key][name]

    def drop_if_empty(self, key: str) -> bool:
        below = any(other.startswith(key + "\\") for other in self.keys)
        if key not in self.keys or self.keys[key] or below:
            return False
        del self.keys[key]
        return True

    def announce(self) -> None:
        self.announced += 1


@pytest.fixture
def rows() -> tuple[RegistryValue, ...]:
    return windows.registry_values(LAUNCHER, "app.ico", "checkpoint.ico")


def test_the_registry_there_and_back(rows: tuple[RegistryValue, ...]) -> None:
    keys = Keys()
    keys.write(r"Software\Classes\.pt", "", "Someone.Else")
    keys.write(r"Software\Classes\.zip\OpenWithProgids", "CompressedFolder", "")
    keys.write(r"Software\RegisteredApplications", "Other", "x")
    before = {key: dict(values) for key, values in keys.keys.items()}
    assert list(write_values(rows, keys, True))
    assert keys.keys == before
    assert len(list(write_values(rows, keys, False))) == len(rows)
    assert list(write_values(rows, keys, False)) == []
    assert keys.read(r"Software\Classes\.pt", "") == "Someone.Else"
    assert list(remove_values(rows, keys, True))
    assert len(list(remove_values(rows, keys, False))) == len(rows)
    assert keys.keys == before
    assert keys.announced == 2
