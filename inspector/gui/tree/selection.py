"""What selected rows amount to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inspector.core import text
from inspector.core.model import Node, Path, Prefix, Totals, python_path
from inspector.core.progress import Progress, silent
from inspector.gui.tree.columns import Known
from inspector.gui.tree.lines import MADE_UP, Branch, Row, rows_between

_PULSE = 500  # rows between two progress calls

Ranges = Sequence[tuple[int, int]]
"""First and last line of each run of selected lines, from top to bottom."""


class Sum(NamedTuple):
    """Several rows together."""

    rows: int
    totals: Totals
    dtypes: Counter[str]
    """Bytes of each."""
    devices: Counter[str]


def selected(lines: Branch, ranges: Ranges) -> Iterable[Row]:
    """Yield the selected rows from top to bottom."""
    for first, last in ranges:
        yield from rows_between(lines, first, last + 1)


def add_up(lines: Branch, ranges: Ranges, known: Known, *, progress: Progress = silent) -> Sum:
    """Return what the rows hold together; what stands inside another of them counts once."""
    dtypes: Counter[str] = Counter()
    devices: Counter[str] = Counter()
    number = tensors = elements = nbytes = 0
    counted_until = -1  # lines below a branch that has been counted as a whole
    for row in selected(lines, ranges):
        number += 1
        if number % _PULSE == 0:
            progress(0.5, "Adding up the selection")
        if row.number <= counted_until:
            continue
        if row.branch is not None:
            counted_until = row.number + row.branch.height
        part = known.totals_of(row.node)
        tensors += part.tensors
        elements += part.elements
        nbytes += part.nbytes
        _count(row.node, dtypes, devices, progress)
    return Sum(number, Totals(tensors, elements, nbytes), dtypes, devices)


def keys_text(lines: Branch, ranges: Ranges, *, progress: Progress = silent) -> str:
    """Return the keys of the rows, one a line, with nothing in them that could act elsewhere."""
    made = []
    for row in selected(lines, ranges):
        key = row.node.key
        made.append(text.printable(key.removesuffix(".") if isinstance(key, Prefix) else str(key)))
        if len(made) % _PULSE == 0:
            progress(0.5, "Copying")
    return "\n".join(made)


def paths_text(lines: Branch, ranges: Ranges, *, progress: Progress = silent) -> str:
    """Return the Python expressions that reach the rows, one a line."""
    made = []
    for row in selected(lines, ranges):
        made.append(text.printable(python_path(plain_path(row.path))))
        if len(made) % _PULSE == 0:
            progress(0.5, "Copying")
    return "\n".join(made)


def paths_of(lines: Branch, ranges: Ranges, *, progress: Progress = silent) -> tuple[Path, ...]:
    """Return where the rows are in the file; of a group, where each of its members is."""
    found: dict[Path, None] = {}
    for number, row in enumerate(selected(lines, ranges)):
        if number % _PULSE == 0:
            progress(0.5, "Looking at the selection")
        if row.node.kind in MADE_UP:
            above = row.path[:-1]
            found.update(dict.fromkeys((*above, node.key) for node in _stored(row.node)))
        else:
            found[row.path] = None
    return tuple(found)


def _stored(group: Node) -> Iterable[Node]:
    """Yield what a group stands for: children of the mapping that it divides."""
    for child in group.children:
        if child.kind in MADE_UP:
            yield from _stored(child)
        else:
            yield child


def plain_path(path: Path) -> Path:
    """Return the path of a row; a repeat, which no expression names, becomes what holds it."""
    last = path[-1] if path else None
    is_repeat = isinstance(last, Prefix) and last.endswith("].")
    return path[:-1] if is_repeat else path


def describe_totals(totals: Totals) -> str:
    """Return `34 tensors · 124 M elements · 498 MB`."""
    if not totals.tensors:
        return "no tensors"
    return " · ".join(
        (
            text.plural(totals.tensors, "tensor"),
            f"{text.count(totals.elements)} elements",
            text.size(totals.nbytes),
        )
    )


def _count(node: Node, dtypes: Counter[str], devices: Counter[str], progress: Progress) -> None:
    pending = [node]
    seen = 0
    while pending:
        one = pending.pop()
        if one.kind == "tensor":
            nbytes = one.value.nbytes
            dtypes[one.value.dtype.name] += nbytes
            devices[one.value.device] += nbytes
        else:
            pending.extend(one.children)
        seen += 1
        if seen % _PULSE == 0:
            progress(0.5, "Adding up the selection")
