"""The README shows what the program's tables say."""

from __future__ import annotations

import importlib.util
import json
import re
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest
import torch

from inspector.cli.main import main
from inspector.core.formats import READERS
from tests.checkpoints import save_zip

ROOT = Path(__file__).parents[2]


def readme_tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "readme_tables", ROOT / "packaging/readme_tables.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_formats_table_is_generated_from_the_readers() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_tables().filled(text) == text


def test_every_reader_has_its_row() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for reader in READERS:
        assert f"| {reader.label} | `{reader.name}` |" in text


def test_pictures_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = [line.split("](")[1].split(")")[0] for line in text.splitlines() if "![" in line]
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG"), picture


@pytest.mark.parametrize(
    ("begin", "end", "arguments"),
    [
        ("`show --json` is", "With `--include`", ("show", "a.pt")),
        ("`--json`: `integrity`", "The findings about", ("check", "a.pt")),
        ("`--json`: `target`", "#### Comparing", ("export", "a.pt", "new.pt", "--dry-run")),
        ("`--json`: `a`, `b`", "`--csv` has", ("diff", "a.pt", "b.pt")),
        ("`--json`: `order`", "The norm is", ("diff", "a.pt", "b.pt", "c.pt")),
    ],
)
def test_every_key_of_the_json_is_described_and_the_other_way_round(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    begin: str,
    end: str,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("abc"):
        save_zip(tmp_path / f"{name}.pt", {"epoch": number, "w": torch.full((2,), number + 1.0)})
    with suppress(SystemExit):  # 1, where they differ
        main([*arguments, "--json"])
    keys = set(json.loads(capsys.readouterr().out)) - {"schema"}
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    start = text.index(begin)
    said = text[start : text.index(end, start)]
    said = re.sub(r"\([^()]*\)", "", said)  # what a key holds
    described = set(re.findall(r"`([a-z_]+)`", said))
    assert keys - described <= {"measured_over"}  # which stands with the distances
    assert described <= keys | {"tensor"}
