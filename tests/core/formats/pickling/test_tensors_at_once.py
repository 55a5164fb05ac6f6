"""Tensors that are taken whole make the same tree as tensors that are read opcode by opcode."""

import io
import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.errors import Damaged
from inspector.core.formats.pickling import machine, unpickler
from inspector.core.formats.pickling.allowlist import ALLOWED
from inspector.core.formats.pickling.arrays import ArrayTable
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.pickling.tree import TreeBuilder
from inspector.core.formats.pickling.unpickler import Unpickler
from inspector.core.sources import Bytes
from tests.checkpoints import dict_of, integer, named, sizes, stream, text, tuple_of

Outcome = tuple[Any, ...]


def stream_of(value: Any) -> bytes:
    """Return the data.pkl that torch writes for a value."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    reader = torch._C.PyTorchFileReader(buffer)
    return bytes(reader.get_record("data.pkl"))


def run(data: bytes) -> tuple[Outcome, int]:
    """Return all that a stream yields, and how many tensors were taken whole."""
    table = StorageTable()
    reader = Unpickler(Bytes(data, "test"), allowed=ALLOWED, storages=table)
    taken = 0
    original = reader.recall_all

    def recall_all() -> None:
        nonlocal taken
        taken += sum(len(items.starts) for items in reader._taken)
        original()

    reader.recall_all = recall_all  # type: ignore[method-assign]
    try:
        value = reader.load()
    except Damaged:
        return ("damaged",), taken
    tree = TreeBuilder(ArrayTable(reader.source, "", {})).build(value)
    taken += sum(len(items.starts) for items in reader._taken)
    return (tree, table.storages, reader.notes, reader.position), taken


def both(data: bytes) -> int:
    """Hold the two ways of reading against each other; return how many were taken whole."""
    whole, taken = run(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpickler, "take_items", lambda *_: None)
        single, none = run(data)
    assert none == 0
    assert whole == single
    return taken


def layers(count: int, make: Callable[[int], torch.Tensor]) -> OrderedDict[str, torch.Tensor]:
    return OrderedDict((f"layer.{i}.weight", make(i)) for i in range(count))


def test_a_state_dict() -> None:
    assert both(stream_of(layers(500, lambda i: torch.zeros(i % 7, 3)))) > 400


def test_every_number_of_dimensions() -> None:
    shapes = [(1,) * n for n in range(12)] + [(300, 2), (70000,), (0, 5)]
    value = layers(1000, lambda i: torch.empty(shapes[i % len(shapes)]))
    assert both(stream_of(value)) > 500


def test_several_dtypes_devices_and_flags() -> None:
    dtypes = [torch.float32, torch.float16, torch.int64, torch.bool, torch.uint16]

    def make(i: int) -> torch.Tensor:
        tensor = torch.zeros(3, dtype=dtypes[i % 5])
        return tensor.requires_grad_(i % 3 == 0 and tensor.is_floating_point())

    assert both(stream_of(layers(600, make))) > 100


def test_shared_storages_and_tied_tensors() -> None:
    base = torch.arange(1000.0)
    tied = torch.ones(4)

    def make(i: int) -> torch.Tensor:
        return (tied, base[i : i + 5], base[::2], torch.ones(2, 3).t())[i // 8 % 4]

    assert both(stream_of(layers(800, make))) > 100


def test_parameters_and_optimizer() -> None:
    model = torch.nn.Sequential(*(torch.nn.Linear(3, 3) for _ in range(100)))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    value = {"model": model, "state": model.state_dict(), "optimizer": optimizer.state_dict()}
    both(stream_of(value))  # keys and storages repeat here, which is read opcode by opcode


def test_odd_keys_between() -> None:
    keys = ["\ud800", "", "k" * 1000, 7, ("a", 1), None, "\u202e"]
    value = {(keys[i % 7], i): torch.ones(2) for i in range(400)}
    value |= {f"{keys[i // 8 % 3]}{i}": torch.ones(2) for i in range(400)}  # type: ignore[misc]
    assert both(stream_of(value)) > 100


@pytest.mark.parametrize("window", [2000, 2503, 3001])
def test_streams_longer_than_the_window(monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    data = stream_of({"a": layers(150, lambda i: torch.zeros(i)), "long": "x" * 5000})
    expected, _ = run(data)
    monkeypatch.setattr(machine, "_WINDOW", window)
    monkeypatch.setattr(machine, "_MARGIN", 1200)
    monkeypatch.setattr(unpickler, "ROUND", 100)
    assert both(data) > 50
    assert run(data)[0] == expected


def tensor_opcodes(
    i: int, *, name: int, key: int, ids: int, shape: int, stride: int, hooks: int, args: int
) -> bytes:
    """Return a tensor as torch spells it; each number is the memo index of that inner value."""
    put = lambda index: b"r" + struct.pack("<I", index)  # noqa: E731
    digits = str(i).encode()
    storage = b"((h\x02X" + bytes([len(digits)]) + b"\0\0\0" + digits + put(name)
    storage += b"h\x03K\x04t" + put(ids) + b"Q"
    view = b"K\x00K\x04\x85" + put(shape) + b"K\x01\x85" + put(stride)
    item = text(f"key{i}") + put(key) + b"h\x01"
    return item + storage + view + b"\x89h\x04)R" + put(hooks) + b"t" + put(args) + b"R"


PREAMBLE = (
    named("torch._utils", "_rebuild_tensor_v2") + b"q\x010"
    + text("storage") + b"q\x020" + text("cpu") + b"q\x030"
    + named("collections", "OrderedDict") + b"q\x040"
    + named("torch", "FloatStorage") + b"q\x050"
)  # fmt: skip


def crafted(indices: list[dict[str, int]], tail: bytes) -> bytes:
    """Return a stream of a dict of tensors with these memo indices, then `tail` in a tuple."""
    items = b"".join(
        tensor_opcodes(i, **{name: index for name, index in row.items() if name != "tensor"})
        .replace(b"h\x02X", b"h\x02h\x05X", 1)
        + b"r" + struct.pack("<I", row.get("tensor", 0xF0000000 + i))
        for i, row in enumerate(indices)
    )  # fmt: skip
    return stream(PREAMBLE + tuple_of(b"}(" + items + b"u", tail))


def usual(count: int, start: int = 300) -> list[dict[str, int]]:
    names = ("key", "name", "ids", "shape", "stride", "hooks", "args", "tensor")
    return [{name: start + 8 * i + at for at, name in enumerate(names)} for i in range(count)]


def fetch(index: int) -> bytes:
    return b"j" + struct.pack("<I", index)


def test_crafted_streams_are_taken_whole() -> None:
    assert both(crafted(usual(20), b"")) >= 18


def test_inner_values_are_there_when_they_are_fetched() -> None:
    rows = usual(20)
    for name in ("ids", "shape", "stride", "hooks", "args", "name", "key", "tensor"):
        tail = b"".join(fetch(row[name]) for row in rows)
        assert both(crafted(rows, tail)) >= 18, name


def test_memoize_counts_what_was_left_out() -> None:
    # 20 tensors put 8 values each, the preamble 5: MEMOIZE stores under 165.
    assert both(crafted(usual(20), text("value") + b"\x940h" + bytes([165]))) >= 18


def test_values_put_again_later_are_the_younger_ones() -> None:
    rows = usual(5)
    tail = text("new") + b"r" + struct.pack("<I", rows[0]["shape"]) + fetch(rows[0]["shape"])
    assert both(crafted(rows, tail + fetch(rows[0]["stride"]))) >= 3


def test_fetches_of_what_was_never_stored() -> None:
    both(crafted(usual(5), fetch(99_999)))


@given(
    st.lists(st.lists(st.integers(300, 340), min_size=8, max_size=8), max_size=4),
    st.lists(st.integers(300, 340), max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_memo_indices_that_collide(rows: list[list[int]], fetched: list[int]) -> None:
    names = ("key", "name", "ids", "shape", "stride", "hooks", "args", "tensor")
    indices = [dict(zip(names, row, strict=True)) for row in rows]
    both(crafted(usual(4) + indices + usual(4, 300 + 8 * 4), b"".join(map(fetch, fetched))))


def test_legacy_ids_with_views() -> None:
    """The view's offset counts in front of the tensor's own (torch/serialization.py, legacy)."""
    hooks = named("collections", "OrderedDict") + b")R"
    view = tuple_of(text("view key"), integer(3), integer(4))
    parts = (text("storage"), named("torch", "FloatStorage"), text("7"), text("cpu"), integer(10))
    storage = tuple_of(*parts, view) + b"Q"
    arguments = (storage, integer(1), sizes(3), sizes(1), b"\x89", hooks)
    item = named("torch._utils", "_rebuild_tensor_v2") + tuple_of(*arguments) + b"R"
    data = stream(dict_of((text("x"), item)))
    both(data)
    (tree, storages, _, _), _ = run(data)
    assert tree.children[0].value.offset == 4
    assert storages["7"].nbytes == 40
