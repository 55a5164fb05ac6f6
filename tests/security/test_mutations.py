"""A few thousand damaged files: whatever is flipped, cut or inserted, only our errors come out."""

import io
import pickle
import random
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.cli.show_json import write_json
from inspector.core.errors import InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Selection
from inspector.core.summary import headline
from tests.checkpoints import WRITERS, Vanishing, save_pickle, save_safetensors

CASES = 400  # for each seed file
Mutation = Callable[[random.Random, bytearray], None]


def flip(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 1, 2, 8))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def overwrite(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    extreme = chance.choice((b"\xff", b"\x00", b"\x7f", b"\x80")) * chance.choice((1, 2, 4, 8))
    data[at : at + len(extreme)] = extreme


def cut(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


def remove(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 40)]


def insert(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.randrange(1, 20))


def copy(chance: random.Random, data: bytearray) -> None:
    source, target = chance.randrange(len(data)), chance.randrange(len(data))
    data[target:target] = data[source : source + chance.randrange(1, 60)]


def opcode(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] = chance.choice(b"().0125BCFGIJKLMNPQRSTUVX]abcdeghijloqrstu")


MUTATIONS: tuple[Mutation, ...] = (flip, overwrite, cut, remove, insert, copy, opcode)


def seeds(folder: Path) -> Iterator[Path]:
    """Write a small file of every format and of every way to pickle."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(model.parameters())
    value: dict[str, Any] = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "odd": [(1, None), {2.5, True}, 1j, b"bytes", "\u202e", 1 << 70],
        "view": torch.arange(10)[2:8:2],
    }
    for name, write in WRITERS.items():
        yield write(folder / name, value)
    for protocol in range(6):
        yield save_pickle(folder / f"protocol-{protocol}", value, protocol)
    yield save_safetensors(folder / "safetensors", {"a": torch.ones(2), "b": torch.ones(1)})
    with Vanishing(folder) as module:
        yield WRITERS["zip"](folder / "module", module.Net())
    (folder / "instances").write_bytes(pickle.dumps([Path("a"), slice(3), ValueError("x")], 4))
    yield folder / "instances"


def outcome(path: Path) -> str:
    """Return the traceback of anything that should not have come out of opening a file."""
    try:
        with open_checkpoint(str(path)) as checkpoint:
            headline(checkpoint)
            write_json(checkpoint, Selection(()), io.StringIO())
            for storage in checkpoint.storages.values():
                checkpoint.read(storage, 0, min(storage.nbytes, 64))
    except InspectorError as error:
        return "" if len(str(error).splitlines()) == 1 else f"several lines: {error}"
    except Exception:  # noqa: BLE001 - anything else is what this looks for
        return traceback.format_exc()
    return ""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("seeds")
    return {path.name: path.read_bytes() for path in seeds(folder)}


NAMES = (*WRITERS, *(f"protocol-{n}" for n in range(6)), "safetensors", "module", "instances")


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(tmp_path: Path, files: dict[str, bytes], name: str) -> None:
    chance = random.Random(f"mutations of {name}")
    path = tmp_path / "file"
    for number in range(CASES):
        data = bytearray(files[name])
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            chance.choice(MUTATIONS)(chance, data)
            if not data:
                break
        path.write_bytes(data)
        escaped = outcome(path)
        if escaped:
            raise AssertionError(f"case {number} of {name}, {len(data)} bytes:\n{escaped}")


@pytest.mark.parametrize("name", NAMES)
def test_cut_at_every_byte(tmp_path: Path, files: dict[str, bytes], name: str) -> None:
    path = tmp_path / "file"
    whole = files[name]
    step = max(1, len(whole) // 300)
    for length in range(0, len(whole), step):
        path.write_bytes(whole[:length])
        escaped = outcome(path)
        if escaped:
            raise AssertionError(f"{length} of {len(whole)} bytes:\n{escaped}")
