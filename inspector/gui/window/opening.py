"""All that is done with a checkpoint off the GUI thread before its first row is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import Node, Path, Totals
from inspector.core.progress import Progress, part, silent
from inspector.core.summary import headline
from inspector.gui.tree.arrangement import Arrangement, Request, arrange

_AT_ONCE = 120  # rows that branches may show at the start


class Opened(NamedTuple):
    """A checkpoint, and what the window would otherwise have to compute while it is looked at."""

    checkpoint: Checkpoint
    headline: str
    first: Arrangement

    def close(self) -> None:
        """Let go of the file."""
        self.checkpoint.close()


def open_for_window(
    uri: str, expanded: Iterable[Path] | None, *, progress: Progress = silent
) -> Opened:
    """Open `uri` with `expanded` open in its tree; None opens what leads to the weights."""
    checkpoint = open_checkpoint(uri, part(progress, 0.0, 0.9))
    try:
        totals = checkpoint.totals
        bases = checkpoint.recognition.state_dicts
        wanted = (
            first_look(checkpoint.root, bases, totals)
            if expanded is None
            else {id(node) for path in expanded if (node := node_at(checkpoint.root, path))}
        )
        progress(0.95, "Laying out the tree")
        first = arrange(
            checkpoint.root, totals, bases, Request(), frozenset(wanted), progress=progress
        )
        return Opened(checkpoint, headline(checkpoint), first)
    except BaseException:
        checkpoint.close()
        raise


def node_at(root: Node, path: Path) -> Node | None:
    """Return the node that `path` leads to, None if there is none."""
    node: Node | None = root
    for key in path:
        assert node is not None
        node = next((child for child in node.children if child.key == key), None)
        if node is None:
            return None
    return node


def first_look(root: Node, state_dicts: tuple[Path, ...], totals: Mapping[int, Totals]) -> set[int]:
    """Return the nodes to expand so that the weights are on screen."""
    expanded: set[int] = set()
    weights: Node | None = root
    for path in state_dicts[:1]:
        for length in range(1, len(path) + 1):
            weights = node_at(root, path[:length])
            if weights is None:
                break
            expanded.add(id(weights))
    while weights is not None and len(weights.children) == 1 and weights.children[0].children:
        weights = weights.children[0]
        expanded.add(id(weights))
    if weights is not None:
        has_tensors = any(child.kind == "tensor" for child in weights.children)
        if weights.kind == "module" or not has_tensors:
            expanded |= _levels(weights, totals)
    return expanded


def _levels(node: Node, totals: Mapping[int, Totals]) -> set[int]:
    """Return the branches with tensors to expand, level by level, while they fit on a screen."""
    expanded: set[int] = set()
    shown = len(node.children)
    level = [node]
    while True:
        level = [
            child
            for above in level
            for child in above.children
            if id(child) in totals and totals[id(child)].tensors
        ]
        shown += sum(len(branch.children) for branch in level)
        if not level or shown > _AT_ONCE:
            return expanded
        expanded |= {id(branch) for branch in level}
