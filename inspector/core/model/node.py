"""The tree: every node is a frozen value that knows its children, not its parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from inspector.core.model.path import Key, Path
from inspector.core.model.tensor import Tensor

Kind = Literal[
    "mapping",  # dict and its relatives; children are its items
    "sequence",  # list, tuple, set and theirs
    "module",  # a torch.nn.Module; children are parameters, buffers and sub-modules, then the rest
    "object",  # an instance of any other class; children are its attributes, arguments, items
    "tensor",  # value: Tensor; children are its parts, and attributes that were set on it
    "array",  # a numpy array; value: Array; children are its elements if those are objects
    "storage",  # a bare torch storage; value: Storage
    "value",  # a plain Python value: str, int, float, bool, None, bytes, complex
    "global",  # a class or function that was named, not called; value: None, type: its name
    "reference",  # the same object stands elsewhere; value: the path of its first place
    "cut",  # not shown for a reason that `value` states
    # Made by `grouping` to show keys in folders; no reader yields them. value: Span
    "group",  # what the keys of a state_dict that begin alike have in common
    "repeat",  # neighbours of equal structure, numbered without a gap
]


class Node(NamedTuple):
    """A place in a checkpoint: the key under its parent, and what is there."""

    key: Key
    kind: Kind
    type: str
    """The class as `module.name`, without `builtins.`; for tensors `Tensor` or `Parameter`."""
    value: Any = None
    children: tuple[Node, ...] = ()


def tensor_of(node: Node) -> Tensor | None:
    """Return the tensor that a node is, or that a numpy array is to torch; None for all others."""
    if node.kind == "tensor":
        tensor: Tensor = node.value
        return tensor
    return node.value.tensor if node.kind == "array" else None


def containers(root: Node) -> Iterator[tuple[Path, Node]]:
    """Yield every node that has children with its path from the root, in stored order.

    Looking at the children of each visits a wide tree several times faster than `walk`.
    """
    stack: list[tuple[Path, Node]] = [((), root)]
    while stack:
        path, node = stack.pop()
        if node.children:
            yield path, node
            below = [((*path, child.key), child) for child in node.children if child.children]
            stack.extend(reversed(below))


def tensor_items(root: Node) -> Iterator[tuple[Path, Key, Tensor]]:
    """Yield the path of the parent, key and value of every tensor; parts of others are left out.

    The tensors of one parent come in a row, with the same path object. A root that is a tensor
    has no parent and no key: it is what `tensors` yields.
    """
    for path, parent in containers(root):
        if parent.kind == "tensor" and parent.value.parts:
            continue
        for node in parent.children:
            if node.kind == "tensor":
                yield path, node.key, node.value


def tensors(root: Node) -> Iterator[tuple[Path, Tensor]]:
    """Yield every tensor with its path, those of one parent in a row; parts are left out."""
    if root.kind == "tensor":
        yield (), root.value
    for path, key, tensor in tensor_items(root):
        yield (*path, key), tensor


def numeric(root: Node) -> Iterator[tuple[Path, Tensor]]:
    """Yield every tensor, and every numpy array as the tensor that it is to torch."""
    found = tensor_of(root)
    if found is not None:
        yield (), found
    for path, parent in containers(root):
        if parent.kind == "tensor" and parent.value.parts:
            continue
        for node in parent.children:
            if node.kind == "tensor":
                yield (*path, node.key), node.value
            elif node.kind == "array" and node.value.tensor is not None:
                yield (*path, node.key), node.value.tensor


def walk(root: Node) -> Iterator[tuple[Path, Node]]:
    """Yield every node below and including `root` with its path from there, in stored order."""
    stack: list[tuple[Path, Node]] = [((), root)]
    while stack:
        path, node = stack.pop()
        yield path, node
        if node.children:
            stack.extend([((*path, child.key), child) for child in reversed(node.children)])
