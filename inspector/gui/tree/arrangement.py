"""Which nodes stand in the tree and in what order; pure functions, run as jobs.

With 100,000 tensors, matching or sorting takes longer than a window may be silent, so it is done
off the GUI thread for the whole tree at once, and the model only swaps its rows.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from inspector.core.model import Node, Path
from inspector.core.progress import Progress, silent
from inspector.gui.tree.columns import COLUMNS, NOTHING, Rollup, key_text

_MOST_EXPANDED = 200_000  # rows that a search opens; beyond them a person narrows the search
_PULSE = 2_000  # nodes between two progress calls


class Row:
    """A line of the tree: a node, the line above it in the hierarchy, and how deep it stands."""

    __slots__ = ("depth", "node", "parent")

    def __init__(self, node: Node, parent: Row | None, depth: int) -> None:
        self.node, self.parent, self.depth = node, parent, depth

    @property
    def path(self) -> Path:
        """The keys from the root to here."""
        keys = []
        row: Row | None = self
        while row is not None:
            keys.append(row.node.key)
            row = row.parent
        return tuple(reversed(keys))


class Request(NamedTuple):
    """What the person asked to see."""

    pattern: str = ""
    """A part of a path, or a glob if it holds `*` or `?`; empty for everything."""
    column: int = -1
    """The column to sort by; -1 for the stored order."""
    descending: bool = False


class Arrangement(NamedTuple):
    """The answer to a request, ready to be shown."""

    request: Request
    children: Mapping[int, Sequence[Node]]
    """Children by `id(node)` where they differ from the stored ones."""
    expanded: frozenset[int]
    rows: list[Row]
    matches: int = 0

    def children_of(self, node: Node) -> Sequence[Node]:
        """Return the children that are shown, in the order they are shown in."""
        return self.children.get(id(node), node.children)


def arrange(
    root: Node,
    rollup: Rollup,
    bases: Sequence[Path],
    request: Request,
    expanded: frozenset[int],
    *,
    progress: Progress = silent,
) -> Arrangement:
    """Filter, sort and lay out the tree; `bases` are paths that a glob may be relative to."""
    children: dict[int, Sequence[Node]] = {}
    matches = 0
    if request.pattern:
        search = _Search(request.pattern, bases, progress)
        search.visit(root, ())
        children, matches = search.children, search.matches
        expanded = frozenset(search.expanded)
    if request.column >= 0:
        _sort(root, rollup, children, request, progress)
    plan = Arrangement(request, children, expanded, [], matches)
    plan.rows.extend(lay_out(plan, root, None, expanded))
    return plan


def lay_out(
    plan: Arrangement, node: Node, parent: Row | None, expanded: Iterable[int]
) -> list[Row]:
    """Return the rows below `node`, which itself stands at `parent` (None for the root)."""
    is_expanded = frozenset(expanded)
    depth = parent.depth + 1 if parent else 0
    rows: list[Row] = []
    pending = [Row(child, parent, depth) for child in reversed(plan.children_of(node))]
    while pending:
        row = pending.pop()
        rows.append(row)
        if row.node.children and id(row.node) in is_expanded:
            below = reversed(plan.children_of(row.node))
            pending.extend(Row(child, row, row.depth + 1) for child in below)
    return rows


def _sort(
    root: Node,
    rollup: Rollup,
    children: dict[int, Sequence[Node]],
    request: Request,
    progress: Progress,
) -> None:
    order = COLUMNS[request.column].order
    pending = [root]
    while pending:
        node = pending.pop()
        progress(0.5, "Sorting")
        shown = children.get(id(node), node.children)
        keyed = [(order(child, rollup), child) for child in shown]
        filled = [pair for pair in keyed if pair[0] != NOTHING]
        filled.sort(key=itemgetter(0), reverse=request.descending)
        nothing = [pair for pair in keyed if pair[0] == NOTHING]
        children[id(node)] = [child for _, child in filled + nothing]
        pending.extend(child for child in shown if child.children)


class _Search:
    """One walk that keeps what matches, and what leads there."""

    def __init__(self, pattern: str, bases: Sequence[Path], progress: Progress) -> None:
        self.children: dict[int, Sequence[Node]] = {}
        self.expanded: set[int] = set()
        self.matches = 0
        self._matches = _matcher(pattern, bases)
        self._progress = progress
        self._seen = 0
        self._shown = 0

    def visit(self, node: Node, path: Path) -> bool:
        """Return whether anything below `node` matches, and remember what."""
        # Recursion is bounded: readers cut trees at a depth that Python can walk.
        kept = []
        leads_on = False
        for child in node.children:
            self._pulse()
            below = (*path, child.key)
            matches = self._matches(below)
            self.matches += matches
            leads = bool(child.children) and self.visit(child, below)
            if matches or leads:
                kept.append(child)
            leads_on = leads_on or matches or leads
        # A container that matches and holds no match keeps all that it holds.
        if leads_on:
            self.children[id(node)] = kept
            self._shown += len(kept)
            if self._shown <= _MOST_EXPANDED or not path:
                self.expanded.add(id(node))
        elif not path:
            self.children[id(node)] = ()
        return leads_on

    def _pulse(self) -> None:
        self._seen += 1
        if self._seen % _PULSE == 0:
            self._progress(0.2, "Searching")


def _matcher(pattern: str, bases: Sequence[Path]) -> Callable[[Path], bool]:
    if "*" in pattern or "?" in pattern:
        return _glob_matcher(pattern, bases)
    wanted = pattern.casefold()

    def holds(path: Path) -> bool:
        own = key_text(path[-1])
        if wanted in own.casefold():
            return True
        # A match must reach into the key itself, or every child of a match would match too.
        joined = [str(key) for key in path]
        tail = len(joined[-1])
        for mark in "./":
            whole = mark.join(joined).casefold()
            at = whole.rfind(wanted)
            if at >= 0 and at + len(wanted) > len(whole) - tail:
                return True
        return False

    return holds


def _glob_matcher(pattern: str, bases: Sequence[Path]) -> Callable[[Path], bool]:
    match = re.compile(fnmatch.translate(pattern.casefold())).match

    def holds(path: Path) -> bool:
        starts = {0, len(path) - 1}
        starts.update(len(base) for base in bases if path[: len(base)] == base)
        for start in starts:
            joined = [str(key).casefold() for key in path[start:]]
            if joined and (match(".".join(joined)) or match("/".join(joined))):
                return True
        return False

    return holds
