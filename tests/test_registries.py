"""The tables that features are rows of: unique names, and nothing listed that is not there."""

import importlib
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from inspector.cli.main import COMMANDS, Command
from inspector.core.export import WRITERS
from inspector.core.formats import READERS, Reader
from inspector.core.model import DTYPES

README = Path(__file__).parents[1] / "README.md"


def reader_name(reader: Reader) -> str:
    return reader.name


@pytest.mark.parametrize("label", [lambda row: row.name, lambda row: row.label])
def test_readers_are_told_apart(label: Callable[[Reader], str]) -> None:
    named = [label(reader) for reader in READERS]
    assert len(set(named)) == len(named)
    assert all(named)


@pytest.mark.parametrize("reader", READERS, ids=reader_name)
def test_extensions_of_a_reader(reader: Reader) -> None:
    assert reader.extensions
    assert all(extension.startswith(".") for extension in reader.extensions)
    assert all(extension == extension.lower() for extension in reader.extensions)
    assert len(set(reader.extensions)) == len(reader.extensions)


def test_writers_are_told_apart_and_read_again() -> None:
    assert len({writer.name for writer in WRITERS}) == len(WRITERS)
    assert len({writer.label for writer in WRITERS}) == len(WRITERS)
    assert {writer.name for writer in WRITERS} <= {reader.name for reader in READERS}
    assert all(ending.startswith(".") for writer in WRITERS for ending in writer.extensions)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda row: row.name)
def test_commands_are_there(command: Command) -> None:
    module = importlib.import_module(f"inspector.cli.{command.name}")
    assert isinstance(module.command, click.Command)
    assert command.help.endswith(".")


def test_dtypes_are_told_apart() -> None:
    for column in ("name", "storage_class", "safetensors"):
        filled = [getattr(row, column) for row in DTYPES if getattr(row, column)]
        assert len(set(filled)) == len(filled), column


def test_the_readme_names_every_format() -> None:
    words = README.read_text("utf-8") if README.exists() else ""
    missing = [reader.label for reader in READERS if reader.label not in words]
    if len(missing) == len(READERS):
        pytest.skip("README.md has no table of formats yet")
    assert missing == []
