"""The lines of a tree on screen: which branches are open, and what stands in line 700,000.

A line is not kept anywhere: an open branch knows how many lines it takes and which of its children
are open in turn, so that any line is found in a few steps, however many there are. Branches are
frozen; opening one makes new ones along the way to the root and shares the rest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, indexOf, itemgetter
from typing import NamedTuple

from inspector.core.model import Attribute, Key, Node, Path, Prefix, Span, step_of
from inspector.core.progress import Progress, batches, silent
from inspector.core.progress import let_go as free

_key = itemgetter(0)  # of a Node, without leaving C
_FEW = 500  # children between two pulses
MADE_UP = ("group", "repeat")
"""Kinds of nodes that a grouping adds; they are no steps of a path in the file."""

WHOLE = Prefix("")
"""The key of a root that stands in the tree itself, because there is nothing inside it."""


class Branch(NamedTuple):
    """A node whose children are shown, and those of them that are open as well."""

    node: Node
    children: Sequence[Node]
    positions: Sequence[int] = ()
    """Of the children that are open, in order."""
    branches: Sequence[Branch] = ()
    starts: Sequence[int] = ()
    """The line of each open child, counted from the first child of this branch."""
    height: int = 0
    """All lines below the node."""


class Row(NamedTuple):
    """One line: a node, the line of its parent, and the branch below it if that is open."""

    node: Node
    parent: Row | None
    depth: int
    number: int
    branch: Branch | None = None

    @property
    def path(self) -> Path:
        """The keys from the root to here; groups on the way are no steps."""
        if self.node.key == WHOLE:
            return ()
        keys = [self.node.key]
        row = self.parent
        while row is not None:
            if row.node.kind not in MADE_UP:
                keys.append(row.node.key)
            row = row.parent
        return tuple(reversed(keys))

    @property
    def step(self) -> Key:
        """The key as it reads below the parent."""
        return step_of(self.node, self.parent.node if self.parent else None)


EMPTY = Branch(Node("", "mapping", ""), ())
"""No lines at all."""

Shown = Callable[[Node], Sequence[Node]]
"""Return the children to show below a node, in the order to show them in."""


def branch_of(node: Node, children: Sequence[Node]) -> Branch:
    """Return an open branch with all its children closed."""
    return Branch(node, children, (), (), (), len(children))


def grown(
    node: Node, shown: Shown, is_open: Callable[[Node], bool], pulse: Callable[[int], None]
) -> Branch:
    """Return the branch of a node with everything below open that `is_open` names."""
    # Recursion is bounded: readers cut trees at a depth that Python can walk.
    children = shown(node)
    inside: list[tuple[int, Branch]] = []
    position = 0
    for some in batches(children, _FEW):
        pulse(len(some))
        for child in some:
            if child.children and is_open(child):
                inside.append((position, grown(child, shown, is_open, pulse)))
            position += 1
    return _joined(node, children, [pair[0] for pair in inside], [pair[1] for pair in inside])


def row_at(root: Branch, number: int) -> Row:
    """Return the line `number`."""
    branch, parent, depth, left = root, None, 0, number
    while True:
        at = bisect_right(branch.starts, left) - 1
        if at < 0:
            return Row(branch.children[left], parent, depth, number)
        inner = branch.branches[at]
        left -= branch.starts[at]
        if left > inner.height:
            child = branch.children[branch.positions[at] + left - inner.height]
            return Row(child, parent, depth, number)
        row = Row(inner.node, parent, depth, number - left, inner)
        if left == 0:
            return row
        branch, parent, depth, left = inner, row, depth + 1, left - 1


def rows_between(root: Branch, start: int, stop: int) -> Iterator[Row]:
    """Yield the lines `start` to `stop`, much faster than asking for each."""
    yield from _rows(root, None, 0, 0, start, stop)


def with_open(root: Branch, number: int, inside: Branch) -> Branch:
    """Return the lines with the closed line `number` open, showing `inside`."""
    at, place = _place(root, number)
    if place >= 0:
        branches = [*root.branches]
        branches[at] = with_open(root.branches[at], place, inside)
        return _joined(root.node, root.children, root.positions, branches)
    position = _position(root, at, number)
    positions, branches = [*root.positions], [*root.branches]
    positions.insert(at + 1, position)
    branches.insert(at + 1, inside)
    return _joined(root.node, root.children, positions, branches)


def with_closed(root: Branch, number: int) -> Branch:
    """Return the lines with the open line `number` closed."""
    at, place = _place(root, number)
    positions, branches = [*root.positions], [*root.branches]
    if place >= 0:
        branches[at] = with_closed(root.branches[at], place)
    else:
        del positions[at], branches[at]
    return _joined(root.node, root.children, positions, branches)


def let_go(branches: list[Branch], *, progress: Progress = silent) -> None:
    """Free branches bit by bit; the list must hold them alone."""
    free(branches, attrgetter("branches"), progress=progress)


def open_nodes(root: Branch) -> Iterator[Node]:
    """Yield every node whose children are shown, the root left out."""
    for branch in root.branches:
        yield branch.node
        yield from open_nodes(branch)


def open_paths(root: Branch, above: Path = ()) -> Iterator[Path]:
    """Yield the paths of these nodes; the same paths lead to them in another copy of the tree."""
    for branch in root.branches:
        yield (*above, branch.node.key)
        made_up = branch.node.kind in MADE_UP
        yield from open_paths(branch, above if made_up else (*above, branch.node.key))


def way_to(node: Node, path: Path, shown: Shown) -> list[int] | None:
    """Return the positions of the children that lead to `path`, groups included; None if none."""
    way: list[int] = []
    for key in path:
        steps = _steps_to(node, key, shown)
        if steps is None:
            return None
        for position in steps:
            node = shown(node)[position]
        way += steps
    return way


def line_of(branch: Branch, position: int) -> int:
    """Return the line of a child, counted from the first child of the branch."""
    at = bisect_right(branch.positions, position - 1) - 1
    if at < 0:
        return position
    return branch.starts[at] + branch.branches[at].height + position - branch.positions[at]


def _steps_to(node: Node, key: Key, shown: Shown) -> list[int] | None:
    children = shown(node)
    try:
        position = indexOf(map(_key, children), key)
    except ValueError:
        pass
    else:
        if type(children[position].key) is type(key):  # 1 == True == 1.0
            return [position]
    for position, child in enumerate(children):
        if isinstance(child.value, Span) and _may_hold(child.value, key):
            steps = _steps_to(child, key, shown)
            if steps is not None:
                return [position, *steps]
    return None


def _may_hold(span: Span, key: Key) -> bool:
    if not span.prefix:
        return True
    is_name = type(key) in (str, Prefix) or isinstance(key, Attribute)
    return is_name and str(key).startswith(span.prefix)


def _joined(
    node: Node, children: Sequence[Node], positions: Sequence[int], branches: Sequence[Branch]
) -> Branch:
    starts, below = [], 0
    for position, branch in zip(positions, branches, strict=True):
        starts.append(position + below)
        below += branch.height
    return Branch(node, children, positions, branches, starts, len(children) + below)


def _place(branch: Branch, number: int) -> tuple[int, int]:
    """Return the last open child at or above a line, and the line inside it (-1: not inside)."""
    at = bisect_right(branch.starts, number) - 1
    if at < 0:
        return at, -1
    place = number - branch.starts[at] - 1
    return at, place if place < branch.branches[at].height else -1


def _position(branch: Branch, at: int, number: int) -> int:
    if at < 0:
        return number
    return branch.positions[at] + number - branch.starts[at] - branch.branches[at].height


def _rows(
    branch: Branch, parent: Row | None, depth: int, first: int, start: int, stop: int
) -> Iterator[Row]:
    """Yield the lines of a branch, whose first child stands in line `first`, within a range."""
    children, line, position = branch.children, first, 0
    opened = [*zip(branch.positions, branch.branches, strict=True), (len(children), None)]
    for end, inner in opened:
        # Closed children, up to the next open one or the last of all.
        offset = line - position
        for closed in range(max(position, start - offset), min(end, stop - offset)):
            yield Row(children[closed], parent, depth, closed + offset)
        line, position = line + end - position, end + 1
        if inner is None or line >= stop:
            return
        row = Row(inner.node, parent, depth, line, inner)
        if line >= start:
            yield row
        if line + 1 + inner.height > start:
            yield from _rows(inner, row, depth + 1, line + 1, start, stop)
        line += inner.height + 1
