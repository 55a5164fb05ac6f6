"""Where the state_dict is that an export starts from, and the tensors in it under their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.export.recipe import Weights
from inspector.core.export.scripted import declared
from inspector.core.model import NO_TENSORS, Attribute, Node, Path, Tensor
from inspector.core.model.address import Address, print_address
from inspector.core.recognition import is_module
from inspector.core.text import printable

_DEEPEST = 100  # modules inside modules; readers cut trees there
_VERSIONS = Attribute("_metadata")
_EXTRA_STATE = "_extra_state"  # an object that a module takes back as it is
_NOT_SAVED = Attribute("_non_persistent_buffers_set")
_END = Attribute("training")
"""The first attribute of a module behind its parameters, buffers and submodules."""


class Member(NamedTuple):
    """What stands under a key of a state_dict."""

    key: str
    path: Path
    node: Node


class Tree:
    """A checkpoint's tree with quick ways from paths to nodes."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self._children: dict[int, dict[object, Node]] = {}

    def at(self, path: Path) -> Node | None:
        """Return the node at a path; references on the way are followed."""
        node: Node | None = self.root
        for key in path:
            node = self._child(node, key) if node is not None else None
        return self.resolved(node) if node is not None else None

    def resolved(self, node: Node) -> Node | None:
        """Return what a reference refers to, any other node itself."""
        for _ in range(_DEEPEST):
            if node.kind != "reference":
                return node
            found: Node | None = self.root
            for key in node.value:
                found = self._child(found, key) if found is not None else None
            if found is None:
                return None
            node = found
        return None

    def _child(self, node: Node, key: object) -> Node | None:
        if node.kind == "reference":
            resolved = self.resolved(node)
            if resolved is None:
                return None
            node = resolved
        known = self._children.get(id(node))
        if known is None:
            known = self._children[id(node)] = {child.key: child for child in node.children}
        return known.get(key)


def candidates(checkpoint: Checkpoint, weights: Weights = "model") -> tuple[Path, ...]:
    """Return where the state_dicts are that could be meant; averaged ones only if asked for."""
    averaged = {part.path for part in checkpoint.recognition.parts if part.role == "ema"}
    every = checkpoint.recognition.state_dicts
    if weights == "ema":
        return tuple(path for path in every if path in averaged)
    return tuple(path for path in every if path not in averaged) or every


def home_of(checkpoint: Checkpoint, chosen: Sequence[Path]) -> Path | None:
    """Return the state_dict that holds all paths, or the closest thing around them."""
    for place in sorted(checkpoint.recognition.state_dicts, key=len, reverse=True):
        if all(path[: len(place)] == place and len(path) > len(place) for path in chosen):
            return place
    if len(chosen) == 1:
        return chosen[0]
    shared = chosen[0][:-1]
    while any(path[: len(shared)] != shared for path in chosen):
        shared = shared[:-1]
    return shared


def locate(checkpoint: Checkpoint, at: Path | None, weights: Weights = "model") -> Path:
    """Return the one place that is meant; raises InspectorError where it is not clear."""
    uri = checkpoint.source.uri
    if at is not None:
        return at
    found = candidates(checkpoint, weights)
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(place(path) for path in found[:6])
        more = f" and {len(found) - 6} more" if len(found) > 6 else ""
        raise InspectorError(
            f"{uri} has several state_dicts: {listed}{more}.", "Say which one with --at."
        )
    if weights == "ema":
        raise InspectorError(f"{uri} has no averaged weights that this program knows.")
    if not checkpoint.totals.get(id(checkpoint.root), NO_TENSORS).tensors and (
        checkpoint.root.kind != "tensor"
    ):
        raise InspectorError(f"{uri} has no tensors that could be exported.")
    return ()


def place(path: Path) -> str:
    """Return a path as `--at` takes it."""
    return printable(print_address(Address("", path)).removeprefix("::")) or "/"


