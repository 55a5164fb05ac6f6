"""Which tensor of one checkpoint belongs to which of the other, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from inspector.core.analysis.comparison.modules import lonely
from inspector.core.analysis.comparison.naming import (
    STATISTICS,
    Named,
    Stripped,
    by_name,
    joined,
    without_wrappers,
)
from inspector.core.analysis.comparison.prefixes import without_prefixes
from inspector.core.analysis.comparison.roots import Contents, best_roots
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Path, Tensor
from inspector.core.progress import Progress, part, silent


class Side(NamedTuple):
    """A tensor in one of the two checkpoints."""

    path: Path
    tensor: Tensor


Role = Literal[
    "weight",  # and every other tensor of a model
    "statistic",  # what batch norm counts and averages, which changes without training
    "optimizer",  # what an optimizer keeps
    "random",  # states of random number generators: never the same, and no quantity
]
ROLES: tuple[Role, ...] = Role.__args__  # type: ignore[attr-defined]


class Pair(NamedTuple):
    """Two tensors that belong together, or one without the other."""

    name: str
    """What both are called, without what was taken off their keys."""
    a: Side | None
    b: Side | None
    evidence: str = ""
    """How it is known where the names differ; empty where they are the same."""
    role: Role = "weight"

    @property
    def is_statistic(self) -> bool:
        """True for what changes without training."""
        return self.role == "statistic"


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
# Names of what torch.get_rng_state() gives; `cuda_rng_state_all` and their kind too.
_RANDOM = re.compile(r"(?:^|[._])(?:rng|random)(?:[._](?:\w+[._])?states?(?:[._]|$)|$)")


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
    owners: tuple[dict[Path, str], dict[Path, str]] = ({}, {})
    """Whose optimizer state stands where, on both sides; empty where that does not matter."""
    unnamed: tuple[bool, bool] = (False, False)
    """On which sides an optimizer keeps state of nobody knows what: it is paired by its number."""
    attributes: tuple[int, int] = (0, 0)
    """Values of pickled modules on both sides, for which the other's state_dict has no place."""


def match(
    a: Checkpoint, b: Checkpoint, choices: Choices = USUAL, progress: Progress = silent
) -> Matching:
    """Pair the tensors of two checkpoints by their names; looks at no bytes.

    Raises FormatError if a chosen root is not in its checkpoint.
    """
    contents_a = Contents(a, choices.root_a, part(progress, 0.0, 0.3))
    contents_b = Contents(b, choices.root_b, part(progress, 0.3, 0.6))
    below_a, below_b = best_roots(contents_a, contents_b)
    progress(0.8, "Pairing keys")
    named_a, named_b = below_a.named, below_b.named
    wrappers_a = wrappers_b = prefixes_a = prefixes_b = ()  # type: tuple[str, ...]
    if choices.wrappers and _differ(named_a, named_b):
        named_a, wrappers_a = without_wrappers(named_a)
        named_b, wrappers_b = without_wrappers(named_b)
    if choices.prefixes and _differ(named_a, named_b):
        named_a, named_b, prefixes_a, prefixes_b = without_prefixes(named_a, named_b)
    progress(0.9, "Pairing keys")
    whole = not below_a.root and not below_b.root
    parts = (*a.recognition.parts, *b.recognition.parts)
    apart_a, apart_b = lonely(a, b, below_a.root, below_b.root)
    optimizers = {found.path for found in parts if found.role == "optimizer"}
    random = {found.path for found in parts if found.role == "rng"}
    return Matching(
        below_a.root,
        below_b.root,
        Stripped(wrappers_a, prefixes_a),
        Stripped(wrappers_b, prefixes_b),
        tuple(
            pair._replace(role=role)
            if (role := _role(pair, optimizers, random)) != "weight"
            else pair
            for pair in _pairs(named_a, named_b, len(below_a.root), len(below_b.root))
        ),
        below_a.outside,
        below_b.outside,
        (contents_a.owners(contents_b), contents_b.owners(contents_a)) if whole else ({}, {}),
        (contents_a.has_unnamed(contents_b), contents_b.has_unnamed(contents_a))
        if whole
        else (False, False),
        (apart_a.attributes(a), apart_b.attributes(b)),
    )


def _role(pair: Pair, optimizers: set[Path], random: set[Path]) -> Role:
    side = pair.a or pair.b
    assert side is not None
    if any(side.path[: len(path)] == path for path in optimizers):
        return "optimizer"
    if side.tensor.dtype.name == "uint8" and (
        any(side.path[: len(path)] == path for path in random)
        or any(_RANDOM.search(step) for step in side.path if isinstance(step, str))
    ):
        return "random"
    return "statistic" if pair.name.rpartition(".")[2] in STATISTICS else "weight"


def _differ(one: list[Named], other: list[Named]) -> bool:
    return {named.name for named in one} != {named.name for named in other}


def _pairs(named_a: list[Named], named_b: list[Named], depth_a: int, depth_b: int) -> list[Pair]:
    """Return the pairs in A's order; what only B has comes behind what precedes it there."""
    partners = _partners(named_a, named_b, depth_a, depth_b)
    ties_a = _ties(named_a, partners)
    ties_b = _ties(named_b, set(partners.values()))
    taken = {place: number for number, place in partners.items()}
    ranked: list[tuple[tuple[int, int], Pair]] = []
    for number, one in enumerate(named_a):
        place = partners.get(number)
        partner = None if place is None else Side(named_b[place].path, named_b[place].tensor)
        evidence = "" if partner else _tied(one, ties_a)
        pair = Pair(one.name, Side(one.path, one.tensor), partner, evidence)
        ranked.append(((number, -1), pair))
    behind = -1
    for place, other in enumerate(named_b):
        if place in taken:
            behind = taken[place]
        else:
            pair = Pair(other.name, None, Side(other.path, other.tensor), _tied(other, ties_b))
            ranked.append(((behind, place), pair))
    ranked.sort(key=lambda pair: pair[0])
    return [pair for _, pair in ranked]


def _partners(
    named_a: list[Named], named_b: list[Named], depth_a: int, depth_b: int
) -> dict[int, int]:
    """Return for places in A those in B: of one name, and of one key where a name is there twice.

    The keys 0 and "0", or "a.b" and "b" inside "a", are told apart only by the whole path.
    """
    places = by_name(named_b)
    partners: dict[int, int] = {}
    late = []
    for number, one in enumerate(named_a):
        there = places.get(one.name)
        if not there:
            continue
        key = one.path[depth_a:]
        exact = next((place for place in there if named_b[place].path[depth_b:] == key), None)
        if exact is None:
            late.append(number)
        else:
            there.remove(exact)
            partners[number] = exact
    for number in late:
        there = places[named_a[number].name]
        if there:
            partners[number] = there.pop()
    return partners


def _ties(named: list[Named], partnered: Iterable[int]) -> dict[object, str]:
    """Return the names of tensors with a partner, by what they look at."""
    found: dict[object, str] = {}
    if len(set(partnered)) == len(named):
        return found  # nobody will ask
    for number in partnered:
        found.setdefault(_view(named[number].tensor), named[number].name)
    return found


def _tied(one: Named, ties: dict[object, str]) -> str:
    view = _view(one.tensor)
    return f"tied to {ties[view]}, which both have" if view is not None and view in ties else ""


def _view(tensor: Tensor) -> object:
    if tensor.storage is None:
        return None
    return tensor.storage.key, tensor.offset, tensor.shape, tensor.stride


def root_text(root: Path) -> str:
    """Return where one side is compared from, for people."""
    return joined(root) or "the whole file"
