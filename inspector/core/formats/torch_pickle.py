"""What all formats around a torch pickle share: run it, make the tree, say what was odd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from inspector.core.checkpoint import PickleDemands
from inspector.core.formats.pickling.allowlist import ALLOWED
from inspector.core.formats.pickling.arrays import ArrayPlace, ArrayTable
from inspector.core.formats.pickling.standins import Builder
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.pickling.tree import MAX_DEPTH, MAX_NODES, TreeBuilder
from inspector.core.formats.pickling.unpickler import Unpickler
from inspector.core.model import Finding, Node, Path
from inspector.core.progress import Progress, silent
from inspector.core.sources import Source


class PickleRun(NamedTuple):
    """One pickle, run to its STOP."""

    value: Any
    """Builtins and stand-ins (`pickling.standins`)."""
    notes: dict[str, str]
    position: int
    """The first byte behind the pickle."""
    cost: int
    """Bytes of the stream that became values; long payloads are left where they are."""
    demands: PickleDemands
    source: Source
    arrays: dict[str, ArrayPlace]
    """Where the bytes of numpy arrays are, once there is a tree."""


def run_pickle(
    source: Source,
    position: int = 0,
    storages: StorageTable | None = None,
    progress: Progress = silent,
    allowed: Mapping[tuple[str, str], Builder] = ALLOWED,
    machine: type[Unpickler] = Unpickler,
) -> PickleRun:
    """Run one pickle; raises Damaged where the stream breaks."""
    unpickler = machine(source, position, allowed=allowed, storages=storages, progress=progress)
    value = unpickler.load()
    head = source.read_at(position, 2)
    protocol = head[1] if head[:1] == b"\x80" else 0
    demands = PickleDemands(protocol, unpickler.mentions, frozenset(unpickler.opcodes))
    end = unpickler.position
    cost = end - position - unpickler.skipped
    return PickleRun(value, unpickler.notes, end, cost, demands, source, {})


def join_demands(all_demands: list[PickleDemands]) -> PickleDemands:
    """Return what one or several pickles ask for together."""
    mentions: dict[tuple[str, str], int] = {}
    for demands in all_demands:
        for name, count in demands.globals.items():
            mentions[name] = mentions.get(name, 0) + count
    return PickleDemands(
        max(demands.protocol for demands in all_demands),
        mentions,
        frozenset().union(*(demands.opcodes for demands in all_demands)),
    )


def make_tree(
    run: PickleRun, path: Path = (), progress: Progress = silent
) -> tuple[Node, list[Finding]]:
    """Return the tree of a pickle's value at `path`, and what was odd about stream and tree."""
    prefix = "".join(f"{key}/" for key in path)
    builder = TreeBuilder(ArrayTable(run.source, prefix, run.arrays), progress)
    root = builder.build(run.value, path[-1] if path else "", path)
    findings = [Finding(code, "warning", text, path) for code, text in run.notes.items()]
    if builder.cut is not None:
        message = f"Nested more than {MAX_DEPTH} levels deep; what lies below is not shown."
        findings.append(Finding("too-deep", "warning", message, builder.cut))
    if builder.crowded is not None:
        message = f"More than {MAX_NODES:,} values besides tensors; the rest is not shown."
        findings.append(Finding("too-many", "warning", message, builder.crowded))
    if builder.duplicate is not None:
        message = "A mapping holds this key twice; Python would keep the last value only."
        findings.append(Finding("duplicate-key", "warning", message, builder.duplicate))
    return root, findings
