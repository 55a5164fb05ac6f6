"""`inspector integrate` as it is typed."""

import os
import sys
from pathlib import Path

import pytest

from inspector.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the home is that of a Linux user")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("XDG_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["integrate", *arguments])
    return capsys.readouterr().out.splitlines()


def test_there_and_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dry = said(capsys, "--dry-run")
    assert dry[-1] == "Nothing was changed: this was a dry run."
    entry = home / ".local/share/applications/checkpoint-inspector.desktop"
    assert f"would write  {entry}" in dry
    assert not entry.exists()
    assert f"write   {entry}" in said(capsys)
    assert entry.is_file()
    again = said(capsys)
    assert not [line for line in again if line.startswith("write")]
    away = said(capsys, "--remove", "--dry-run")
    assert f"would remove {entry}" in away
    assert entry.is_file()
    assert said(capsys, "--remove")[-1] == "Gone."
    assert list(home.iterdir()) == []
    assert said(capsys, "--remove")[-1] == "There was nothing to remove."


def test_without_the_desktops_programs_it_says_what_to_install(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))
    lines = said(capsys)
    assert any("Install shared-mime-info and run the same command again." in line for line in lines)
    assert lines[-1] == (
        "In place, but the system does not take notice of all of it yet (see above)."
    )


def test_a_home_that_cannot_be_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".local").write_text("no folder")
    with pytest.raises(SystemExit) as ended:
        main(["integrate"])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "cannot be written" in error
