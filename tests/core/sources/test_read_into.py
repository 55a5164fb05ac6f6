"""Buffers that are filled from sources of every kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.core.errors import SourceError
from inspector.core.sources import Bytes, LocalSource, Section, Source, read_into


@pytest.fixture(params=["file", "section", "memory"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(200)))
    if request.param == "memory":
        return Bytes(bytes(range(200)), "memory")
    file = LocalSource(str(path))
    return file if request.param == "file" else Section(file, 0, 200, "section")


def test_a_buffer_is_filled(source: Source) -> None:
    buffer = bytearray(50)
    read_into(source, 100, memoryview(buffer), "a tensor")
    assert buffer == bytes(range(100, 150))


def test_what_is_not_there_is_said(source: Source) -> None:
    with pytest.raises(SourceError, match="ends in the middle of a tensor"):
        read_into(source, 180, memoryview(bytearray(50)), "a tensor")


def test_systems_that_cannot_fill_buffers(source: Source, monkeypatch) -> None:
    monkeypatch.delattr(os, "preadv", raising=False)
    test_a_buffer_is_filled(source)
