"""Reading anywhere in compressed bytes gives what inflating all of them gives."""

import random
import zlib

import pytest

from inspector.core.progress import silent
from inspector.core.sources import Bytes, Inflated, inflated


@pytest.fixture
def content() -> bytes:
    chance = random.Random(0)
    return b"".join(chance.randbytes(100) + bytes(chance.randrange(400)) for _ in range(2000))


@pytest.mark.parametrize("wbits", [-15, 15, 31])
def test_any_range(monkeypatch: pytest.MonkeyPatch, content: bytes, wbits: int):
    monkeypatch.setattr(inflated, "_SPACING", 20_000)
    monkeypatch.setattr(inflated, "_STEP", 3000)
    monkeypatch.setattr(inflated, "_PIECE", 700)
    packer = zlib.compressobj(6, wbits=wbits)
    packed = packer.compress(content) + packer.flush()
    kinds = {-15: "deflate", 15: "zlib", 31: "gzip"}
    source = Inflated(Bytes(packed, "x"), kinds[wbits], 0, "x")  # type: ignore[arg-type]
    source.measure(silent)
    assert source.size == len(content)
    chance = random.Random(1)
    for _ in range(300):
        start, length = chance.randrange(len(content) + 10), chance.randrange(50_000)
        assert source.read_at(start, length) == content[start : start + length]


def test_a_size_that_lies(content: bytes):
    packed = zlib.compress(content)
    longer = Inflated(Bytes(packed, "x"), "zlib", len(content) + 100, "x")
    assert longer.read_at(len(content) - 5, 50) == content[-5:]
    shorter = Inflated(Bytes(packed, "x"), "zlib", 10, "x")
    assert shorter.read_at(0, 50) == content[:10]


def test_measuring_again_changes_nothing(content: bytes):
    source = Inflated(Bytes(zlib.compress(content), "x"), "zlib", len(content), "x")
    assert source.read_at(1000, 10) == content[1000:1010]
    for _ in range(2):
        source.measure(silent)
        assert source.size == len(content)
        assert source.read_at(5, 10) == content[5:15]
