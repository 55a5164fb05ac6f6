"""Tensors without a partner that may be the same one under another name: by content, by order.

Only the same content that no other tensor has makes it certain; everything else is an offer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inspector.core.analysis.comparison.matching import Matching, Pair, Side
from inspector.core.analysis.comparison.tasks import Look, digest, look_at, run_tasks
from inspector.core.analysis.statistics import measured
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, part, silent

_PULSE = 5_000
_MOST = 20_000

Digests = Mapping[int, bytes]
"""What tells the content of a tensor that stands alone, by the number of its pair."""


class Candidate(NamedTuple):
    """Two tensors of different names that may be the same one, renamed."""

    a: int
    """The number of the pair that has the first, without a partner."""
    b: int
    evidence: str
    certain: bool
    """True if their content is the same and no other's is."""


def rename_candidates(
    a: Checkpoint, b: Checkpoint, matching: Matching, engine: Engine, progress: Progress = silent
) -> list[Candidate]:
    """Return who may have been renamed, by content and then by order among those of one shape.

    Reads the bytes of tensors that stand alone, if one of their look stands alone in the other.
    """
    digests = _digests(a, b, matching.pairs, engine, part(progress, 0.0, 0.9))
    alone_a: dict[object, list[int]] = defaultdict(list)
    alone_b: dict[object, list[int]] = defaultdict(list)
    for number, pair in enumerate(matching.pairs):
        if number % _PULSE == 0:
            progress(0.9, "Looking for renamed keys")
        if pair.a is not None and pair.b is None:
            alone_a[_look(pair.a.tensor)].append(number)
        elif pair.b is not None and pair.a is None:
            alone_b[_look(pair.b.tensor)].append(number)
    found: list[Candidate] = []
    for look, those_a in alone_a.items():
        those_b = alone_b.get(look, [])
        if not those_b or len(found) > _MOST:
            continue
        same = _by_content(those_a, those_b, digests)
        found += same
        rest_a = sorted(set(those_a) - {one.a for one in same})
        rest_b = sorted(set(those_b) - {one.b for one in same})
        found += _by_order(matching.pairs, rest_a, rest_b)
    return sorted(found)


def _by_content(those_a: list[int], those_b: list[int], digests: Digests) -> list[Candidate]:
    groups: dict[bytes, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, numbers in enumerate((those_a, those_b)):
        for number in numbers:
            if number in digests:
                groups[digests[number]][side].append(number)
    found = []
    for ones, others in groups.values():
        certain = len(ones) == len(others) == 1
        evidence = "same content, and no other tensor has it"
        if not certain:
            evidence = f"same content, as {len(ones)} in the first and {len(others)} in the second"
        for one, other in zip(ones, others, strict=False):
            found.append(Candidate(one, other, evidence, certain))
    return found


def _by_order(pairs: Sequence[Pair], those_a: list[int], those_b: list[int]) -> list[Candidate]:
    """Return what stands in the same place among those of one look, and of one last step if not."""
    if len(those_a) == len(those_b):
        return [
            Candidate(one, other, _evidence(pairs[one].name, pairs[other].name), False)
            for one, other in zip(those_a, those_b, strict=True)
        ]
    ends: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, numbers in enumerate((those_a, those_b)):
        for number in numbers:
            ends[pairs[number].name.rpartition(".")[2]][side].append(number)
    if len(ends) == 1:
        return []  # there is nothing that would tell which of them
    return [
        candidate
        for ones, others in ends.values()
        if len(ones) == len(others)
        for candidate in _by_order(pairs, ones, others)
    ]


def _evidence(name: str, other: str) -> str:
    ends: list[str] = []
    for step, other_step in zip(
        reversed(name.split(".")), reversed(other.split(".")), strict=False
    ):
        if step != other_step:
            break
        ends.insert(0, step)
    alike = f"; both names end with {'.'.join(ends)}" if ends else ""
    return f"same shape and dtype, in the same place among those{alike}"


def _look(tensor: Tensor) -> object:
    return tensor.dtype.name, tensor.shape


def _digests(
    a: Checkpoint, b: Checkpoint, pairs: Sequence[Pair], engine: Engine, progress: Progress
) -> dict[int, bytes]:
    """Return a hash of the values of every tensor that could have a partner by its look."""
    alone = [(number, pair) for number, pair in enumerate(pairs) if not (pair.a and pair.b)]
    ones = {_look(pair.a.tensor) for _, pair in alone if pair.a}
    others = {_look(pair.b.tensor) for _, pair in alone if pair.b}
    looks: list[tuple[int, Look, Look]] = []
    for number, pair in alone:
        checkpoint, side = (a, pair.a) if pair.a else (b, pair.b)
        if side is not None and _look(side.tensor) in ones & others:
            look = _readable(checkpoint, side)
            if look is not None:
                looks.append((number, look, look))
    found = run_tasks(engine, digest, looks, _sum, progress, "Looking for renamed tensors")
    return {number: what for number, what in found if isinstance(what, bytes)}


def _readable(checkpoint: Checkpoint, side: Side) -> Look | None:
    try:
        look = look_at(checkpoint, measured(side.tensor).tensor)
    except InspectorError:
        return None
    return look if look.tensor.contiguous else None  # others lie in no order to be compared


def _sum(one: bytes, other: bytes) -> bytes:
    """Return a digest of pieces that come in any order."""
    total = int.from_bytes(one, "big") + int.from_bytes(other, "big")
    return (total % (1 << 128)).to_bytes(16, "big")
