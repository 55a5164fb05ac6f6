"""Names that can be compared: keys without what wrappers and containers have put around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from inspector.core.model import Path, Tensor
from inspector.core.recognition import WRAPPERS

_OUTER = frozenset(name.rstrip(".") for name in WRAPPERS)
_INNER = _OUTER - {"module"}
"""What wraps a part of a model too; a layer of one's own may well be called `module`."""

# The last step of what batch norm counts and averages, which changes without training.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class Stripped(NamedTuple):
    """What was taken off the keys of one side so that they fit those of the other."""

    wrappers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


class Named(NamedTuple):
    """A tensor of one side under the name that is compared."""

    path: Path
    tensor: Tensor
    name: str
    cut: int = 0
    """Where in the name the key begins, behind the place of the state_dict that has it."""


def joined(path: Path) -> str:
    """Return the keys of a path with dots between them."""
    return ".".join(map(str, path))


def without_wrappers(named: Sequence[Named]) -> tuple[list[Named], tuple[str, ...]]:
    """Take off what DataParallel, torch.compile and others put around keys, in any order."""
    seen: dict[str, int] = {}
    names = [one.name[: one.cut] + unwrapped(one.name[one.cut :], seen) for one in named]
    found = sorted(seen, key=lambda name: -seen[name])
    return renamed(named, names), tuple(f"{name}." for name in found)


def unwrapped(key: str, seen: dict[str, int] | None = None) -> str:
    """Return a key without wrappers, which are counted in `seen`."""
    steps = key.split(".")
    if _OUTER.isdisjoint(steps):
        return key
    seen = {} if seen is None else seen
    kept = []
    outer = True
    for step in steps[:-1]:
        if step in _INNER or (outer and step in _OUTER):
            seen[step] = seen.get(step, 0) + 1
        else:
            kept.append(step)
            outer = False
    return ".".join([*kept, steps[-1]])


def renamed(named: Sequence[Named], names: Sequence[str]) -> list[Named]:
    """Give the new names, but for those that two tensors would have to share."""
    often = Counter(names)
    before = {one.name for one in named}
    return [
        Named(one.path, one.tensor, name, one.cut)
        if name != one.name and often[name] == 1 and name not in before
        else one
        for one, name in zip(named, names, strict=True)
    ]


def by_name(named: Iterable[Named]) -> Mapping[str, list[int]]:
    """Return the places of every name, the first one last."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(named):
        places.setdefault(one.name, []).append(place)
    for several in places.values():
        several.reverse()
    return places