def members_of(tree: Tree, at: Path, uri: str = "the checkpoint") -> list[Member]:
    """Return what the state_dict at a path holds; raises InspectorError if there is nothing.

    A pickled module gives what its state_dict() would; what lies deeper in a mapping gets a key
    with dots.
    """
    node = tree.at(at)
    if node is None:
        raise InspectorError(f"{uri} has nothing at {place(at)}.", "inspector show lists its keys.")
    if node.kind == "tensor":
        return [Member(str(at[-1]) if at else "tensor", at, node)]
    if not node.children:
        raise InspectorError(f"{uri} has no state_dict at {place(at)}.")
    if is_module(node):
        return list(_module_members(tree, node, at, "", set()))
    return list(_mapping_members(tree, node, at, "", 0))


def state_dict_tensors(
    checkpoint: Checkpoint, at: Path | None = None, weights: Weights = "model"
) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint's state_dict by key; raises InspectorError."""
    where = locate(checkpoint, at, weights)
    found = members_of(Tree(checkpoint.root), where, checkpoint.source.uri)
    return {member.key: member.node.value for member in found if member.node.kind == "tensor"}


def versions_of(tree: Tree, at: Path) -> dict[str, Node]:
    """Return `_metadata`: what a state_dict says of each module, by the module's name."""
    node = tree.at((*at, _VERSIONS))
    if node is None:
        return {}
    return {child.key: child for child in node.children if type(child.key) is str}


def _mapping_members(
    tree: Tree, node: Node, path: Path, prefix: str, depth: int
) -> Iterator[Member]:
    for child in node.children:
        if child.key == _VERSIONS or depth > _DEEPEST:
            continue
        here, key = (*path, child.key), f"{prefix}{child.key}"
        found = tree.resolved(child) if child.kind == "reference" else child
        if found is None:
            continue
        if found.kind in ("mapping", "sequence") and found.children and child is found:
            if _holds_tensors(found) and not key.endswith(_EXTRA_STATE):
                yield from _mapping_members(tree, found, here, f"{key}.", depth + 1)
                continue
        elif is_module(found) and child is found:
            yield from _module_members(tree, found, here, f"{key}.", set())
            continue
        yield Member(key, here, found)


def _holds_tensors(node: Node) -> bool:
    stack = [node]
    while stack:
        for child in stack.pop().children:
            if child.kind == "tensor" or is_module(child):
                return True
            if child.children:
                stack.append(child)
    return False


def _module_members(
    tree: Tree, module: Node, path: Path, prefix: str, above: set[int]
) -> Iterator[Member]:
    """Yield parameters and persistent buffers; a module that occurs twice has two names."""
    if id(module) in above:
        return
    scripted = module.kind != "module"
    children, hidden = (_of_script if scripted else _of_pickle)(tree, module, path)
    inner = above | {id(module)}
    below: list[Iterator[Member]] = []
    for child in children:
        here, name = (*path, child.key), f"{prefix}{child.key}"
        found = tree.resolved(child)
        if found is None:
            continue
        if found.kind == "tensor":
            if str(child.key) not in hidden:
                yield Member(name, here, found)
        elif is_module(found):
            below.append(_module_members(tree, found, here, f"{name}.", inner))
    for members in below:
        yield from members


def _of_pickle(tree: Tree, module: Node, path: Path) -> tuple[Iterable[Node], set[str]]:
    """Return what a module registers, and the buffers that it keeps out of its state_dict."""
    hidden: set[str] = set()
    for child in module.children:
        if child.key == _NOT_SAVED:
            hidden = {str(entry.value) for entry in child.children}
    # What follows are attributes, which no state_dict has.
    return takewhile(lambda child: child.key != _END, module.children), hidden


def _of_script(tree: Tree, module: Node, path: Path) -> tuple[Iterable[Node], set[str]]:
    """Return attributes, parameters first, and those that no state_dict has."""
    parameters, buffers = declared(tree.root, module, path)
    names = {str(child.key) for child in module.children}
    hidden = set() if buffers is None else names - parameters - buffers
    return sorted(module.children, key=lambda child: str(child.key) not in parameters), hidden
