"""Which nodes stand in the tree and in what order; pure functions, run as jobs.

With a million tensors, matching or sorting takes longer than a window may be silent, so it is done
off the GUI thread for the whole tree at once, and the model only swaps its lines. No single call
into C may be long either: the window would wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from inspector.core.model import NO_TENSORS, Grouping, Node, Path, Span, Totals, grouping
from inspector.core.progress import Progress, part, silent, sorted_in_parts
from inspector.gui.tree.columns import COLUMNS, NOTHING, Known
from inspector.gui.tree.filters import NO_FILTERS, Filters, passing
from inspector.gui.tree.lines import MADE_UP, WHOLE, Branch, grown, open_nodes
from inspector.gui.tree.marks import NO_MARKS, Marks
from inspector.gui.tree.search import Held, Mode, matcher

_MOST_EXPANDED = 200_000  # rows that a search opens; beyond them a person narrows the search
_PULSE = 500  # nodes between two progress calls
_SLOW_PULSE = 50  # the same where each may take as long as a regular expression can
_ON_A_SCREEN = 60  # rows that groups may show at the start


class Request(NamedTuple):
    """What the person asked to see."""

    pattern: str = ""
    mode: Mode = "auto"
    filters: Filters = NO_FILTERS
    grouped: bool = False
    column: int = -1
    """The column to sort by; -1 for the stored order."""
    descending: bool = False

    @property
    def narrows(self) -> bool:
        """True if not everything is shown."""
        return bool(self.pattern) or self.filters.any


class Subject(NamedTuple):
    """The tree that is arranged, and what is known of it."""

    root: Node
    totals: Mapping[int, Totals]
    bases: Sequence[Path] = ()
    """Paths that a search may be relative to."""
    marks: Marks = NO_MARKS
    grouping: Grouping | None = None
    """Once it has been made: it takes longer than anything else."""
    fold: bool = True
    """Whether equal neighbours become one row where keys are grouped."""


class OpenPaths(NamedTuple):
    """Branches to open in a tree that has just been read again."""

    paths: frozenset[Path]


Open = frozenset[int] | OpenPaths | Branch | Literal["all"]
"""The branches to open: by `id(node)`, by path, as they were open before, or all."""


class Arrangement(NamedTuple):
    """The answer to a request, ready to be shown."""

    request: Request
    children: Mapping[int, Sequence[Node]]
    """Children by `id(node)` where they differ from the stored ones."""
    lines: Branch
    known: Known
    """What everything holds, groups included."""
    grouping: Grouping | None = None
    matches: int = 0

    def shown(self, node: Node) -> Sequence[Node]:
        """Return the children that are shown, in the order they are shown in."""
        return self.children.get(id(node), node.children)


def arrange(
    subject: Subject, request: Request, is_open: Open = frozenset(), *, progress: Progress = silent
) -> Arrangement:
    """Group, filter, sort and lay out the tree."""
    if not subject.root.children and subject.root.kind != "mapping":
        subject = subject._replace(root=_around(subject.root))
    made = subject.grouping
    if request.grouped and made is None:
        report = part(progress, 0.0, 0.5)
        made = grouping(subject.root, subject.totals, report, fold=subject.fold)
    folders = made if request.grouped and made else Grouping({}, {})
    children: dict[int, Sequence[Node]] = dict(folders.children)
    whole = subject.totals.get(id(subject.root), NO_TENSORS).nbytes
    known = Known(subject.totals, folders.totals, subject.marks, whole)
    matches = 0
    if request.narrows:
        search = _Search(request, subject, children, part(progress, 0.5, 0.8))
        search.visit(subject.root, (), False)
        children, matches = search.result, search.matches
        is_open = is_open if is_open == "all" else frozenset(search.expanded)
    if isinstance(is_open, Branch):
        is_open = frozenset(map(id, open_nodes(is_open)))
    plan = Arrangement(request, children, Branch(subject.root, ()), known, made, matches)
    if request.column >= 0:
        _sort(plan, subject.root, children, part(progress, 0.8, 0.95))
    if isinstance(is_open, OpenPaths):
        is_open = frozenset(_nodes_at(plan, is_open.paths))
    if request.grouped and subject.grouping is None and is_open != "all":
        is_open = is_open | _first_groups(plan, is_open)
    chosen = None if is_open == "all" else is_open
    pulse = _Pulse(part(progress, 0.95, 1.0), "Laying out the tree")

    def opens(node: Node) -> bool:
        return chosen is None or id(node) in chosen

    return plan._replace(lines=grown(subject.root, plan.shown, opens, pulse))


def _first_groups(plan: Arrangement, is_open: frozenset[int]) -> frozenset[int]:
    """Return the groups to open in branches that are open: as many levels as fit on a screen."""
    branches = [plan.children[number] for number in is_open if number in plan.children]
    if id(plan.lines.node) in plan.children:
        branches.append(plan.shown(plan.lines.node))
    level = [child for shown in branches for child in shown if child.kind == "group"]
    rows = sum(map(len, branches))
    opened: set[int] = set()
    while level:
        rows += sum(len(group.children) for group in level)
        if rows > _ON_A_SCREEN:
            break
        opened.update(map(id, level))
        level = [child for group in level for child in group.children if child.kind == "group"]
    return frozenset(opened)


def _nodes_at(plan: Arrangement, paths: frozenset[Path]) -> Iterator[int]:
    """Yield `id(node)` of the branches at these paths, walking only what leads to them."""
    pending: list[tuple[Path, Node]] = [((), plan.lines.node)]
    while pending:
        above, node = pending.pop()
        for child in plan.shown(node):
            path = (*above, child.key)
            if child.children and path in paths:
                yield id(child)
                pending.append((above if child.kind in MADE_UP else path, child))


def _around(root: Node) -> Node:
    """Return a root above a lone tensor or value, so that it has a row."""
    return Node("", "group", "", Span(""), (root._replace(key=WHOLE),))


class _Pulse:
    """Reports now and then, which is also where the work can be stopped."""

    def __init__(self, progress: Progress, message: str, every: int = _PULSE) -> None:
        self._progress = progress
        self._message = message
        self._every = every
        self._seen = 0

    def __call__(self, number: int = 1) -> None:
        self._seen += number
        if self._seen >= self._every:
            self._seen = 0
            self._progress(0.5, self._message)


def _sort(
    plan: Arrangement, root: Node, children: dict[int, Sequence[Node]], progress: Progress
) -> None:
    order = COLUMNS[plan.request.column].order
    pulse = _Pulse(progress, "Sorting")
    pending = [root]
    while pending:
        node = pending.pop()
        shown = plan.shown(node)
        filled: list[tuple[Any, Node]] = []
        nothing: list[Node] = []
        for child in shown:
            pulse()
            key = order(child, plan.known)
            if key == NOTHING:
                nothing.append(child)
            else:
                filled.append((key, child))
            if child.children:
                pending.append(child)
        filled = sorted_in_parts(filled, descending=plan.request.descending, pulse=pulse)
        children[id(node)] = [*_nodes_of(filled, pulse), *nothing]


def _nodes_of(pairs: list[tuple[Any, Node]], pulse: _Pulse) -> Iterator[Node]:
    """Yield the nodes and empty the list bit by bit: a million pairs take long to free."""
    pairs.reverse()
    while pairs:
        pulse()
        yield pairs.pop()[1]


class _Search:
    """One walk that keeps what matches, and what leads there."""

    def __init__(
        self,
        request: Request,
        subject: Subject,
        children: Mapping[int, Sequence[Node]],
        progress: Progress,
    ) -> None:
        self.result: dict[int, Sequence[Node]] = dict(children)
        self.expanded: set[int] = set()
        self.matches = 0
        self._root = subject.root
        self._children = children
        self._below = matcher(request.pattern, request.mode, subject.bases)
        self._asks_names = bool(request.pattern)
        self._filters = request.filters.any
        self._passes = passing(request.filters, subject.marks)
        every = _SLOW_PULSE if request.mode == "regex" else _PULSE
        self._pulse = _Pulse(progress, "Searching", every)
        self._shown = 0

    def visit(self, node: Node, path: Path, inherited: bool, held: Held | None = None) -> bool:
        """Return whether anything below `node` matches, and remember what.

        `inherited` says that something above has the name that is looked for.
        """
        # Recursion is bounded: readers cut trees at a depth that Python can walk.
        held = held or self._below(path)
        kept = []
        leads_on = False
        for child in self._children.get(id(node), node.children):
            self._pulse()
            if child.kind in MADE_UP:
                if self.visit(child, path, inherited, held):
                    kept.append(child)
                    leads_on = True
                continue
            named = inherited or not self._asks_names or held(str(child.key))
            matches = named and self._passes(child)
            self.matches += matches
            leads = bool(child.children) and self.visit(
                child, (*path, child.key), named and self._filters
            )
            if matches or leads:
                kept.append(child)
            leads_on = leads_on or matches or leads
        # A container that matches and holds no match keeps all that it holds.
        if leads_on:
            self.result[id(node)] = kept
            self._shown += len(kept)
            if self._shown <= _MOST_EXPANDED or node is self._root:
                self.expanded.add(id(node))
        elif node is self._root:
            self.result[id(node)] = ()
        return leads_on
