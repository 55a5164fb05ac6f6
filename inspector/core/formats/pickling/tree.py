"""Inert values become nodes: keys, kinds and shared objects are decided here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from inspector.core.formats.pickling.arrays import ArrayTable
from inspector.core.formats.pickling.instances import known_value
from inspector.core.formats.pickling.numpy_types import PickledDType
from inspector.core.formats.pickling.standins import (
    Bulk,
    DressedTensor,
    Global,
    Instance,
    MaskedArray,
    PickledDict,
    PickledSequence,
    PlainValue,
    RawArray,
    TypedStorage,
)
from inspector.core.model import Attribute, Key, Kind, Node, Path, Tensor
from inspector.core.model.path import OpaqueKey
from inspector.core.progress import Progress, all_different, empty, paced, silent

MAX_DEPTH = 100  # levels; deeper nesting is cut, so that every consumer may use recursion
MAX_NODES = 500_000  # values besides tensors; a stream may refer to the same ones again and again
_FLAT = 16  # a shared tuple of so few plain values is shown again instead of referred to
_CROWDED = f"more than {MAX_NODES:,} values; the rest is not shown"
_LONGEST_KEY = 200  # characters of a key that is no text
_PLAIN = frozenset({str, int, float, bool, type(None), bytes, complex})

_MODULE_PARTS = ("_parameters", "_buffers", "_modules")
# What torch.nn.Module keeps about itself, empty in nearly every file (torch/nn/modules/module.py).
_MODULE_HOOKS = frozenset(
    {
        "_backend",
        "_backward_hooks",
        "_backward_pre_hooks",
        "_forward_hooks",
        "_forward_hooks_always_called",
        "_forward_hooks_with_kwargs",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_is_full_backward_hook",
        "_load_state_dict_post_hooks",
        "_load_state_dict_pre_hooks",
        "_non_persistent_buffers_set",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
    }
)


class TreeBuilder:
    """Builds one tree; an object that occurs twice is a reference the second time."""

    def __init__(self, arrays: ArrayTable, progress: Progress = silent) -> None:
        self._arrays = arrays
        self._progress = progress
        self._places: dict[int, Path] = {}
        self._shown: list[Any] = []  # values made here: their ids must not be given out again
        self._flat: dict[int, tuple[Node, ...]] = {}  # children of flat tuples: shared as well
        self._left = MAX_NODES
        self.cut: Path | None = None
        """The first place where nesting went deeper than MAX_DEPTH."""
        self.crowded: Path | None = None
        """The first place that is not shown because there are more than MAX_NODES values."""
        self.duplicate: Path | None = None
        """The first key that its mapping holds twice."""

    def build(self, value: Any, key: Key = "", path: Path = ()) -> Node:
        """Return the node of a value at `path`, whose last step is `key`."""
        kind = type(value)
        if kind is Tensor:
            return self._tensor(value, key, path)
        if kind in _PLAIN:
            return Node(key, "value", kind.__name__, value)
        if kind is tuple and len(value) <= _FLAT and all(type(item) in _PLAIN for item in value):
            children = self._flat.get(id(value))
            if children is None:
                children = self._flat[id(value)] = tuple(self._children(enumerate(value), path))
            else:
                self._left -= len(children)  # every consumer visits them again
            return Node(key, "sequence", "tuple", None, children)
        if kind is Instance:
            known = known_value(value)
            if known is not None:
                return self._known(value, known, key, path)
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(value, key)
        return self._container(value, key, path)

    def _container(self, value: Any, key: Key, path: Path) -> Node:
        first = self._places.get(id(value))
        if first is not None:
            return Node(key, "reference", "", first)
        if len(path) >= MAX_DEPTH:
            self.cut = self.cut or path
            return Node(key, "cut", "", f"nested more than {MAX_DEPTH} levels deep")
        if self._left <= 0:
            self.crowded = self.crowded or path
            return Node(key, "cut", "", _CROWDED)
        self._places[id(value)] = path
        return self._opened(value, key, path)

    def _opened(self, value: Any, key: Key, path: Path) -> Node:
        """Return the node of a container that was not met before, with its children."""
        if isinstance(value, PickledDict):
            children = self._items(value.pairs, path)
            attributes = list(_attributes(value.states))
            if attributes:
                children += self._children(_named(attributes), path)
            node = Node(key, "mapping", value.type, None, tuple(children))
            empty(children, progress=self._progress)
            return node
        if isinstance(value, PickledSequence):
            return self._sequence(value.items, key, path, value.type)
        if isinstance(value, DressedTensor):
            return self._tensor(value.tensor, key, path, value.type, value.states)
        if isinstance(value, RawArray):
            children = self._children(enumerate(value.objects), path)
            array = self._arrays.array(value)
            return Node(key, "array", "numpy.ndarray", array, tuple(children))
        if isinstance(value, MaskedArray):
            return Node(key, "array", "numpy.ma.MaskedArray", self._arrays.masked(value))
        if type(value) in (list, tuple):
            return self._sequence(value, key, path, type(value).__name__)
        return self._instance(value, key, path)

    def _known(self, instance: Instance, value: Any, key: Key, path: Path) -> Node:
        """Return the node of what stands for an instance, which may be shared or in a cycle."""
        first = self._places.get(id(instance))
        if first is not None and type(value) not in _LEAVES:
            return Node(key, "reference", "", first)
        self._places[id(instance)] = path
        self._shown.append(value)
        return self.build(value, key, path)

    def _tensor(
        self, tensor: Tensor, key: Key, path: Path, type_name: str = "", states: Any = ()
    ) -> Node:
        parts = [(Attribute(name), part) for name, part in tensor.parts]
        children = self._children(parts, path) if parts else []
        if states:
            children += self._children(_named(_attributes(states)), path)
        name = type_name or ("Parameter" if tensor.parameter else "Tensor")
        return Node(key, "tensor", name, tensor, tuple(children))

    def _sequence(self, items: Iterable[Any], key: Key, path: Path, type_name: str) -> Node:
        children = self._children(enumerate(items), path)
        return Node(key, "sequence", type_name, None, tuple(children))

    def _children(self, items: Iterable[tuple[Key, Any]], path: Path) -> list[Node]:
        nodes = []
        for key, value in items:
            self._left -= 1
            if self._left < 0:
                self.crowded = self.crowded or path
                nodes.append(Node(OpaqueKey("…"), "cut", "", _CROWDED))
                break
            nodes.append(self.build(value, key, (*path, key)))
        return nodes

    def _items(self, pairs: Sequence[Any], path: Path) -> list[Node]:
        """Return the nodes of a mapping's items, keys and values in turn."""
        nodes: list[Node] = []
        marks: list[Any] = []
        new = tuple.__new__
        values = iter(pairs)
        for raw, value in paced(zip(values, values, strict=True), self._progress):
            key = raw if type(raw) is str else _plain_key(raw)
            if type(value) is Tensor and not value.parts:  # nearly all: no call, no path
                name = "Parameter" if value.parameter else "Tensor"
                nodes.append(new(Node, (key, "tensor", name, value, ())))
            else:
                nodes += self._children(((key, value),), path)
                if self._left < 0:
                    break
            marks.append(raw if type(raw) is str else _mark(raw, key))
        if self.duplicate is None and not all_different(marks, self._progress):
            self.duplicate = (*path, nodes[_first_repeat(marks)].key)
        empty(marks, progress=self._progress)
        return nodes

    def _instance(self, value: Instance, key: Key, path: Path) -> Node:
        name = value.cls.text if type(value.cls) is Global else "call of another object"
        attributes = list(_attributes(value.states))
        module = {step: part for step, part in attributes if step in _MODULE_PARTS}
        if len(module) == len(_MODULE_PARTS) and all(
            isinstance(part, PickledDict) for part in module.values()
        ):
            children = self._module(attributes, module, path)
            return Node(key, "module", name, None, tuple(children))
        if value.pairs:
            # Dicts with attribute access, such as EasyDict, hand over every item twice.
            items = {(name, id(item)) for name, item in _pairs(value.pairs) if type(name) is str}
            attributes = [pair for pair in attributes if (pair[0], id(pair[1])) not in items]
        children = self._children(_named(attributes), path)
        children += self._items(value.pairs, path)
        children += self._children(enumerate(value.items), path)
        if value.args:
            children.append(self._part("_args", value.args, path))
        if value.kwargs is not None:
            children.append(self._part("_kwargs", value.kwargs, path))
        kind: Kind = "mapping" if value.pairs and not value.args else "object"
        return Node(key, kind, name, None, tuple(children))

    def _module(
        self, attributes: list[tuple[Key, Any]], module: dict[Key, PickledDict], path: Path
    ) -> list[Node]:
        """Return a module's children under the names that its attributes have in Python."""
        for part in module.values():
            self._places[id(part)] = path
        members = [
            (Attribute(name), value)
            for part in _MODULE_PARTS
            for name, value in _pairs(module[part].pairs)
            if type(name) is str
        ]
        rest = [
            (step, value)
            for step, value in attributes
            if step not in _MODULE_PARTS and not (step in _MODULE_HOOKS and _is_empty(value))
        ]
        return self._children(members, path) + self._children(_named(rest), path)

    def _part(self, name: str, value: Any, path: Path) -> Node:
        step = Attribute(name)
        return self.build(value, step, (*path, step))


