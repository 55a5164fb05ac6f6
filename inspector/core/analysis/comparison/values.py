"""What changed besides tensors: epochs, learning rates, configurations, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Node, Path, walk
from inspector.core.progress import Progress, silent

_LEAVES = ("value", "global", "reference", "array", "object", "sequence", "mapping")
_PULSE = 5_000

Change = Literal["changed", "added", "removed", "type"]


class ValueChange(NamedTuple):
    """A value that is not the same in both; None where one has none."""

    path: Path
    change: Change
    a: Node | None
    b: Node | None


def compare_values(
    a: Checkpoint, b: Checkpoint, progress: Progress = silent
) -> Iterator[ValueChange]:
    """Yield every value that differs, in the order of the first, then what only the second has."""
    ones, others = _leaves(a, progress), _leaves(b, progress)
    for path, node in ones.items():
        other = others.get(path)
        if other is None:
            if path not in others:
                yield ValueChange(path, "removed", node, None)
        elif _differ(node, other):
            same_type = (node.kind, node.type) == (other.kind, other.type)
            yield ValueChange(path, "changed" if same_type else "type", node, other)
    for path, node in others.items():
        if path not in ones:
            yield ValueChange(path, "added", None, node)


def _leaves(checkpoint: Checkpoint, progress: Progress) -> dict[Path, Node]:
    """Return what has a value of its own: no tensors, no containers but empty ones."""
    found = {}
    for number, (path, node) in enumerate(walk(checkpoint.root)):
        if number % _PULSE == 0:
            progress(0.5, "Comparing values")
        if node.kind in _LEAVES and not node.children:
            found[path] = node
    return found


def _differ(a: Node, b: Node) -> bool:
    if (a.kind, a.type) != (b.kind, b.type):
        return True
    one, other = a.value, b.value
    if isinstance(one, float) and one != one:
        return not (isinstance(other, float) and other != other)
    return bool(one != other)
