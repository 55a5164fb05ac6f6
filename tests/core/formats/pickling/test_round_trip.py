"""Plain values of any shape come back as they were pickled, whatever the protocol."""

import collections
import math
import pickle
import struct
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.formats.torch_pickle import make_tree, run_pickle
from inspector.core.model import Attribute, Node
from inspector.core.sources import Bytes


def read(data: bytes) -> Node:
    run = run_pickle(Bytes(data, "test"))
    assert run.position == len(data)
    root, findings = make_tree(run)
    assert findings == []
    return root


def find(root: Node, path: tuple[Any, ...]) -> Node:
    for key in path:
        root = next(child for child in root.children if child.key == key)
    return root


def plain(node: Node, root: Node) -> Any:
    """Return the Python value that a tree of plain values stands for."""
    if node.kind == "reference":
        node = find(root, node.value)
    if node.kind == "value":
        return node.value
    if node.kind == "mapping":
        return {child.key: plain(child, root) for child in node.children}
    assert node.kind == "sequence"
    make = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[node.type]
    return make(plain(child, root) for child in node.children)


def same(ours: Any, theirs: Any) -> bool:
    """Compare exactly: types, order, the sign of zero; NaN is itself."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(theirs, float):
        return struct.pack("<d", ours) == struct.pack("<d", theirs) or math.isnan(theirs)
    if isinstance(theirs, complex):
        return same(ours.real, theirs.real) and same(ours.imag, theirs.imag)
    if isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, dict):
        return same(list(ours), list(theirs)) and same([*ours.values()], [*theirs.values()])
    return bool(ours == theirs)


text = st.text(st.characters(), max_size=20)  # lone surrogates included
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(1 << 4000), 1 << 4000),
    st.floats(),
    st.complex_numbers(allow_nan=False),
    st.binary(max_size=255),
    text,
)
hashable = st.one_of(st.none(), st.booleans(), st.integers(), text, st.binary(max_size=20))
keys = st.one_of(hashable, st.tuples(hashable, st.tuples(hashable)), st.floats(allow_nan=False))
values = st.recursive(
    scalars | st.sets(hashable) | st.frozensets(hashable),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=6),
    ),
    max_leaves=30,
)


@given(values, st.integers(0, 5))
@settings(max_examples=400, deadline=None)
def test_plain_values_come_back(value: Any, protocol: int) -> None:
    root = read(pickle.dumps(value, protocol))
    assert same(plain(root, root), value)


@given(st.lists(values, min_size=1, max_size=4), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_shared_objects_come_back(parts: list[Any], protocol: int) -> None:
    value = [parts, *parts, {"again": parts}]
    root = read(pickle.dumps(value, protocol))
    assert same(plain(root, root), value)


@pytest.mark.parametrize("protocol", range(6))
def test_standard_containers(protocol: int) -> None:
    value = {
        "ordered": collections.OrderedDict(b=1, a=2),
        "counter": collections.Counter("abca"),
        "default": collections.defaultdict(int, {"x": 1}),
        "deque": collections.deque([1, 2, 3], maxlen=5),
        "range": range(1, 10, 2),
        "slice": slice(None, 3),
        "bytearray": bytearray(b"ab"),
        "empty": [(), [], {}, set(), frozenset(), b"", ""],
    }
    root = read(pickle.dumps(value, protocol))
    nodes = {node.key: node for node in root.children}
    items = [(node.key, node.value) for node in nodes["ordered"].children]
    assert (nodes["ordered"].type, items) == ("collections.OrderedDict", [("b", 1), ("a", 2)])
    assert nodes["counter"].type == "collections.Counter"
    assert {node.key: node.value for node in nodes["counter"].children} == value["counter"]
    assert nodes["default"].type.startswith("collections.defaultdict(")
    assert nodes["deque"].kind == "sequence"
    assert [node.value for node in nodes["deque"].children] == [1, 2, 3]
    assert (nodes["range"].type, nodes["range"].value) == ("range", "range(1, 10, 2)")
    assert nodes["slice"].value == "slice(None, 3, None)"
    assert nodes["bytearray"].value == b"ab"
    kinds = [node.type for node in nodes["empty"].children]
    assert kinds == ["tuple", "list", "dict", "set", "frozenset", "bytes", "str"]


def test_a_factory_has_its_present_name() -> None:
    root = read(pickle.dumps(collections.defaultdict(int), 2))
    assert root.type == "collections.defaultdict(int)"


@pytest.mark.parametrize("protocol", range(2, 6))
def test_values_of_torch(protocol: int) -> None:
    value = {
        "size": torch.Size([2, 3]),
        "device": torch.device("cuda", 1),
        "cpu": torch.device("cpu"),
        "dtype": torch.bfloat16,
    }
    root = read(pickle.dumps(value, protocol))
    nodes = {node.key: node for node in root.children}
    assert [node.value for node in nodes["size"].children] == [2, 3]
    assert (nodes["device"].type, nodes["device"].value) == ("torch.device", "cuda:1")
    assert nodes["cpu"].value == "cpu"
    assert (nodes["dtype"].kind, nodes["dtype"].type) == ("global", "torch.bfloat16")


@pytest.mark.parametrize("protocol", range(6))
def test_a_cycle_is_a_reference_to_its_begin(protocol: int) -> None:
    value: dict[str, Any] = {"list": [1]}
    value["list"].append(value)
    value["self"] = value["list"]
    root = read(pickle.dumps(value, protocol))
    inner = find(root, ("list", 1))
    assert (inner.kind, inner.value) == ("reference", ())
    again = find(root, ("self",))
    assert (again.kind, again.value) == ("reference", ("list",))


class Custom:
    """Pickled by name; what is read never asks for it."""

    def __init__(self) -> None:
        self.lr = 0.1
        self.parts = [1, 2]


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self) -> None:
        self.left, self.right = 1, [2]


class Listed(list[int]):
    pass


class Mapped(dict[str, int]):
    pass


@pytest.mark.parametrize("protocol", range(6))
def test_objects_keep_class_attributes_and_items(protocol: int) -> None:
    listed, mapped = Listed([7, 8]), Mapped(a=1)
    listed.name = "list"  # type: ignore[attr-defined]
    root = read(pickle.dumps([Custom(), listed, mapped], protocol))
    custom, items, pairs = root.children
    assert (custom.kind, custom.type) == ("object", f"{__name__}.Custom")
    assert [(node.key, node.value) for node in custom.children[:1]] == [(Attribute("lr"), 0.1)]
    assert [node.value for node in custom.children[1].children] == [1, 2]
    assert [node.value for node in items.children if node.key in (0, 1)] == [7, 8]
    assert find(items, (Attribute("name"),)).value == "list"
    assert find(pairs, ("a",)).value == 1


@pytest.mark.parametrize("protocol", range(2, 6))
def test_slots_are_attributes(protocol: int) -> None:
    root = read(pickle.dumps(Slotted(), protocol))
    assert [node.key for node in root.children] == [Attribute("left"), Attribute("right")]


def test_long_bytes_and_text() -> None:
    value = {"bytes": b"x" * 300, "text": "y" * 100_000}
    for protocol in range(3, 6):
        root = read(pickle.dumps(value, protocol))
        assert root.children[0].kind == "cut"
        assert root.children[1].value == value["text"]


@pytest.mark.parametrize("protocol", range(6))
def test_numpy_arrays(protocol: int) -> None:
    value = [np.arange(6.0).reshape(2, 3), np.zeros(1000, np.int32), np.asfortranarray(np.eye(3))]
    for node, array in zip(read(pickle.dumps(value, protocol)).children, value, strict=True):
        assert node.kind == "array"
        assert (node.value.dtype, node.value.shape) == (str(array.dtype), array.shape)
