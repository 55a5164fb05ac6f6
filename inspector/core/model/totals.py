"""How much there is: tensors, elements and bytes, for a whole tree and for every part of it."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from inspector.core.model.node import Node


class Totals(NamedTuple):
    """Counts over the tensors of a subtree; every view counts, shared storages or not."""

    tensors: int = 0
    elements: int = 0
    nbytes: int = 0


NO_TENSORS = Totals()


def rollup(root: Node) -> dict[int, Totals]:
    """Return the totals of every node that has children, by `id(node)`, `root` included."""
    totals: dict[int, Totals] = {}
    _add(root, totals)
    return totals


def _add(node: Node, totals: dict[int, Totals]) -> Totals:
    # Recursion is bounded: readers cut trees at `MAX_DEPTH` levels (formats/pickling/tree.py).
    tensors = elements = nbytes = 0
    for child in node.children:
        if child.kind == "tensor":
            length = prod(child.value.shape)
            tensors += 1
            elements += length
            if child.value.parts:
                nbytes += child.value.nbytes
                continue
            nbytes += (length * child.value.dtype.bits + 7) // 8
        if child.children:
            below = _add(child, totals)
            tensors += below.tensors
            elements += below.elements
            nbytes += below.nbytes
    totals[id(node)] = result = Totals(tensors, elements, nbytes)
    return result
