"""Prefixes such as `backbone.` that one side has in front of its keys and the other has not.

Nothing is known about them beforehand: what is looked for is whatever, taken off, lets most keys
that have no partner find one of the same shape.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspector.core.analysis.comparison.naming import Named, renamed

_ROUNDS = 3  # one prefix inside another, or several beside each other
_DEEPEST = 3  # steps of a prefix
_SAMPLE = 2000  # keys that vote; all keys then decide
_MOST_HEADS = 8  # places where the same tail is looked up
_MOST_TRIED = 5
_FEWEST = 2  # tensors that must gain a partner, where there are so many


class _Heads(NamedTuple):
    """What the names of both sides begin with before they go on alike; empty: nothing."""

    a: str
    b: str


def without_prefixes(
    a: Sequence[Named], b: Sequence[Named]
) -> tuple[list[Named], list[Named], tuple[str, ...], tuple[str, ...]]:
    """Take off prefixes of either side; return both, and what was taken off each."""
    a, b = list(a), list(b)
    taken_a: list[str] = []
    taken_b: list[str] = []
    for _ in range(_ROUNDS):
        before = _partners(a, b)
        for heads in _elected(a, b):
            common, rest_a, rest_b = _apart(heads)
            new_a, new_b = _less(a, common, rest_a), _less(b, common, rest_b)
            gained = _partners(new_a, new_b) - before
            if gained >= min(_FEWEST, len(a) - before, len(b) - before) > 0:
                a, b = new_a, new_b
                taken_a += [f"{rest_a}."] if rest_a else []
                taken_b += [f"{rest_b}."] if rest_b else []
                break
        else:
            break
    return a, b, tuple(taken_a), tuple(taken_b)


def _partners(a: Sequence[Named], b: Sequence[Named]) -> int:
    """Return how many tensors have one of the same name and shape."""
    there = {(one.name, one.tensor.shape) for one in b}
    return sum((one.name, one.tensor.shape) in there for one in a)


def _elected(a: Sequence[Named], b: Sequence[Named]) -> list[_Heads]:
    """Return what most tensors without a partner would need, most votes first."""
    names_a, names_b = {one.name for one in a}, {one.name for one in b}
    alone_a = [one for one in a if one.name not in names_b]
    alone_b = [one for one in b if one.name not in names_a]
    if not alone_a or not alone_b:
        return []
    heads_of: dict[object, list[str]] = defaultdict(list)
    for one in alone_b:
        for head, tail in _cuts(one.name):
            heads = heads_of[tail, one.tensor.shape]
            if len(heads) < _MOST_HEADS:
                heads.append(head)
    votes: Counter[_Heads] = Counter()
    for one in alone_a[:: max(1, len(alone_a) // _SAMPLE)]:
        for head, tail in _cuts(one.name):
            for other in heads_of.get((tail, one.tensor.shape), ()):
                if head.rpartition(".")[2] != other.rpartition(".")[2]:
                    votes[_Heads(head, other)] += 1
    allowed = [heads for heads, _ in votes.most_common(8 * _MOST_TRIED) if _may_go(heads, a, b)]
    # Of those that help as many, the shortest: what goes with it goes anyway.
    allowed.sort(key=lambda heads: (-votes[heads], len(heads.a) + len(heads.b)))
    return allowed[:_MOST_TRIED]


def _cuts(name: str) -> Iterator[tuple[str, str]]:
    at = -1
    yield "", name
    for _ in range(_DEEPEST):
        at = name.find(".", at + 1)
        if at < 0:
            return
        yield name[:at], name[at + 1 :]


def _may_go(heads: _Heads, a: Sequence[Named], b: Sequence[Named]) -> bool:
    """One prefix is put in the place of another only where all keys have them: else it renames."""
    _, rest_a, rest_b = _apart(heads)
    if not rest_a or not rest_b:
        return True
    return all(one.name.startswith(f"{heads.a}.") for one in a) and all(
        one.name.startswith(f"{heads.b}.") for one in b
    )


def _apart(heads: _Heads) -> tuple[str, str, str]:
    """Return the steps that both begin with, and what each has of its own."""
    a, b = (head.split(".") if head else [] for head in heads)
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    return ".".join(a[:same]), ".".join(a[same:]), ".".join(b[same:])


def _less(named: list[Named], common: str, rest: str) -> list[Named]:
    if not rest:
        return named
    start = f"{common}." if common else ""
    begin = f"{start}{rest}."
    names = [
        start + one.name[len(begin) :] if one.name.startswith(begin) else one.name for one in named
    ]
    return renamed(named, names)
