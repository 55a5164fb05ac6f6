"""What is worth a mark in the tree, and what quick filters can ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from inspector.core.analysis.optimizer_names import Kept, OptimizerNames, Owner, optimizer_names
from inspector.core.analysis.space import Shared, space_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import RANKS, Finding, Key, Node, Path, Severity
from inspector.core.progress import Progress, paced, silent

_PULSE = 500  # nodes between two progress calls
_MARKING = "Marking findings"
_NAMING = "Naming what optimizers keep"


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
    owners: Mapping[int, Owner] = field(default_factory=dict)
    """The parameter that an entry of an optimizer's state belongs to, and what is in the entry."""
    kept: Mapping[int, tuple[Kept, ...]] = field(default_factory=dict)
    """What optimizers keep for a parameter."""
    notes: Mapping[int, str] = field(default_factory=dict)
    """Of an optimizer and its state: why names are missing."""


NO_MARKS = Marks()


def marks_of(checkpoint: Checkpoint, *, progress: Progress = silent) -> Marks:
    """Collect the marks; for a million tensors that takes seconds, so it is done as a job."""
    dtypes, devices = _facets(checkpoint.root, progress)
    worst, found = _worst(checkpoint.root, checkpoint.findings, progress)
    progress(0.5, "Looking for shared storages")
    shared = {}
    for one in space_of(checkpoint).shared:
        progress(0.9, "Looking for shared storages")
        for path in one.paths:
            shared[path] = one
    by_node = {id(node): shared[path] for path, node in _found(checkpoint.root, shared, progress)}
    named = optimizer_names(checkpoint, progress)
    owners, kept, notes = _ownership(checkpoint.root, named, progress)
    return Marks(worst, frozenset(found), by_node, dtypes, devices, owners, kept, notes)


def marks_with(
    marks: Marks, root: Node, findings: Iterable[Finding], *, progress: Progress = silent
) -> Marks:
    """Return the marks with those of findings that were made later."""
    worst, found = _worst(root, findings, progress)
    for number, severity in marks.worst.items():
        worst[number] = min(worst.get(number, "info"), severity, key=RANKS.__getitem__)
    return replace(marks, worst=worst, found=marks.found | found)


def _worst(
    root: Node, findings: Iterable[Finding], progress: Progress
) -> tuple[dict[int, Severity], set[int]]:
    """Return the worst finding of each node and of what leads to it, and what they are about."""
    severities: dict[Path, Severity] = {}
    for finding in paced(findings, progress, _MARKING):
        known = severities.get(finding.path, finding.severity)
        severities[finding.path] = min(known, finding.severity, key=RANKS.__getitem__)
    severities.pop((), None)
    worst: dict[int, Severity] = {}
    found: set[int] = set()
    for nodes, path in _ways(root, severities, progress):
        found.add(id(nodes[-1]))
        for node in nodes:
            known = worst.get(id(node), "info")
            worst[id(node)] = min(known, severities[path], key=RANKS.__getitem__)
    return worst, found


def _ownership(
    root: Node, every: Iterable[OptimizerNames], progress: Progress
) -> tuple[dict[int, Owner], dict[int, tuple[Kept, ...]], dict[int, str]]:
    owners: dict[int, Owner] = {}
    notes: dict[int, str] = {}
    kept: dict[Path, tuple[Kept, ...]] = {}
    for found in every:
        way = _nodes_on(root, found.state)
        if found.note:
            notes |= {id(node): found.note for node in way[-2:]}
        for entry in paced(way[-1].children, progress, _NAMING):
            owner = found.owners.get(entry.key)
            if owner is None:
                if found.note:
                    notes |= {id(node): found.note for node in (entry, *entry.children)}
                continue
            owners[id(entry)] = owner
            owners |= {id(child): owner for child in entry.children}
            if owner.path is not None:
                names = tuple(str(child.key) for child in entry.children)
                here = Kept((*found.state, entry.key), names)
                kept[owner.path] = (*kept.get(owner.path, ()), here)
    return owners, {id(node): kept[path] for path, node in _found(root, kept, progress)}, notes


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


def _found(root: Node, paths: Collection[Path], progress: Progress) -> Iterator[tuple[Path, Node]]:
    """Yield the nodes at many paths, walking only the branches that lead to one."""
    return ((path, nodes[-1] if nodes else root) for nodes, path in _ways(root, paths, progress))


def _ways(
    root: Node, paths: Collection[Path], progress: Progress
) -> Iterator[tuple[list[Node], Path]]:
    """Yield the nodes on the way to each of many paths that is there, the root left out."""
    wanted: dict[Path, set[Key]] = defaultdict(set)
    for path in paced(paths, progress, _MARKING):
        for length in range(len(path)):
            wanted[path[:length]].add(path[length])
    pending: list[tuple[Path, list[Node]]] = [((), [])]
    pulse = 0
    while pending:
        above, way = pending.pop()
        pulse += 1
        if pulse % _PULSE == 0:
            progress(0.5, _MARKING)
        if above in paths:
            yield way, above
        keys = wanted.get(above)
        if keys:
            node = way[-1] if way else root
            pending += [
                ((*above, child.key), [*way, child])
                for child in paced(node.children, progress, _MARKING)
                if child.key in keys
            ]
