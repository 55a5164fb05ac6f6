"""All that is done with a checkpoint off the GUI thread before its first row is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import FindingIndex, Node, Path, Totals, index_findings
from inspector.core.progress import Progress, empty, part, silent
from inspector.core.progress import let_go as free
from inspector.core.summary import facts_of, headline
from inspector.gui.tree.arrangement import Arrangement, OpenPaths, Request, Subject, arrange
from inspector.gui.tree.lines import Branch, open_paths
from inspector.gui.tree.search import BadPattern

_AT_ONCE = 120  # rows that branches may show at the start


class Look(NamedTuple):
    """How to show a checkpoint first."""

    request: Request = Request()
    was_open: Branch | None = None
    """What was open before it was read again; None opens what leads to the weights."""
    fold: bool = True


class Opened(NamedTuple):
    """A checkpoint, and what the window would otherwise have to compute while it is looked at."""

    checkpoint: Checkpoint
    headline: str
    facts: tuple[tuple[str, str], ...]
    """Of the whole file, which take a look at every storage."""
    subject: Subject
    first: Arrangement
    findings: FindingIndex

    def close(self) -> None:
        """Let go of the file."""
        self.checkpoint.close()


def open_for_window(uri: str, look: Look, *, progress: Progress = silent) -> Opened:
    """Open `uri` and lay out its tree."""
    checkpoint = open_checkpoint(uri, part(progress, 0.0, 0.8))
    try:
        root, totals = checkpoint.root, checkpoint.totals
        bases = checkpoint.recognition.state_dicts
        progress(0.8, "Laying out the tree")
        wanted = (
            OpenPaths(frozenset(open_paths(look.was_open)))
            if look.was_open is not None
            else frozenset(first_look(root, bases, totals))
        )
        subject = Subject(root, totals, bases, fold=look.fold)
        report = part(progress, 0.8, 0.95)
        try:
            first = arrange(subject, look.request, wanted, progress=report)
        except BadPattern:  # what was quick enough in the file of before takes too long in this one
            request = look.request._replace(pattern="")
            first = arrange(subject, request, wanted, progress=report)
        report = part(progress, 0.95, 1.0)
        facts = tuple(facts_of(root, checkpoint, report))
        title = headline(checkpoint, report)
        findings = index_findings(checkpoint.findings, report)
        return Opened(checkpoint, title, facts, subject, first, findings)
    except BaseException:
        checkpoint.close()
        raise


def let_go(
    nodes: list[Node], directories: Sequence[dict[Any, Any]] = (), *, progress: Progress = silent
) -> None:
    """Free trees bit by bit, and where their bytes lay; the list must hold them alone."""
    empty(*directories, progress=progress)
    free(nodes, attrgetter("children"), progress=progress)


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
