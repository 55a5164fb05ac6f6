"""Choices that are kept between runs."""

import json
from pathlib import Path

import pytest

from inspector.core.settings import SETTINGS, Settings, settings_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "settings.json"


def test_rows_are_told_apart_and_their_defaults_can_be_chosen():
    assert len({row.id for row in SETTINGS}) == len(SETTINGS)
    assert len({row.text for row in SETTINGS}) == len(SETTINGS)
    assert all(row.accepts(row.default) for row in SETTINGS)


def test_nothing_is_written_before_something_is_chosen(file):
    settings = Settings(file)
    assert {row.id: settings[row.id] for row in SETTINGS} == {r.id: r.default for r in SETTINGS}
    settings.choose("theme", "system")
    assert not file.parent.exists()


def test_a_choice_is_kept_and_only_what_differs(file):
    settings = Settings(file)
    settings.choose("theme", "dark")
    settings.choose("recent_files", 3)
    assert Settings(file)["theme"] == "dark"
    settings.choose("theme", "system")
    assert json.loads(file.read_text()) == {"recent_files": 3}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"theme": 3}', '{"theme": "pink"}', '{"recent_files": true}', "[" * 9999],
)
def test_a_broken_file_changes_nothing(file, content):
    file.parent.mkdir()
    file.write_text(content)
    settings = Settings(file)
    assert settings["theme"] == "system"
    assert settings["recent_files"] == 12


def test_what_another_version_has_chosen_is_kept(file):
    file.parent.mkdir()
    file.write_text('{"from the future": 1}')
    Settings(file).choose("theme", "light")
    assert json.loads(file.read_text()) == {"from the future": 1, "theme": "light"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("theme", "pink"), ("recent_files", 51), ("recent_files", -1), ("recent_files", True)],
)
def test_what_cannot_be_chosen(file, name, value):
    with pytest.raises(ValueError, match=name):
        Settings(file).choose(name, value)


def test_place(own_settings):
    assert settings_path().name == "settings.json"
    assert settings_path().parent.name == "checkpoint-inspector"
