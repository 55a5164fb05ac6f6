"""What a container consists of, down to a depth: pure functions, run as jobs."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from typing import NamedTuple

from inspector.core.model import Attribute, Node, Path, Prefix, Tensor
from inspector.core.progress import Progress, silent
from inspector.core.recognition.layers import layer_text

_PULSE = 2_000  # tensors between two progress calls
_MOST_IN_A_LAYER = 16  # tensors; no layer has more of its own
_SHOWN = frozenset({"tensor", "array"})
ALL = 0
"""The depth at which every tensor is a row."""


class Part(NamedTuple):
    """A module, or a tensor, with all that is in it."""

    name: str
    path: Path
    layer: str
    """What it probably is; empty where that is not certain."""
    tensors: int
    elements: int
    nbytes: int
    """Bytes in the file: those that several tensors look at count with the first of them."""
    again: int = 0
    """Bytes that its tensors would take besides, each on its own: tied and expanded ones."""


class _Sum:
    """A part that is being added up."""

    __slots__ = ("again", "elements", "few", "nbytes", "path", "tensors")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tensors = self.elements = self.nbytes = self.again = 0
        self.few: dict[str, Tensor] = {}


def breakdown(
    node: Node, path: Path, depth: int, *, progress: Progress = silent
) -> tuple[Part, ...]:
    """Return the parts of a node in stored order; steps are counted as dots and keys."""
    base = path
    start = 0
    if node.kind in ("group", "repeat"):
        base, start = path[:-1], len(node.value.prefix)
    sums: dict[str, _Sum] = {}
    seen: set[tuple[str, int, int]] = set()
    for number, (below, tensor) in enumerate(tensors_below(node)):
        if number % _PULSE == 0:
            progress(0.5, "Adding up modules")
        name, target, rest = _place(base, below, start, depth)
        found = sums.get(name)
        if found is None:
            found = sums[name] = _Sum(target)
        found.tensors += 1
        found.elements += tensor.elements
        stored = _stored(tensor, seen)
        found.nbytes += stored
        found.again += tensor.nbytes - stored
        if rest and found.tensors <= _MOST_IN_A_LAYER:
            found.few[rest] = tensor
    return tuple(
        Part(name, one.path, _layer(name, one), one.tensors, one.elements, one.nbytes, one.again)
        for name, one in sums.items()
    )


def _stored(tensor: Tensor, seen: set[tuple[str, int, int]]) -> int:
    """Return the bytes of a tensor in the file; none if another one has them, which is noted."""
    nbytes, storage = tensor.nbytes, tensor.storage
    if storage is None:  # a meta tensor, if it has no parts: it has the size that it would have
        return sum(_stored(part, seen) for _, part in tensor.parts) if tensor.parts else nbytes
    if tensor.contiguous:  # without the arithmetic of views
        start = tensor.offset * tensor.dtype.bits // 8
        stop = start + nbytes
    else:
        start, stop = tensor.extent
    place = (storage.key, start, stop)
    if place in seen:
        return 0
    seen.add(place)
    return min(nbytes, stop - start)


def tensors_below(node: Node, *, arrays: bool = False) -> Iterator[tuple[Path, Tensor]]:
    """Yield tensors in stored order with their path below `node`, groups being no steps.

    With `arrays`, numpy arrays too, as the tensors that they are to torch.
    """
    pending: list[tuple[Path, Node]] = [((), node)]
    while pending:
        path, one = pending.pop()
        if one.kind == "tensor":  # whose parts, if it has any, are counted in it
            yield path, one.value
            continue
        if one.kind == "array" and arrays and one.value.tensor is not None:
            yield path, one.value.tensor
            continue
        for child in reversed(one.children):
            is_step = child.kind not in ("group", "repeat")
            if child.kind in _SHOWN or child.children:
                pending.append(((*path, child.key) if is_step else path, child))


def _place(base: Path, below: Path, start: int, depth: int) -> tuple[str, Path, str]:
    """Return the name of the part that a tensor belongs to, where it is, and the rest."""
    steps: list[str] = []
    for at, key in enumerate(below):
        skipped = start if at == 0 else 0
        own = str(key)[skipped:].split(".") if isinstance(key, str) else [str(key)]
        if depth != ALL and len(steps) + len(own) > depth:
            inside = depth - len(steps)
            name = ".".join([*steps, *own[:inside]])
            rest = ".".join([*own[inside:], *map(str, below[at + 1 :])])
            if inside == 0:
                return name, (*base, *below[:at]), rest
            prefix = str(key)[:skipped] + ".".join(own[:inside]) + "."
            kind = Attribute if isinstance(key, Attribute) else Prefix
            return name, (*base, *below[:at], kind(prefix)), rest
        steps += own
        if len(steps) == depth:
            rest = ".".join(map(str, below[at + 1 :]))
            return ".".join(steps), (*base, *below[: at + 1]), rest
    return ".".join(steps), (*base, *below), ""


def _layer(name: str, found: _Sum) -> str:
    if not found.few or found.tensors > _MOST_IN_A_LAYER:
        return ""
    if "in_proj_weight" not in found.few and any("." in rest for rest in found.few):
        return ""
    return layer_text(found.few, name)


def largest(parts: tuple[Part, ...], most: int) -> tuple[Part, ...]:
    """Return at most so many parts, the largest, still in stored order."""
    if len(parts) <= most:
        return parts
    kept = nlargest(most, range(len(parts)), key=lambda number: parts[number].nbytes)
    return tuple(parts[number] for number in sorted(kept))
