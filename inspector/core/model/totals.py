"""How much there is: tensors, elements and bytes, for a whole tree and for every part of it."""

from __future__ import annotations

from typing import Any, NamedTuple

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
    _add(root, totals, {})
    return totals


def _add(node: Node, totals: dict[int, Totals], known: dict[Any, tuple[int, int]]) -> Totals:
    # Recursion is bounded: readers cut trees at `MAX_DEPTH` levels (formats/pickling/tree.py).
    tensors = elements = nbytes = 0
    for child in node.children:
        if child.kind == "tensor":
            tensor = child.value
            look = tensor.shape, tensor.dtype.bits, tensor.parts  # layers repeat the same few
            found = known.get(look)
            if found is None:
                found = known[look] = tensor.elements, tensor.nbytes
            tensors += 1
            elements += found[0]
            nbytes += found[1]
            if tensor.parts:
                continue
        if child.children:
            below = _add(child, totals, known)
            tensors += below.tensors
            elements += below.elements
            nbytes += below.nbytes
    totals[id(node)] = result = Totals(tensors, elements, nbytes)
    return result
