"""Which tensors are ticked: said of branches, so that a tick at the top costs no more than others.

A node without a word of its own is as its parent is; a branch all of whose children have been
turned takes the word for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from inspector.core.model import Node

State = Literal["on", "off", "mixed"]
Groups = Mapping[int, Sequence[Node]]
"""Children by `id(node)` where they are not the stored ones."""


class Ticks:
    """A tree of ticks; changing one never takes longer than the words that it makes void."""

    def __init__(self, root: Node, groups: Groups) -> None:
        self.root = root
        self._groups = groups
        self._parents: dict[int, int] = {}
        self._nodes: dict[int, Node] = {id(root): root}
        pending = [root]
        while pending:
            node = pending.pop()
            for child in self.children(node):
                self._parents[id(child)] = id(node)
                self._nodes[id(child)] = child
                pending.append(child)
        self._own: dict[int, bool] = {}
        self._below: Counter[int] = Counter()
        self._direct: Counter[int] = Counter()

    def copy(self) -> Ticks:
        """Return ticks that a job may read, or change, while these go on."""
        twin = object.__new__(Ticks)
        twin.__dict__.update(self.__dict__)
        twin._own, twin._below = dict(self._own), Counter(self._below)
        twin._direct = Counter(self._direct)
        return twin

    def children(self, node: Node) -> Sequence[Node]:
        """Return all that hangs below a node, shown or not."""
        return self._groups.get(id(node), node.children)

    def state(self, node: Node) -> State:
        """Return how the box of a node looks."""
        if self._below[id(node)]:
            return "mixed"
        return "on" if self._is_on(id(node)) else "off"

    def set(self, node: Node, *, on: bool) -> None:
        """Tick or untick a node and all that hangs below it."""
        number = id(node)
        if self._below[number]:
            for other in [key for key in self._own if self._is_below(key, number)]:
                self._drop(other)
        self._drop(number)
        parent = self._parents.get(number)
        if (True if parent is None else self._is_on(parent)) != on:
            self._add(number, on)
        self._merge(parent, on)

    def toggle(self, node: Node) -> None:
        """Untick what is ticked as a whole; tick everything else."""
        self.set(node, on=self.state(node) != "on")

    def overrides(self) -> list[tuple[Node, bool]]:
        """Return the words that say everything, those of outer branches first."""
        ordered = sorted(self._own, key=self._depth)
        return [(self._nodes[number], self._own[number]) for number in ordered]

    def leaves(self) -> Iterator[tuple[Node, bool]]:
        """Yield what has no children, in stored order, and whether it is ticked."""
        pending = [(self.root, True)]
        while pending:
            node, inherited = pending.pop()
            on = self._own.get(id(node), inherited)
            children = self.children(node)
            if children:
                pending.extend((child, on) for child in reversed(children))
            elif node is not self.root:
                yield node, on

    def set_all(self, nodes: Iterable[Node], *, on: bool) -> None:
        """Tick or untick many."""
        for node in nodes:
            self.set(node, on=on)

    def _is_on(self, number: int) -> bool:
        at: int | None = number
        while at is not None:
            if (own := self._own.get(at)) is not None:
                return own
            at = self._parents.get(at)
        return True

    def _is_below(self, number: int, above: int) -> bool:
        at = self._parents.get(number)
        while at is not None and at != above:
            at = self._parents.get(at)
        return at is not None

    def _depth(self, number: int) -> int:
        depth, at = 0, self._parents.get(number)
        while at is not None:
            depth, at = depth + 1, self._parents.get(at)
        return depth

    def _add(self, number: int, on: bool) -> None:
        self._own[number] = on
        self._count(number, 1)

    def _drop(self, number: int) -> None:
        if self._own.pop(number, None) is not None:
            self._count(number, -1)

    def _count(self, number: int, step: int) -> None:
        at = self._parents.get(number)
        if at is not None:
            self._direct[at] += step
        while at is not None:
            self._below[at] += step
            at = self._parents.get(at)

    def _merge(self, number: int | None, on: bool) -> None:
        """Say once of a branch what all its children say."""
        if number is None or not self._direct[number]:
            return
        children = self.children(self._nodes[number])
        if self._direct[number] != len(children) or self._below[number] != len(children):
            return
        for child in children:
            self._drop(id(child))
        self.set(self._nodes[number], on=on)
