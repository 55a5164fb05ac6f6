"""What changed besides tensors: epochs, learning rates, configurations, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from inspector.core.analysis.comparison.matching import Matching
from inspector.core.analysis.comparison.modules import Lonely, is_leaf, lonely
from inspector.core.analysis.comparison.naming import unwrapped
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Attribute, Node, Path, walk
from inspector.core.progress import Progress, part, silent

_VERSIONS = Attribute("_metadata")
_VERSIONLESS = frozenset({"safetensors", "numpy"})  # formats that have no place for them
_PULSE = 5_000

Change = Literal["same", "changed", "added", "removed", "type"]
_NOBODY: Mapping[Path, str] = {}
_NO_LONELY = Lonely()
_Leaf = tuple[Path, Node]


class ValueChange(NamedTuple):
    """A value and what became of it; None where one has none."""

    path: Path
    """In the first, or where only the second has it, in that."""
    change: Change
    a: Node | None
    b: Node | None


def compare_values(
    a: Checkpoint,
    b: Checkpoint,
    matching: Matching | None = None,
    progress: Progress = silent,
    *,
    every: bool = False,
) -> Iterator[ValueChange]:
    """Yield every value that differs, in the order of the first, then what only the second has.

    With `every`, those that are the same are among them. With the matching of the tensors, values
    below the two roots are held against each other, and the state of an optimizer by parameter. Of
    numpy arrays only dtype and shape are compared. The versions of a state_dict's modules are left
    out where the other side is a plain dict or of a format that cannot keep them, and so is what a
    pickled module has besides its tensors where the other side is a state_dict.
    """
    view_a = view_b = _View()
    if matching is not None:
        apart = lonely(a, b, matching.root_a, matching.root_b)
        view_a = _View(matching.root_a, matching.owners[0], matching.stripped_a.prefixes, apart[0])
        view_b = _View(matching.root_b, matching.owners[1], matching.stripped_b.prefixes, apart[1])
    ones = _leaves(a, view_a, part(progress, 0.0, 0.5))
    others = _leaves(b, view_b, part(progress, 0.5, 1.0))
    if not (_keeps_versions(a, view_a.root) and _keeps_versions(b, view_b.root)):
        ones, others = _without_versions(ones), _without_versions(others)
    for place, (path, node) in ones.items():
        found = others.get(place)
        if found is None:
            yield ValueChange(path, "removed", node, None)
        elif _differ(node, found[1]):
            same_type = (node.kind, node.type) == (found[1].kind, found[1].type)
            yield ValueChange(path, "changed" if same_type else "type", node, found[1])
        elif every:
            yield ValueChange(path, "same", node, found[1])
    for place, (path, node) in others.items():
        if place not in ones:
            yield ValueChange(path, "added", None, node)


class _View(NamedTuple):
    """How the paths of one side are made comparable."""

    root: Path = ()
    owners: Mapping[Path, str] = _NOBODY
    prefixes: tuple[str, ...] = ()
    lonely: Lonely = _NO_LONELY

    def place(self, path: Path) -> object:
        """Return what is the same for values that belong together."""
        depth = len(self.root)
        if path[:depth] != self.root:
            return (False, path)
        for stop in range(len(path) - 1, 1, -1) if self.owners else ():
            owner = self.owners.get(path[:stop])
            if owner is not None:
                return (True, (*path[: stop - 1], self._module(owner), *path[stop:]))
        below = path[depth:]
        if _VERSIONS in below:  # a state_dict's versions are under the names of its modules
            at = below.index(_VERSIONS) + 1
            names = [self._module(key) if type(key) is str else key for key in below[at:]]
            below = (*below[:at], *names)
        return (True, below)

    def _module(self, name: str) -> str:
        name = unwrapped(f"{name}.") if name else ""
        for prefix in self.prefixes:
            name = name.removeprefix(prefix)
        return name


def _leaves(checkpoint: Checkpoint, view: _View, progress: Progress) -> dict[object, _Leaf]:
    """Return what has a value of its own: no tensors, no containers but empty ones."""
    found: dict[object, _Leaf] = {}
    for number, (path, node) in enumerate(walk(checkpoint.root)):
        if number % _PULSE == 0:
            progress(0.5, "Comparing values")
        if is_leaf(node) and not view.lonely.has(path):
            found.setdefault(view.place(path), (path, node))
    return found


def _keeps_versions(checkpoint: Checkpoint, root: Path) -> bool:
    """Return whether the state_dict at `root` could have `_metadata`; a plain dict could not."""
    node = checkpoint.root
    for key in root:
        node = next((child for child in node.children if child.key == key), node)
    return checkpoint.format not in _VERSIONLESS and node.type != "dict"


def _without_versions(leaves: dict[object, _Leaf]) -> dict[object, _Leaf]:
    return {place: leaf for place, leaf in leaves.items() if _VERSIONS not in leaf[0]}


def _differ(a: Node, b: Node) -> bool:
    if (a.kind, a.type) != (b.kind, b.type):
        return True
    one, other = a.value, b.value
    if isinstance(one, float) and one != one:
        return not (isinstance(other, float) and other != other)
    return bool(one != other)
