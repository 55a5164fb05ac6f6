"""Which tensor of one checkpoint belongs to which of the other, and how that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inspector.core.analysis.comparison.naming import (
    Named,
    Stripped,
    by_name,
    joined,
    without_prefixes,
    without_wrappers,
)
from inspector.core.analysis.optimizer_names import optimizer_names
from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import FormatError
from inspector.core.model import Path, Tensor, tensors
from inspector.core.progress import Progress, silent

_ENOUGH = 0.5  # share of the smaller side's paths that must agree for whole files to be compared
_PULSE = 5_000
_MOST_CANDIDATES = 20_000


class Side(NamedTuple):
    """A tensor in one of the two checkpoints."""

    path: Path
    tensor: Tensor


class Pair(NamedTuple):
    """Two tensors that belong together, or one without the other."""

    name: str
    """What both are called, without what was taken off their keys."""
    a: Side | None
    b: Side | None
    evidence: str = ""
    """How it is known where the names differ; empty where they are the same."""


class Candidate(NamedTuple):
    """Two tensors of different names that may be the same one, renamed."""

    a: int
    """The pair that has the first, without a partner."""
    b: int
    evidence: str
    certain: bool
    """True if their content is the same and no other's is."""


class Choices(NamedTuple):
    """What a person can decide about the pairing."""

    wrappers: bool = True
    """Look through `module.`, `_orig_mod.` and their kind."""
    prefixes: bool = True
    """Look through whatever else one side has in front of its keys."""
    root_a: Path | None = None
    """Where to compare from; None: what fits best."""
    root_b: Path | None = None


USUAL = Choices()


class Matching(NamedTuple):
    """All pairs, in the order of the first checkpoint, those of the second in between."""

    root_a: Path
    root_b: Path
    stripped_a: Stripped
    stripped_b: Stripped
    pairs: tuple[Pair, ...]
    outside_a: int = 0
    """Tensors that are not below the root and not compared."""
    outside_b: int = 0


def match(
    a: Checkpoint, b: Checkpoint, choices: Choices = USUAL, progress: Progress = silent
) -> Matching:
    """Pair the tensors of two checkpoints by their names; looks at no bytes.

    Raises FormatError if a chosen root is not in its checkpoint.
    """
    all_a, all_b = _all(a, progress), _all(b, progress)
    root_a, root_b = _roots(a, b, all_a, all_b, choices)
    named_a = _below(all_a, root_a, _owners(a, b) if not root_a and not root_b else {})
    named_b = _below(all_b, root_b, _owners(b, a) if not root_a and not root_b else {})
    wrappers_a = wrappers_b = prefixes_a = prefixes_b = ()  # type: tuple[str, ...]
    if choices.wrappers and _differ(named_a, named_b):
        named_a, wrappers_a = without_wrappers(named_a)
        named_b, wrappers_b = without_wrappers(named_b)
    if choices.prefixes and _differ(named_a, named_b):
        named_a, prefixes_a = without_prefixes(named_a, (one.name for one in named_b))
        named_b, prefixes_b = without_prefixes(named_b, (one.name for one in named_a))
    progress(1.0, "Pairing keys")
    return Matching(
        root_a,
        root_b,
        Stripped(wrappers_a, prefixes_a),
        Stripped(wrappers_b, prefixes_b),
        tuple(_pairs(named_a, named_b)),
        len(all_a) - len(named_a),
        len(all_b) - len(named_b),
    )


