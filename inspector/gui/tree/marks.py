"""What is worth a mark in the tree, and what quick filters can ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.core.analysis.space import Shared, space_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Key, Node, Path, Severity
from inspector.core.progress import Progress, silent

_WORSE: dict[Severity, int] = {"info": 0, "warning": 1, "error": 2}
_PULSE = 2_000  # nodes between two progress calls


@dataclass(frozen=True)
class Marks:
    """All marks of one checkpoint; nodes are named by `id(node)`."""

    worst: Mapping[int, Severity] = field(default_factory=dict)
    """The worst finding about a node or something inside it."""
    found: frozenset[int] = frozenset()
    """The nodes that findings are about."""
    shared: Mapping[int, Shared] = field(default_factory=dict)
    dtypes: Mapping[str, int] = field(default_factory=dict)
    """How many tensors there are of each, the most first."""
    devices: Mapping[str, int] = field(default_factory=dict)


NO_MARKS = Marks()


def marks_of(checkpoint: Checkpoint, *, progress: Progress = silent) -> Marks:
    """Collect the marks; for a million tensors that takes seconds, so it is done as a job."""
    dtypes, devices = _facets(checkpoint.root, progress)
    worst: dict[int, Severity] = {}
    found: set[int] = set()
    for finding in checkpoint.findings:
        nodes = _nodes_on(checkpoint.root, finding.path)
        if finding.path and len(nodes) == len(finding.path):
            found.add(id(nodes[-1]))
            for node in nodes:
                known = worst.get(id(node), "info")
                worst[id(node)] = max(known, finding.severity, key=_WORSE.__getitem__)
    progress(0.5, "Looking for shared storages")
    shared = {}
    for one in space_of(checkpoint).shared:
        progress(0.9, "Looking for shared storages")
        for path in one.paths:
            shared[path] = one
    by_node = {id(node): shared[path] for path, node in _found(checkpoint.root, shared)}
    return Marks(worst, frozenset(found), by_node, dtypes, devices)


def _facets(root: Node, progress: Progress) -> tuple[dict[str, int], dict[str, int]]:
    """Count the tensors by dtype and by device."""
    seen: Counter[tuple[str, str]] = Counter()
    pending = [root]
    pulse = 0
    if root.kind == "tensor":
        seen[root.value.dtype.name, root.value.device] += 1
    while pending:
        node = pending.pop()
        for child in node.children:
            pulse += 1
            if pulse % _PULSE == 0:
                progress(0.2, "Counting dtypes and devices")
            if child.kind == "tensor":
                seen[child.value.dtype.name, child.value.device] += 1
            elif child.children:
                pending.append(child)
    dtypes: Counter[str] = Counter()
    devices: Counter[str] = Counter()
    for (dtype, device), number in seen.items():
        dtypes[dtype] += number
        devices[device] += number
    return dict(dtypes.most_common()), dict(devices.most_common())


def _nodes_on(root: Node, path: Path) -> list[Node]:
    """Return the nodes that a path leads through, as far as it leads anywhere."""
    nodes: list[Node] = []
    node = root
    for key in path:
        below = next((child for child in node.children if child.key == key), None)
        if below is None:
            break
        nodes.append(below)
        node = below
    return nodes


def _found(root: Node, paths: Collection[Path]) -> Sequence[tuple[Path, Node]]:
    """Return the nodes at many paths, walking only the branches that lead to one."""
    wanted: dict[Path, set[Key]] = defaultdict(set)
    for path in paths:
        for length in range(len(path)):
            wanted[path[:length]].add(path[length])
    result: list[tuple[Path, Node]] = []
    pending: list[tuple[Path, Node]] = [((), root)]
    while pending:
        above, node = pending.pop()
        keys = wanted.get(above)
        if keys is None:
            result += [(above, node)] if above in paths else []
            continue
        pending += [((*above, child.key), child) for child in node.children if child.key in keys]
    return result
