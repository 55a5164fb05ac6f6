"""Pickled modules against state_dicts: what an object has besides its weights has no partner."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Attribute, Node, Path, walk

LEAVES = frozenset({"value", "global", "reference", "array", "object", "sequence", "mapping"})
"""Kinds of nodes with a value of their own, if they have no children: neither tensor nor module."""
_VERSIONS = Attribute("_metadata")


class Lonely(NamedTuple):
    """Where a side keeps what the other one, being of another kind, has no place for."""

    modules: tuple[Path, ...] = ()
    """Objects that stand against a state_dict."""
    state_dicts: tuple[Path, ...] = ()
    """State_dicts that stand against an object: it keeps no versions in a mapping."""

    def has(self, path: Path) -> bool:
        """True for an attribute of such an object and for the versions of such a state_dict."""
        if any(path[: len(module)] == module for module in self.modules):
            return True
        return _VERSIONS in path and any(path[: len(one)] == one for one in self.state_dicts)

    def attributes(self, checkpoint: Checkpoint) -> int:
        """Return how many values the objects have."""
        if not self.modules:
            return 0
        return sum(
            is_leaf(node) and any(path[: len(module)] == module for module in self.modules)
            for path, node in walk(checkpoint.root)
        )


def is_leaf(node: Node) -> bool:
    """True for what has a value of its own: no tensors, no containers but empty ones."""
    return node.kind in LEAVES and not node.children


def lonely(a: Checkpoint, b: Checkpoint, root_a: Path, root_b: Path) -> tuple[Lonely, Lonely]:
    """Return it for both sides, compared from two roots."""
    objects_a, objects_b = (
        _against(*pair) for pair in ((a, root_a, b, root_b), (b, root_b, a, root_a))
    )
    return (
        Lonely(tuple(one for one, _ in objects_a), tuple(one for _, one in objects_b)),
        Lonely(tuple(one for one, _ in objects_b), tuple(one for _, one in objects_a)),
    )


def _against(
    one: Checkpoint, root: Path, other: Checkpoint, other_root: Path
) -> list[tuple[Path, Path]]:
    """Return the objects of one side, each with what is no object at its place in the other."""
    objects = {found.path for found in other.recognition.weights if found.pickled_module}
    found = []
    for weights in one.recognition.weights:
        path = weights.path
        if not weights.pickled_module:
            continue
        if path[: len(root)] == root:
            below = path[len(root) :]
        elif root[: len(path)] == path:  # compared from inside the object
            path, below = root, ()
        else:
            continue
        place = (*other_root, *below)
        is_object = any(place[: len(known)] == known for known in objects)
        if not is_object and (not below or place in other.recognition.state_dicts):
            found.append((path, place))
    return found
