"""Names that can be compared: keys without what wrappers and containers have put around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from inspector.core.model import Path, Tensor
from inspector.core.recognition import WRAPPERS

_INNER = frozenset(name.rstrip(".") for name in WRAPPERS) - {"module"}
"""What wraps a part of a model too; a layer of one's own may well be called `module`."""
_OUTER = frozenset(name.rstrip(".") for name in WRAPPERS)
_MOST_LEADS = 40  # first steps of keys that are tried as a prefix
_ROUNDS = 3  # prefixes inside prefixes


class Stripped(NamedTuple):
    """What was taken off the keys of one side so that they fit those of the other."""

    wrappers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


class Named(NamedTuple):
    """A tensor of one side under the name that is compared."""

    path: Path
    tensor: Tensor
    name: str


def joined(path: Path) -> str:
    """Return the keys of a path with dots between them."""
    return ".".join(map(str, path))


def without_wrappers(named: Sequence[Named]) -> tuple[list[Named], tuple[str, ...]]:
    """Take off what DataParallel, torch.compile and others put around keys, in any order."""
    seen: Counter[str] = Counter()
    names = []
    for one in named:
        steps = one.name.split(".")
        at = 0
        while at < len(steps) - 1 and steps[at] in _OUTER:
            seen[steps[at]] += 1
            at += 1
        kept = [step for step in steps[at:-1] if step not in _INNER]
        seen.update(step for step in steps[at:-1] if step in _INNER)
        names.append(".".join([*kept, steps[-1]]))
    return _renamed(named, names), tuple(f"{name}." for name, _ in seen.most_common())


def without_prefixes(
    named: Sequence[Named], others: Iterable[str]
) -> tuple[list[Named], tuple[str, ...]]:
    """Take off the first step of keys where that makes more of them fit the other side's."""
    result = list(named)
    there = set(others)
    taken = []
    for _ in range(_ROUNDS):
        fitting = sum(one.name in there for one in result)
        leads = Counter(one.name.partition(".")[0] for one in result if "." in one.name)
        best, best_fit = "", fitting
        for lead, _ in leads.most_common(_MOST_LEADS):
            fit = sum(_less(one.name, lead) in there for one in result)
            if fit > best_fit:
                best, best_fit = lead, fit
        if not best:
            break
        result = _renamed(result, [_less(one.name, best) for one in result])
        taken.append(f"{best}.")
    return result, tuple(taken)


def _less(name: str, lead: str) -> str:
    return name[len(lead) + 1 :] if name.startswith(lead + ".") else name


def _renamed(named: Sequence[Named], names: Sequence[str]) -> list[Named]:
    """Give the new names, but for those that two tensors would have to share."""
    often = Counter(names)
    before = {one.name for one in named}
    return [
        one._replace(name=name)
        if often[name] == 1 and (name == one.name or name not in before)
        else one
        for one, name in zip(named, names, strict=True)
    ]


def by_name(named: Iterable[Named]) -> Mapping[str, int]:
    """Return the place of every name; of one that occurs twice, the first."""
    places: dict[str, int] = {}
    for place, one in enumerate(named):
        places.setdefault(one.name, place)
    return places