def rename_candidates(
    pairs: Sequence[Pair], digests: dict[Side, bytes], progress: Progress = silent
) -> list[Candidate]:
    """Return who may have been renamed, by content and then by order among those of one shape.

    `digests` tells the content of the tensors without a partner, as far as it is known.
    """
    alone_a: dict[object, list[int]] = defaultdict(list)
    alone_b: dict[object, list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        if number % _PULSE == 0:
            progress(0.5, "Looking for renamed keys")
        if pair.a is not None and pair.b is None:
            alone_a[_look(pair.a.tensor)].append(number)
        elif pair.b is not None and pair.a is None:
            alone_b[_look(pair.b.tensor)].append(number)
    found: list[Candidate] = []
    for look, those_a in alone_a.items():
        those_b = alone_b.get(look, [])
        if not those_b or len(found) > _MOST_CANDIDATES:
            continue
        same = _by_content(pairs, those_a, those_b, digests)
        found += same
        rest_a = sorted(set(those_a) - {one.a for one in same})
        rest_b = sorted(set(those_b) - {one.b for one in same})
        found += _by_order(pairs, rest_a, rest_b)
    return sorted(found)


def _by_content(
    pairs: Sequence[Pair], those_a: list[int], those_b: list[int], digests: dict[Side, bytes]
) -> list[Candidate]:
    groups: dict[bytes, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for number in those_a:
        side = pairs[number].a
        if side is not None and side in digests:
            groups[digests[side]][0].append(number)
    for number in those_b:
        side = pairs[number].b
        if side is not None and side in digests:
            groups[digests[side]][1].append(number)
    return [
        Candidate(ones[0], others[0], "same content, and no other tensor has it", True)
        for ones, others in groups.values()
        if len(ones) == len(others) == 1
    ]


def _by_order(pairs: Sequence[Pair], those_a: list[int], those_b: list[int]) -> list[Candidate]:
    if len(those_a) != len(those_b):
        return []
    return [
        Candidate(one, other, _evidence(pairs[one].name, pairs[other].name), False)
        for one, other in zip(those_a, those_b, strict=True)
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


# ---- what is compared -----------------------------------------------------------------------


def _all(checkpoint: Checkpoint, progress: Progress) -> list[Side]:
    found = []
    for number, (path, tensor) in enumerate(tensors(checkpoint.root)):
        if number % _PULSE == 0:
            progress(0.1, "Pairing keys")
        found.append(Side(path, tensor))
    return found


def _roots(
    a: Checkpoint, b: Checkpoint, all_a: list[Side], all_b: list[Side], choices: Choices
) -> tuple[Path, Path]:
    """Return from where the two are alike: both from the top, or where their state_dicts are."""
    roots_a = _choices_of(a, choices.root_a)
    roots_b = _choices_of(b, choices.root_b)
    if len(roots_a) == len(roots_b) == 1:
        return roots_a[0], roots_b[0]
    if () in roots_a and () in roots_b:
        paths = {side.path for side in all_a}
        common = sum(side.path in paths for side in all_b)
        if common and common >= _ENOUGH * min(len(all_a), len(all_b)):
            return (), ()
    names_a = {root: _names(all_a, root) for root in roots_a}
    names_b = {root: _names(all_b, root) for root in roots_b}
    best, best_fit = (roots_a[0], roots_b[0]), 0
    for root_a, those_a in names_a.items():
        for root_b, those_b in names_b.items():
            fit = len(those_a & those_b)
            if fit > best_fit:
                best, best_fit = (root_a, root_b), fit
    return best


def _choices_of(checkpoint: Checkpoint, chosen: Path | None) -> list[Path]:
    if chosen is None:
        # The main state_dict first: it is what is meant where nothing tells.
        return list(dict.fromkeys((*checkpoint.recognition.state_dicts, ())))
    if not any(path[: len(chosen)] == chosen for path, _ in tensors(checkpoint.root)):
        raise FormatError(
            f"{checkpoint.source.uri} has no tensors below {joined(chosen)}.",
            "inspector show FILE lists the keys.",
        )
    return [chosen]


def _names(sides: Iterable[Side], root: Path) -> set[str]:
    """Return comparable names below a root, without wrappers and the first step as well."""
    named, _ = without_wrappers(_below(sides, root, {}))
    names = {one.name for one in named}
    return names | {one.name.partition(".")[2] for one in named if "." in one.name}


def _below(sides: Iterable[Side], root: Path, owners: dict[Path, str]) -> list[Named]:
    length = len(root)
    named = []
    for path, tensor in sides:
        if path[:length] != root:
            continue
        name = joined(path[length:])
        for cut in range(len(path) - 1, 1, -1):
            owner = owners.get(path[:cut])
            if owner is not None:
                name = joined((*path[: cut - 1], owner, *path[cut:]))
                break
        named.append(Named(path, tensor, name))
    return named


def _owners(checkpoint: Checkpoint, other: Checkpoint) -> dict[Path, str]:
    """Return whose optimizer state stands where, if both checkpoints tell that for certain."""
    theirs = {names.optimizer for names in optimizer_names(other) if _certain(names.owners)}
    return {
        (*names.state, key): owner.name
        for names in optimizer_names(checkpoint)
        if names.optimizer in theirs and _certain(names.owners)
        for key, owner in names.owners.items()
    }


def _certain(owners: object) -> bool:
    return isinstance(owners, dict) and bool(owners) and all(one.sure for one in owners.values())


def _differ(one: list[Named], other: list[Named]) -> bool:
    return {named.name for named in one} != {named.name for named in other}


def _pairs(named_a: list[Named], named_b: list[Named]) -> list[Pair]:
    """Return the pairs in A's order; what only B has comes behind what precedes it there."""
    place_b = by_name(named_b)
    taken: dict[int, int] = {}
    ranked: list[tuple[tuple[int, int], Pair]] = []
    for number, one in enumerate(named_a):
        place = place_b.get(one.name)
        partner = None
        if place is not None and place not in taken:
            taken[place] = number
            partner = Side(named_b[place].path, named_b[place].tensor)
        ranked.append(((number, -1), Pair(one.name, Side(one.path, one.tensor), partner)))
    behind = -1
    for place, other in enumerate(named_b):
        if place in taken:
            behind = taken[place]
        else:
            ranked.append(((behind, place), Pair(other.name, None, Side(other.path, other.tensor))))
    ranked.sort(key=lambda pair: pair[0])
    return [pair for _, pair in ranked]
