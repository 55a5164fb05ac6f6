"""How much there is: tensors, elements and bytes, for a whole tree and for every part of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from inspector.core.model.node import Node
from inspector.core.model.tensor import Tensor
from inspector.core.progress import Progress, all_different, batches, empty, silent


class Totals(NamedTuple):
    """Counts over the tensors of a subtree; every view counts, shared storages or not."""

    tensors: int = 0
    elements: int = 0
    nbytes: int = 0


_CHUNK = 500  # nodes between two progress calls
NO_TENSORS = Totals()


class Measures(NamedTuple):
    """What one walk over all tensors of a tree tells."""

    totals: dict[int, Totals]
    """Of every node that has children, by `id(node)`, the root included."""
    alone: bool
    """True if every tensor has a storage of its own and uses all of it, as in most files."""
    within: bool
    """False if a tensor reaches beyond its storage."""


def measure(root: Node, progress: Progress = silent) -> Measures:
    """Return totals of all containers, and how the tensors lie on their storages."""
    walk = _Walk(progress)
    walk.add(root)
    if root.kind == "tensor":
        walk.look(root.value)
    exact = all(look.exact for look in walk.looks.values())
    alone = exact and all_different(walk.keys, progress)
    empty(walk.keys, progress=progress)
    return Measures(walk.totals, alone, all(look.within for look in walk.looks.values()))


class _Look(NamedTuple):
    """What follows from shape, stride, offset, dtype and size of the storage."""

    elements: int
    nbytes: int
    exact: bool
    within: bool


class _Walk:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.totals: dict[int, Totals] = {}
        self.looks: dict[Any, _Look] = {}  # layers repeat the same few
        self.keys: list[str] = []

    def add(self, node: Node) -> Totals:
        # Recursion is bounded: readers cut trees at `MAX_DEPTH` levels (formats/pickling/tree.py).
        tensors = elements = nbytes = 0
        looks, key = self.looks, self.keys.append
        for some in batches(node.children, _CHUNK):
            if len(some) == _CHUNK:
                self._progress(0.5, "Adding up")
            for child in some:
                if child.kind == "tensor":
                    tensor = child.value
                    storage = tensor.storage
                    if storage is None or tensor.parts:
                        found = self.look(tensor)
                    else:
                        key(storage.key)
                        look = (
                            tensor.shape, tensor.stride, tensor.offset, tensor.dtype.bits,
                            storage.nbytes,
                        )  # fmt: skip
                        found = looks.get(look) or self.look(tensor)
                    tensors += 1
                    elements += found.elements
                    nbytes += found.nbytes
                    if tensor.parts:
                        continue
                if child.children:
                    below = self.add(child)
                    tensors += below.tensors
                    elements += below.elements
                    nbytes += below.nbytes
        self.totals[id(node)] = result = Totals(tensors, elements, nbytes)
        return result

    def look(self, tensor: Tensor) -> _Look:
        """Return what follows from a tensor, and keep it for those that look the same."""
        storage = tensor.storage
        exact, within = False, True
        if storage is not None:
            start, stop = tensor.extent
            exact = (start, stop) == (0, storage.nbytes) and not tensor.parts
            within = 0 <= start <= stop <= storage.nbytes
        within = within and all(self.look(part).within for _, part in tensor.parts)
        found = _Look(tensor.elements, tensor.nbytes, exact, within)
        key: Any = id(tensor)
        if storage is not None and not tensor.parts:
            bits = tensor.dtype.bits
            key = tensor.shape, tensor.stride, tensor.offset, bits, storage.nbytes
        self.looks[key] = found
        return found
