"""Where two checkpoints are compared from, and what their tensors are called below that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from inspector.core.analysis.comparison.naming import Named, joined, without_wrappers
from inspector.core.analysis.optimizer_names import OptimizerNames, optimizer_names
from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import FormatError
from inspector.core.model import Key, Path, Tensor, tensor_items
from inspector.core.progress import Progress

_ENOUGH = 0.5  # share of the smaller side's tensors that must agree for whole files to be compared
_PULSE = 5_000
_Items = list[tuple[Path, Key, Tensor]]


class Below(NamedTuple):
    """The tensors of a checkpoint that are compared."""

    root: Path
    named: list[Named]
    outside: int
    """Tensors that are not below the root."""


class Contents:
    """The tensors of a checkpoint, and the places that it may be compared from."""

    def __init__(self, checkpoint: Checkpoint, chosen: Path | None, progress: Progress) -> None:
        self.checkpoint = checkpoint
        self.items = _items(checkpoint, progress)
        self.optimizers = optimizer_names(checkpoint, progress)
        self.roots = self._roots(chosen)

    def _roots(self, chosen: Path | None) -> list[Path]:
        if chosen is not None:
            if any((*parent, key)[: len(chosen)] == chosen for parent, key, _ in self.items):
                return [chosen]
            where = joined(chosen) or "its root"
            raise FormatError(
                f"{self.checkpoint.source.uri} has no tensors below {where}.",
                "inspector show FILE lists the keys.",
            )
        # The main state_dict first: it is what is meant where nothing tells.
        roots = list(dict.fromkeys((*self.checkpoint.recognition.state_dicts, ())))
        first = roots[0]
        if len(roots) == 2 and all(parent[: len(first)] == first for parent, _, _ in self.items):
            return [first]
        return roots

    def below(self, root: Path, other: Contents | None = None) -> Below:
        """Return the tensors below a root; whole files tell optimizer state by `other`'s names."""
        owners = self.owners(other) if other is not None else {}
        state_dicts = self.checkpoint.recognition.state_dicts
        depth = len(root)
        named: list[Named] = []
        above: Path | None = None
        inside, begin, cut = False, "", 0
        for parent, key, tensor in self.items:
            if parent is not above:
                above = parent
                inside = parent[:depth] == root
                begin, cut = _begin(parent, depth, state_dicts, owners)
            if inside:
                named.append(Named((*parent, key), tensor, f"{begin}{key}", cut))
            elif (*parent, key) == root:  # a tensor by itself
                named.append(Named(root, tensor, str(key)))
        return Below(root, named, len(self.items) - len(named))

    def owners(self, other: Contents) -> dict[Path, str]:
        """Return whose optimizer state stands where, if both checkpoints tell that for certain."""
        theirs = {names.optimizer for names in other.optimizers if _is_certain(names)}
        return {
            (*names.state, key): owner.name
            for names in self.optimizers
            if names.optimizer in theirs and _is_certain(names)
            for key, owner in names.owners.items()
        }

    def has_unnamed(self, other: Contents) -> bool:
        """True if an optimizer that `other` has too keeps state of which nobody tells whose it is.

        Such state has nothing but its number to be paired by.
        """
        theirs = {names.optimizer for names in other.optimizers}
        return any(
            names.optimizer in theirs and (bool(names.note) or not _is_certain(names))
            for names in self.optimizers
        )


def best_roots(a: Contents, b: Contents) -> tuple[Below, Below]:
    """Return from where the two are alike: both from the top, or where their state_dicts are."""
    if len(a.roots) == len(b.roots) == 1:
        whole = a.roots[0] == b.roots[0] == ()
        return a.below(a.roots[0], b if whole else None), b.below(b.roots[0], a if whole else None)
    if () in a.roots and () in b.roots:
        all_a, all_b = a.below((), b), b.below((), a)
        common = len(_names(all_a) & _names(all_b))
        if common and common >= _ENOUGH * min(len(all_a.named), len(all_b.named)):
            return all_a, all_b
    belows_a, belows_b = [a.below(root) for root in a.roots], [b.below(root) for root in b.roots]
    names_b = [_loose(below) for below in belows_b]
    best, best_fit = (belows_a[0], belows_b[0]), 0
    for below_a in belows_a:
        names = _loose(below_a)
        for below_b, others in zip(belows_b, names_b, strict=True):
            fit = len(names & others)
            if fit > best_fit:
                best, best_fit = (below_a, below_b), fit
    return best


def _items(checkpoint: Checkpoint, progress: Progress) -> _Items:
    root = checkpoint.root
    found: _Items = [((), "", root.value)] if root.kind == "tensor" else []
    for number, item in enumerate(tensor_items(root)):
        if number % _PULSE == 0:
            progress(0.1, "Pairing keys")
        found.append(item)
    return found


def _begin(
    parent: Path, depth: int, state_dicts: tuple[Path, ...], owners: Mapping[Path, str]
) -> tuple[str, int]:
    """Return what the names of all tensors of a parent begin with, and where their keys begin."""
    place: Path = ()
    for path in state_dicts:
        if depth < len(path) and parent[: len(path)] == path:
            place = path[depth:]
            break
    steps = [*parent[depth:]]
    for stop in range(len(parent), depth, -1) if owners else ():
        owner = owners.get(parent[:stop])
        if owner is not None:
            place = parent[depth : stop - 1]
            steps[stop - 1 - depth] = owner
            break
    cut = sum(len(str(step)) + 1 for step in place)
    return "".join(f"{step}." for step in steps), cut


def _is_certain(names: OptimizerNames) -> bool:
    return bool(names.owners) and all(owner.sure for owner in names.owners.values())


def _names(below: Below) -> set[str]:
    return {one.name for one in without_wrappers(below.named)[0]}


def _loose(below: Below) -> set[str]:
    """Return names without wrappers, and the same without their first step."""
    names = _names(below)
    return names | {name.partition(".")[2] for name in names if "." in name}
