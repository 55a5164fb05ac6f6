"""Keys with dots as folders of modules, and equal numbered neighbours as one row to unfold.

Nothing of the tree is copied or changed: a grouping says which children to show below a node
instead of the stored ones, and what the folders that it makes up add up to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from inspector.core.model.node import Node
from inspector.core.model.path import Prefix
from inspector.core.model.totals import NO_TENSORS, Totals
from inspector.core.progress import Progress, empty, silent

_DEEPEST = 40  # folders that one key makes
_MOST_STEPS = 400  # a key of a million dots is no name of a module
_FEWEST_REPEATS = 3  # fewer equal neighbours are as quickly read as unfolded
_PULSE = 500  # keys between two progress calls

_Structure = tuple[Any, ...]


class Span(NamedTuple):
    """What a group or a repeat stands for."""

    prefix: str
    """What the keys of its children begin with, apart from their own step."""
    times: int = 1
    """How many equal neighbours a repeat holds."""


class Grouping(NamedTuple):
    """Which children to show instead of the stored ones, by `id(node)`."""

    children: Mapping[int, tuple[Node, ...]]
    totals: Mapping[int, Totals]
    """Of the groups and repeats among them, by `id(node)`."""


def grouping(
    root: Node, totals: Mapping[int, Totals], progress: Progress = silent, *, fold: bool = True
) -> Grouping:
    """Group every mapping of tensors by the dots in its keys; `totals` is what `measure` finds.

    `fold` puts equal neighbours such as `layers.0` to `layers.23` into one `layers.[0-23]`.
    """
    work = _Work(totals, progress, fold)
    work.visit(root)
    work.forget()
    return Grouping(work.children, work.totals)


def step_of(node: Node, parent: Node | None) -> Any:
    """Return a node's key as it reads below `parent`: without what a group has said already."""
    if isinstance(node.key, Prefix):
        start = len(parent.value.prefix) if parent and isinstance(parent.value, Span) else 0
        return str(node.key)[start:].removesuffix(".")
    if parent is not None and isinstance(parent.value, Span) and isinstance(node.key, str):
        return node.key[len(parent.value.prefix) :]
    return node.key


class _Folder:
    """A beginning of keys on its way to become a node: what is below it, in stored order."""

    __slots__ = ("members", "prefix")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.members: list[Node | _Folder] = []