def _mark(raw: Any, key: Key) -> Any:
    """Return what makes a key the same as another, hashed without anything that could be slow.

    Text hashes are salted; numbers could be chosen to collide, so their text is used. An object as
    a key is equal to no other.
    """
    return id(raw) if type(key) is OpaqueKey else (type(key), repr(key))


def _first_repeat(marks: list[Any]) -> int:
    """Return the position of the first mark that was there before."""
    seen: set[Any] = set()
    for at, mark in enumerate(marks):
        if mark in seen:
            return at
        seen.add(mark)
    return 0


def _pairs(flat: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    values = iter(flat)
    return zip(values, values, strict=True)


def _named(attributes: Iterable[tuple[Key, Any]]) -> Iterator[tuple[Key, Any]]:
    for step, value in attributes:
        yield Attribute(step) if type(step) is str else step, value


def _attributes(states: Sequence[Any]) -> Iterator[tuple[Key, Any]]:
    """Yield name and value of every attribute that BUILD set; `_state` for a state that is no dict.

    A pair of dicts is `(__dict__, __slots__)`, as `copyreg.__reduce_ex__` writes it.
    """
    for state in states:
        halves = state if type(state) is tuple and len(state) == 2 else (state,)
        if all(half is None or isinstance(half, PickledDict) for half in halves):
            for half in halves:
                for name, value in _pairs(half.pairs if half is not None else []):
                    yield name if type(name) is str else _plain_key(name), value
        else:
            yield "_state", state


def _is_empty(value: Any) -> bool:
    if isinstance(value, PickledDict):
        return not value.pairs
    if isinstance(value, PickledSequence):
        return not value.items
    if isinstance(value, Instance):  # the function table of torch before 0.4
        return not value.states
    return value is None or value is False


def _plain_key(raw: Any, depth: int = 0) -> Key:
    """Return a key itself if it is plain, a tuple of plain ones too, else a text for it."""
    if type(raw) in _PLAIN:
        return raw
    if type(raw) is tuple and len(raw) <= _FLAT and depth < 2:
        return tuple(_plain_key(item, depth + 1) for item in raw)
    if type(raw) is Global:
        return OpaqueKey(raw.text)
    if type(raw) is PlainValue:
        return OpaqueKey(f"{raw.type}({raw.value!r})"[:_LONGEST_KEY])
    if type(raw) is PickledDType:
        return OpaqueKey(f"numpy.dtype({raw.finished().text!r})"[:_LONGEST_KEY])
    if type(raw) is Tensor:  # the state of a pickled optimizer is keyed by parameters
        where = f" in storage {raw.storage.key}" if raw.storage else ""
        return OpaqueKey(f"<{'Parameter' if raw.parameter else 'Tensor'}{where}>")
    if type(raw) is Instance and type(raw.cls) is Global:
        args = raw.args[:_FLAT] if type(raw.args) is tuple else ()
        plain = [repr(arg)[:100] for arg in args if type(arg) in _PLAIN]
        return OpaqueKey(f"{raw.cls.text}({', '.join(plain)})")
    if type(raw) is PickledSequence and depth < 2:  # a frozenset
        inner = ", ".join(repr(_plain_key(item, depth + 1)) for item in raw.items[:_FLAT])
        return OpaqueKey(f"{raw.type}({{{inner}}})"[:_LONGEST_KEY])
    return OpaqueKey("<object>")


def _bulk(value: Bulk, key: Key) -> Node:
    return Node(key, "cut", "bytes", f"{value.length} bytes, not read")


def _plain(value: PlainValue, key: Key) -> Node:
    return Node(key, "value", value.type, value.value)


def _numpy_type(value: PickledDType, key: Key) -> Node:
    return Node(key, "value", "numpy.dtype", value.finished().text)


def _global(value: Global, key: Key) -> Node:
    return Node(key, "global", value.text)


def _storage(value: TypedStorage, key: Key) -> Node:
    return Node(key, "storage", f"torch storage of {value.dtype.name}", value.storage)


_LEAVES: dict[type, Callable[[Any, Key], Node]] = {
    Bulk: _bulk,
    PlainValue: _plain,
    PickledDType: _numpy_type,
    Global: _global,
    TypedStorage: _storage,
}
