"""All that is done with a checkpoint off the GUI thread before its first row is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import Node, Path
from inspector.core.progress import Progress, part, silent
from inspector.core.summary import headline
from inspector.gui.tree.arrangement import Arrangement, Request, arrange

_AT_ONCE = 120  # rows that a module may show at the start


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
            first_look(checkpoint.root, bases)
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


def first_look(root: Node, state_dicts: tuple[Path, ...]) -> set[int]:
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
    if weights is not None and weights.kind == "module":
        expanded |= _levels(weights)
    return expanded


def _levels(module: Node) -> set[int]:
    """Return the sub-modules to expand, level by level, while they fit on a screen or two."""
    expanded: set[int] = set()
    shown = len(module.children)
    level = [child for child in module.children if child.kind == "module"]
    while level and shown + sum(len(node.children) for node in level) <= _AT_ONCE:
        shown += sum(len(node.children) for node in level)
        expanded |= {id(node) for node in level}
        level = [child for node in level for child in node.children if child.kind == "module"]
    return expanded