class _Work:
    """One pass over a tree."""

    def __init__(self, stored: Mapping[int, Totals], progress: Progress, fold: bool) -> None:
        self.children: dict[int, tuple[Node, ...]] = {}
        self.totals: dict[int, Totals] = {}
        self._stored = stored
        self._progress = progress
        self._fold = fold
        self._seen = 0
        self._known: dict[Any, Totals] = {}
        self._names: dict[_Structure, int] = {}
        self._structures: dict[int, int] = {}

    def visit(self, node: Node) -> None:
        # Recursion is bounded: readers cut trees at a depth that Python can walk.
        for child in node.children:
            if child.children:
                self.visit(child)
        if not self._stored.get(id(node), NO_TENSORS).tensors:
            return
        shown: Sequence[Node] = node.children
        if node.kind == "mapping" and any(_has_steps(child) for child in shown):
            top = self._folders(shown)
            shown = self._finished(top)
        elif self._fold:
            shown = self._folded(shown, "")
        if shown is not node.children:
            self.children[id(node)] = tuple(shown)

    def forget(self) -> None:
        """Free what nobody needs any more, bit by bit."""
        empty(self._structures, self._names, progress=self._progress)

    def _folders(self, children: Sequence[Node]) -> _Folder:
        top = _Folder("")
        folders = {"": top}
        for child in children:
            self._pulse()
            folder = top
            if _has_steps(child):
                prefix = child.key[: child.key.rindex(".") + 1]
                folder = folders.get(prefix) or self._make(folders, prefix)
            folder.members.append(child)
        empty(folders, progress=self._progress)
        return top

    def _make(self, folders: dict[str, _Folder], whole: str) -> _Folder:
        """Make the folder of a prefix, and those above it that are not there yet."""
        if whole.count(".") > _MOST_STEPS:
            return folders[""]
        missing = [whole]
        above = whole[: whole.rfind(".", 0, -1) + 1]
        while above not in folders:
            missing.append(above)
            above = above[: above.rfind(".", 0, -1) + 1]
        folder = folders[above]
        for prefix in missing[-_DEEPEST:][::-1]:
            inner = folders[prefix] = _Folder(prefix)
            folder.members.append(inner)
            folder = inner
        return folders.setdefault(whole, folder)

    def _finished(self, folder: _Folder) -> Sequence[Node]:
        made: list[Node] = []
        for number, member in enumerate(folder.members):
            if isinstance(member, _Folder):
                folder.members[number] = member = self._node(member)
            made.append(member)
        return self._folded(made, folder.prefix) if self._fold else made

    def _node(self, folder: _Folder) -> Node:
        children = self._finished(folder)
        if len(children) == 1 and isinstance(children[0].value, Span):
            return children[0]  # `encoder` that only holds `layers` reads as `encoder.layers`
        return self._add(
            Node(Prefix(folder.prefix), "group", "", Span(folder.prefix), (*children,))
        )

    def _folded(self, children: Sequence[Node], prefix: str) -> Sequence[Node]:
        """Return the children with runs of equal numbered ones replaced; themselves if none."""
        if len(children) < _FEWEST_REPEATS:
            return children
        folded: list[Node] = []
        at = 0
        while at < len(children):
            stop = self._end_of_run(children, at, prefix)
            if stop - at >= _FEWEST_REPEATS:
                first, last = (_numbered(children[n], prefix)[0] for n in (at, stop - 1))
                key = Prefix(f"{prefix}[{first}-{last}].")
                span = Span(prefix, stop - at)
                folded.append(self._add(Node(key, "repeat", "", span, (*children[at:stop],))))
            else:
                folded += children[at:stop]
            at = stop
        return folded if len(folded) < len(children) else children

    def _end_of_run(self, children: Sequence[Node], start: int, prefix: str) -> int:
        first = children[start]
        stop = start + 1
        if not first.children:
            return stop
        number, rest = _numbered(first, prefix)
        if number < 0 or not self._holds_tensors(first):
            return stop
        while (
            stop < len(children)
            and _numbered(children[stop], prefix) == (number + stop - start, rest)
            and self._structure(children[stop]) == self._structure(first)
        ):
            stop += 1
        return stop

    def _structure(self, node: Node) -> int:
        """Return a number that nodes of equal structure share: steps, shapes and dtypes below."""
        known = self._structures.get(id(node))
        if known is None:
            self._pulse()
            shown = self.children.get(id(node), node.children)
            seen = (node.kind, tuple([self._look(child, node) for child in shown]))
            known = self._structures[id(node)] = self._names.setdefault(seen, len(self._names))
        return known

    def _look(self, node: Node, parent: Node) -> _Structure:
        step = step_of(node, parent)
        if node.kind == "tensor":
            return step, node.value.shape, node.value.dtype.name
        return (step, node.kind, self._structure(node)) if node.children else (step, node.kind)

    def _add(self, node: Node) -> Node:
        tensors = elements = nbytes = 0
        self._pulse()
        for child in node.children:
            part = self._totals_of(child)
            tensors += part.tensors
            elements += part.elements
            nbytes += part.nbytes
        self.totals[id(node)] = Totals(tensors, elements, nbytes)
        return node

    def _totals_of(self, node: Node) -> Totals:
        if node.kind != "tensor":
            return self.totals.get(id(node)) or self._stored.get(id(node), NO_TENSORS)
        tensor = node.value
        look = tensor.shape, tensor.dtype.bits, tensor.parts
        found = self._known.get(look)
        if found is None:
            found = self._known[look] = Totals(1, tensor.elements, tensor.nbytes)
        return found

    def _holds_tensors(self, node: Node) -> bool:
        return self._totals_of(node).tensors > 0

    def _pulse(self) -> None:
        self._seen += 1
        if self._seen % _PULSE == 0:
            self._progress(0.5, "Grouping")


def _has_steps(node: Node) -> bool:
    return type(node.key) is str and "." in node.key


def _numbered(node: Node, prefix: str) -> tuple[int, str]:
    """Return the number that a branch has below `prefix` and what follows it; -1 for any other."""
    if not node.children:
        return -1, ""
    key = node.key
    if type(key) is int:
        return key, ""
    if not isinstance(key, str):
        return -1, ""
    step, _, rest = (str(key)[len(prefix) :] if type(key) is Prefix else str(key)).partition(".")
    is_plain = step.isdecimal() and step.isascii() and len(step) < 10
    return (int(step), rest) if is_plain and str(int(step)) == step else (-1, "")
