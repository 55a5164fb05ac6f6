"""The verdict that we foretell against what torch.load really does."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import json
import pathlib
import pickle
import shutil
import types
import uuid
import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch._weights_only_unpickler import Unpickler as TorchUnpickler
from torch._weights_only_unpickler import _get_allowed_globals

from inspector.core.errors import InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.loading import foretell
from inspector.core.loading.weights_only import ALLOWED, OPCODES
from tests.checkpoints import CORPUS, WRITERS, save_safetensors, save_zip


class Colour(enum.Enum):
    RED = 1


class Named(dict):
    pass


Pair = collections.namedtuple("Pair", "a b")


def _with_attribute(value, **attributes):
    for name, content in attributes.items():
        setattr(value, name, content)
    return value


def _filled(container, *pairs):
    container.update(pairs)
    return container


def _self_referring():
    value: list = []
    value.append(value)
    return value


def _deep(levels):
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


def _quantized_per_channel():
    scales, zeros = torch.tensor([0.1, 0.2]), torch.tensor([0, 1])
    return torch.quantize_per_channel(torch.ones(2, 3), scales, zeros, 0, torch.qint8)


LINEAR = torch.nn.Linear(2, 3)
SGD = torch.optim.SGD(LINEAR.parameters(), lr=0.1, momentum=0.9)
DTYPES = (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn,
    torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
    torch.complex128, torch.complex64, torch.complex32, torch.int64, torch.int32, torch.int16,
    torch.int8, torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool,
)  # fmt: skip


def _values():
    """Make one object of every kind that people save."""
    return {
        "state dict": LINEAR.state_dict(),
        "plain dict": dict(LINEAR.state_dict()),
        "optimizer": SGD.state_dict(),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "parameter with attribute": _with_attribute(torch.nn.Parameter(torch.ones(2)), tag="a"),
        "buffer": torch.nn.Buffer(torch.ones(2)),
        "tensor with attribute": _with_attribute(torch.ones(2), tag="a"),
        "sparse coo": torch.eye(3).to_sparse(),
        "sparse csr": torch.eye(3).to_sparse_csr(),
        "quantized": torch.quantize_per_tensor(torch.ones(3), 0.1, 2, torch.quint8),
        "quantized per channel": _quantized_per_channel(),
        "meta": torch.empty(3, device="meta"),
        "conjugate": torch.ones(2, dtype=torch.complex64).conj(),
        "untyped storage": torch.ones(2).untyped_storage(),
        "typed storage": torch.storage.TypedStorage([1.0, 2.0]),
        "size": torch.Size([1, 2]),
        "device": torch.device("cuda:1"),
        "dtype": torch.float16,
        "layout": torch.strided,
        "qscheme": torch.per_tensor_affine,
        "generator": torch.Generator(),
        "torch version": torch.__version__,
        "module": LINEAR,
        "sequential": torch.nn.Sequential(LINEAR, torch.nn.BatchNorm1d(3)),
        "optimizer object": SGD,
        "module class": torch.nn.Linear,
        "function": torch.nn.functional.relu,
        "ordered dict": collections.OrderedDict(a=1),
        "ordered dict with attribute": _with_attribute(collections.OrderedDict(a=1), tag=2),
        "counter": collections.Counter("aab"),
        "default dict": collections.defaultdict(list),
        "filled default dict": _filled(collections.defaultdict(int), ("a", 1)),
        "dict subclass": Named(a=1),
        "named tuple": Pair(1, 2),
        "deque": collections.deque([1, 2]),
        "set": {1, 2},
        "empty set": set(),
        "frozenset": frozenset({1}),
        "complex": 1 + 2j,
        "bytes": b"\x00\xff",
        "empty bytes": b"",
        "byte array": bytearray(b"ab"),
        "range": range(3),
        "slice": slice(1, 2),
        "ellipsis": ...,
        "int type": int,
        "numbers": [0, 1, -1, 255, 256, 65536, 1 << 31, -(1 << 31), 1 << 63, 1.5, float("nan")],
        "long of 200 bytes": 1 << 1599,
        "long of 300 bytes": 1 << 2399,
        "none and booleans": [None, True, False],
        "texts": ["", "a", "ä", "\ud800", "x" * 300, "\n"],
        "many": list(range(2000)),
        "dict of 2000": {i: i for i in range(2000)},
        "shared": [[1]] * 3,
        "self-referring": _self_referring(),
        "deep": _deep(300),
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "namespace": argparse.Namespace(a=1),
        "simple namespace": types.SimpleNamespace(a=1),
        "path": pathlib.PurePosixPath("/a/b"),
        "date": datetime.datetime(2024, 1, 2, 3, 4),
        "decimal": decimal.Decimal("1.5"),
        "fraction": fractions.Fraction(1, 3),
        "uuid": uuid.UUID(int=3),
        "enum": Colour.RED,
        "partial": functools.partial(print, 1),
        "numpy array": np.arange(3.0),
        "numpy scalar": np.float64(1.5),
        "numpy dtype": np.dtype("int8"),
        "numpy random": np.random.RandomState(0).get_state(),
    } | {f"{dtype}": torch.zeros(3, dtype=dtype) for dtype in DTYPES}


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch says that it has not finished some of them
    VALUES = _values()


def really_loads(file) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.load(file, map_location="cpu", weights_only=True)
        except Exception:  # noqa: BLE001 - torch raises anything
            return False
    return True


def verdict(file):
    with open_checkpoint(str(file)) as checkpoint:
        return foretell(checkpoint)


def test_the_list_is_that_of_the_installed_torch():
    assert set(_get_allowed_globals()) == ALLOWED


def test_the_opcodes_are_those_of_the_installed_torch():
    known = set()
    for code in range(256):
        try:
            TorchUnpickler(io.BytesIO(bytes([code]) + b"\0" * 16)).load()
        except pickle.UnpicklingError as error:
            if "Unsupported operand" in str(error) and str(error).endswith(f" {code}"):
                continue
        except Exception:  # noqa: BLE001 - it knows the opcode, and misses its operands
            pass
        known.add(code)
    assert known == set(OPCODES)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("writer", WRITERS)
def test_every_kind_of_object_in_every_format(tmp_path, name, writer):
    file = tmp_path / "file.pt"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            WRITERS[writer](file, VALUES[name])
    except Exception as error:  # noqa: BLE001 - whatever keeps torch from writing it
        pytest.skip(f"torch itself cannot write it: {error}")
    told = verdict(file)
    assert told.loads == really_loads(file), told
    assert bool(told.reasons) != told.loads


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["state dict", "bytes", "numbers", "set", "texts", "empty set"])
def test_every_protocol(tmp_path, name, protocol):
    file = tmp_path / "file.pt"
    torch.save(VALUES[name], file, pickle_protocol=protocol)
    assert verdict(file).loads == really_loads(file)


@pytest.mark.parametrize("name", VALUES)
def test_the_refused_names_are_those_that_torch_lists(tmp_path, name):
    file = tmp_path / "file.pt"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            save_zip(file, {"value": VALUES[name]})
        listed = torch.serialization.get_unsafe_globals_in_checkpoint(file)
    except Exception as error:  # noqa: BLE001 - whatever keeps torch from reading it
        pytest.skip(f"torch itself cannot say: {error}")
    assert set(verdict(file).refused) == set(listed)


# ---- files that are damaged or of another kind ---------------------------------------------


def test_safetensors_are_known_to_torch_by_their_name(tmp_path):
    file = save_safetensors(tmp_path / "a.safetensors", {"a": torch.ones(2)})
    other = shutil.copy(file, tmp_path / "a.bin")
    assert verdict(file).loads is really_loads(file) is True
    assert verdict(other).loads is really_loads(other) is False
    assert "safetensors" in verdict(other).reasons[0]


def test_torchscript(tmp_path):
    file = tmp_path / "script.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(LINEAR), file)
    assert verdict(file).loads is really_loads(file) is False
    assert "torch.jit.load" in verdict(file).reasons[0]


@pytest.mark.parametrize("writer", ["zip", "legacy"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_files_that_are_cut_off(tmp_path, writer, share):
    file = WRITERS[writer](tmp_path / "file.pt", {"a": torch.ones(5000), "b": torch.ones(5000)})
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    assert verdict(file).loads is really_loads(file) is False


@pytest.mark.parametrize("damage", ["missing", "short", "long", "second root", "empty"])
def test_archives_whose_records_do_not_fit(tmp_path, damage):
    whole = save_zip(tmp_path / "whole.pt", {"a": torch.ones(50), "b": torch.ones(50)})
    file = tmp_path / "file.pt"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(file, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("data/1"):
                if damage == "missing":
                    continue
                data = {"short": data[:-4], "long": data + b"\0" * 4, "empty": b""}.get(
                    damage, data
                )
            target.writestr(member.filename, data)
        if damage == "second root":
            target.writestr("other/data.pkl", b"\x80\x02N.")
    assert verdict(file).loads is really_loads(file) is False


def test_a_view_beyond_its_storage(tmp_path):
    file = save_zip(tmp_path / "a.pt", torch.ones(4))
    small = tmp_path / "b.pt"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(small, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("data.pkl"):
                data = data.replace(b"K\x04\x85", b"K\x09\x85", 1)
            target.writestr(member.filename, data)
    assert verdict(small).loads is really_loads(small) is False


def test_strings_of_python_2(tmp_path):
    for text, loads in ((b"abc", True), (b"\xe4", False)):
        archive = tmp_path / f"{loads}.pt"
        whole = save_zip(tmp_path / "whole.pt", {})
        with zipfile.ZipFile(whole) as source, zipfile.ZipFile(archive, "w") as target:
            for member in source.infolist():
                data = source.read(member)
                if member.filename.endswith("data.pkl"):
                    data = b"\x80\x02]q\x00U" + bytes([len(text)]) + text + b"a."
                target.writestr(member.filename, data)
        assert verdict(archive).loads is really_loads(archive) is loads


# ---- files of other people -----------------------------------------------------------------


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not on this machine")
def test_agreement_over_the_corpus():
    rows = [json.loads(line) for line in (CORPUS / "expected.jsonl").read_text().splitlines()]
    differing = []
    for row in rows:
        file = CORPUS / "files" / row["path"]
        try:
            told = verdict(file).loads
        except InspectorError:
            told = False  # a file that we name but do not open
        if told != really_loads(file):
            differing.append(row["path"])
    assert not differing
