"""Values beside the tensors as plain Python: what a new file may hold without asking for a class.

A class that a file names is never written again. Its attributes become a dict, or, where nothing
plain is left of it, it is dropped and said to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inspector.core.export.locating import Tree
from inspector.core.model import Attribute, Node, Path, json_key
from inspector.core.model.path import OpaqueKey
from inspector.core.recognition import is_module

_PLAIN = frozenset({str, int, float, bool, type(None), bytes, complex})
_KEYS = frozenset({str, int, float, bool, type(None), bytes})
_AS_THEY_ARE = frozenset({
    "dict", "collections.OrderedDict", "list", "tuple", "set", "torch.Size", "torch.device",
    "str", "int", "float", "bool", "NoneType", "bytes", "complex",
})  # fmt: skip
_SEQUENCES = frozenset({"tuple", "set", "torch.Size"})


class Plain:
    """Makes plain copies of nodes and remembers what that cost."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.changed: list[tuple[Path, str]] = []
        """Objects that became dicts and the like, each with its class."""
        self.lost: list[tuple[Path, str]] = []
        """What is not written, each with what it is."""
        self.tensors: list[tuple[Path, Path, Node]] = []
        """Tensors met on the way: their source, their target, their node."""

    def copy(self, node: Node, path: Path, target: Path) -> Node | None:
        """Return a node that a writer can write, None for what it cannot."""
        return self._copy(node, path, target, ())

    def _copy(self, node: Node, path: Path, target: Path, above: tuple[int, ...]) -> Node | None:
        found = self._tree.resolved(node)
        if found is None or id(found) in above:
            return self._lose(path, "a cycle")
        key = target[-1] if target else ""
        if found.kind == "tensor":
            self.tensors.append((path, target, found))
            return Node(key, "tensor", found.type, found.value)
        if found.kind == "value":
            return self._value(found, key, path)
        if found.kind == "global" and found.type.startswith("torch.") and found.type.count(".") < 2:
            return Node(key, "global", found.type)
        if found.kind in ("mapping", "sequence") or (found.kind == "object" and found.children):
            return self._container(found, path, target, (*above, id(found)))
        return self._lose(path, found.type or found.kind)

    def _value(self, node: Node, key: object, path: Path) -> Node | None:
        if type(node.value) not in _PLAIN:
            return self._lose(path, node.type)
        if node.type not in _AS_THEY_ARE:
            self.changed.append((path, node.type))
        name = node.type if node.type == "torch.device" else type(node.value).__name__
        return Node(key, "value", name, node.value)

    def _container(
        self, node: Node, path: Path, target: Path, above: tuple[int, ...]
    ) -> Node | None:
        if is_module(node):
            return self._lose(path, node.type)
        if node.type not in _AS_THEY_ARE:
            self.changed.append((path, node.type))
        children = []
        for child in node.children:
            if not _is_plain_key(child.key):
                self._lose((*path, child.key), "a key that is no plain value")
                continue
            step = str(child.key) if isinstance(child.key, Attribute) else child.key
            copied = self._copy(child, (*path, child.key), (*target, step), above)
            if copied is None and node.kind == "sequence" and node.type != "set":
                copied = Node(step, "value", "NoneType")  # what follows keeps its position
            if copied is not None:
                children.append(copied)
        key = target[-1] if target else ""
        if node.kind == "sequence":
            name = node.type if node.type in _SEQUENCES else "list"
            return Node(key, "sequence", name, None, tuple(children))
        ordered = node.type == "collections.OrderedDict"
        name = node.type if ordered else "dict"
        return Node(key, "mapping", name, None, tuple(children))

    def _lose(self, path: Path, what: str) -> Node | None:
        self.lost.append((path, what))
        return None


def _is_plain_key(key: object) -> bool:
    if isinstance(key, OpaqueKey):
        return False
    if type(key) is tuple:
        return all(map(_is_plain_key, key))
    return type(key) in _KEYS or isinstance(key, Attribute)


def mapping(key: object, children: Iterator[Node] | list[Node], ordered: bool = False) -> Node:
    """Return a dict of these nodes."""
    name = "collections.OrderedDict" if ordered else "dict"
    return Node(key, "mapping", name, None, tuple(children))


def value_node(key: object, value: object) -> Node:
    """Return the node of a plain value, dicts and lists of them included."""
    if isinstance(value, dict):
        return mapping(key, [value_node(name, item) for name, item in value.items()])
    if isinstance(value, list):
        items = tuple(value_node(at, item) for at, item in enumerate(value))
        return Node(key, "sequence", "list", None, items)
    return Node(key, "value", type(value).__name__, value)


def as_json(node: Node) -> Any:
    """Return a copied value as JSON has it."""
    if node.kind == "mapping":
        return {str(json_key(child.key)): as_json(child) for child in node.children}
    if node.kind == "sequence":
        return [as_json(child) for child in node.children]
    if node.kind == "value" and (node.value is None or type(node.value) in (bool, int, str)):
        return node.value
    if node.kind == "value" and type(node.value) is float:
        return node.value if node.value - node.value == 0 else repr(node.value)
    return str(node.value if node.kind == "value" else node.type)


def metadata_text(value: Any) -> str:
    """Return a value as the texts of a safetensors header spell it."""
    return value if type(value) is str else json.dumps(value)
