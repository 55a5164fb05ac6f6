"""The README shows what the program's tables say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from inspector.core.formats import READERS

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
