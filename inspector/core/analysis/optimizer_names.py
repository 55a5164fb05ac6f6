"""Whose state an optimizer keeps: it stores numbers, and the names are in the state_dict.

An optimizer numbers its parameters in the order in which it was given them, group by group. What
is assumed here is only that each group is in the order of the model; every place is then held
against the shapes of what the optimizer keeps, and a name is told where no other place fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Key, Node, Path, Tensor, tensors
from inspector.core.progress import Progress, silent
from inspector.core.recognition.optimizer import is_optimizer

_Shape = tuple[int, ...]

# What optimizers keep in the shape of the parameter; `step`, factored moments and the like differ.
_IN_ITS_SHAPE = (
    "exp_avg", "momentum_buffer", "exp_avg_sq", "square_avg", "sum", "exp_inf", "prev", "grad_avg",
    "acc_delta", "ax", "max_exp_avg_sq", "state1",
)  # fmt: skip
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # buffers of batch norm
_MOST_STEPS = 20_000_000  # places that are looked at before the rest counts as unknown
_PULSE = 2_000


class Owner(NamedTuple):
    """The parameter that an entry of an optimizer's state belongs to."""

    name: str
    """Its key in the state_dict, with dots."""
    path: Path | None
    """Where it is; None if the optimizer names it and no state_dict has it."""
    sure: bool = True
    """False if the order alone says so, and other parameters of the same shape would fit too."""


class OptimizerNames(NamedTuple):
    """What is known about the numbers of one optimizer."""

    optimizer: Path
    owners: Mapping[Key, Owner]
    """By the key under `state`."""
    note: str = ""
    """Why some or all of them are not known; empty if every entry has its name."""

    @property
    def state(self) -> Path:
        """Where the entries are."""
        return (*self.optimizer, "state")


class Kept(NamedTuple):
    """What an optimizer keeps for a parameter."""

    path: Path
    names: tuple[str, ...]
    """Such as `exp_avg`."""


class _Parameters(NamedTuple):
    """The tensors of a state_dict that may have been given to an optimizer, in order."""

    base: Path
    paths: Sequence[Path]
    tensors: Sequence[Tensor]

    @property
    def shapes(self) -> list[_Shape]:
        return [tensor.shape for tensor in self.tensors]

    def name(self, place: int) -> str:
        return ".".join(map(str, self.paths[place][len(self.base) :]))


def optimizer_names(
    checkpoint: Checkpoint, progress: Progress = silent
) -> tuple[OptimizerNames, ...]:
    """Return what is known about every optimizer in the file that keeps state."""
    found = []
    candidates: list[_Parameters] | None = None
    for path in [part.path for part in checkpoint.recognition.parts if part.role == "optimizer"]:
        node = _node_at(checkpoint.root, path)
        if node is None or not is_optimizer(node):
            continue
        state = {child.key: child for child in _children(node, "state")}
        groups = list(_groups(node))
        if not state or not groups:
            continue
        progress(0.5, "Looking for the names of optimizer state")
        if candidates is None:
            candidates = list(_candidates(checkpoint, progress))
        found.append(_named(path, state, groups, candidates))
    return tuple(found)


def _named(
    path: Path, state: Mapping[Key, Node], groups: list[_Group], candidates: list[_Parameters]
) -> OptimizerNames:
    told = _told(state, groups, candidates)
    if told:
        missing = len(state) - len(told)
        return OptimizerNames(path, told, _some(missing) if missing else "")
    if not candidates:
        return OptimizerNames(path, {}, "There is no state_dict in this file to take names from.")
    wanted = [[_shape(state.get(key)) for key in group.keys] for group in groups]
    fitting = [(one, fit) for one in candidates if (fit := _fit(wanted, one)) is not None]
    chosen = _chosen(fitting, sum(map(len, wanted)))
    if isinstance(chosen, str):
        return OptimizerNames(path, {}, chosen or _misfit(wanted, candidates))
    parameters, places = chosen
    owners = {}
    keys = [key for group in groups for key in group.keys]
    for key, place in zip(keys, places, strict=True):
        if place is not None and key in state:
            number, sure = place
            owners[key] = Owner(parameters.name(number), parameters.paths[number], sure)
    missing = len(state) - len(owners)
    return OptimizerNames(path, owners, _some(missing) if missing else "")


def _some(missing: int) -> str:
    return f"To {missing} of its entries no name can be given: several parameters have their shape."


# What there is.


class _Group(NamedTuple):
    """One of the `param_groups`."""

    keys: Sequence[Key]
    """Of its parameters under `state`."""
    names: Sequence[str]
    """Of the same, where the optimizer was given them by name."""


def _groups(optimizer: Node) -> Iterator[_Group]:
    for group in _children(optimizer, "param_groups"):
        keys = [child.value for child in _children(group, "params") if child.kind == "value"]
        names = [child.value for child in _children(group, "param_names")]
        yield _Group(keys, [name for name in names if isinstance(name, str)])


def _told(
    state: Mapping[Key, Node], groups: list[_Group], candidates: list[_Parameters]
) -> dict[Key, Owner]:
    """Return the names that the optimizer itself has written down."""
    names = {key: key for key in state if isinstance(key, str)}
    for group in groups:
        if len(group.names) == len(group.keys):
            names |= dict(zip(group.keys, group.names, strict=True))
    names = {key: name for key, name in names.items() if key in state}
    if not names:
        return {}
    places = {
        parameters.name(place): parameters.paths[place]
        for parameters in reversed(candidates)
        for place in range(len(parameters.paths))
    }
    return {key: Owner(str(name), places.get(str(name))) for key, name in names.items()}


def _candidates(checkpoint: Checkpoint, progress: Progress) -> Iterator[_Parameters]:
    """Yield the parameters of every state_dict; of those that say it, the trained ones as well."""
    for state_dict in checkpoint.recognition.weights:
        node = _node_at(checkpoint.root, state_dict.path)
        if node is None:
            continue
        pairs = []
        seen = set()
        for number, (below, tensor) in enumerate(tensors(node)):
            if number % _PULSE == 0:
                progress(0.5, "Looking for the names of optimizer state")
            view = _view(tensor)
            if view in seen or not _may_be_parameter(below, tensor, state_dict.pickled_module):
                continue
            seen.add(view or below)  # tied weights are given to an optimizer once
            pairs.append(((*state_dict.path, *below), tensor))
        trained = [pair for pair in pairs if pair[1].requires_grad]
        for some in (pairs, trained) if 0 < len(trained) < len(pairs) else (pairs,):
            if some:
                paths, found = zip(*some, strict=True)
                yield _Parameters(state_dict.path, paths, found)


def _may_be_parameter(path: Path, tensor: Tensor, marked: bool) -> bool:
    if tensor.dtype.kind not in ("float", "complex", "unknown"):
        return False
    if marked and not tensor.parameter:  # a pickled module says what its parameters are
        return False
    return not path or str(path[-1]).rpartition(".")[2] not in _STATISTICS


def _view(tensor: Tensor) -> object:
    if tensor.storage is None:
        return None
    return tensor.storage.key, tensor.offset, tensor.shape, tensor.stride


def _shape(entry: Node | None) -> _Shape | None:
    """Return the shape that a parameter's state tells it has; None if it does not."""
    if entry is None:
        return None
    there = {str(child.key): child for child in entry.children if child.kind == "tensor"}
    known = next((there[name] for name in _IN_ITS_SHAPE if name in there), None)
    if known is None:
        return None
    shape: _Shape = known.value.shape
    return shape


# What fits.

_Place = tuple[int, bool] | None
"""The place of a parameter in its state_dict, and whether no other fits; None if it is unknown."""


def _fit(wanted: list[list[_Shape | None]], parameters: _Parameters) -> list[_Place] | None:
    """Return the place of each, group after group; None if the shapes contradict."""
    there = parameters.shapes
    narrowed = _narrowed(wanted, there)
    if narrowed is None:
        return None
    flat = [shape for group in wanted for shape in group]
    places: list[_Place] = []
    in_order = len(flat) == len(there) and all(map(_fits, flat, there))
    for number, place in enumerate(narrowed):
        if place is not None:
            places.append((place, flat[number] is not None))
        else:
            places.append((number, False) if in_order else None)
    return places


def _narrowed(wanted: list[list[_Shape | None]], there: list[_Shape]) -> list[int | None] | None:
    """Return where each must be if every group is in order and no place is taken twice."""
    taken: list[int | None] = [None] * len(there)
    placed: list[list[int | None]] = [[None] * len(group) for group in wanted]
    steps, changed = 0, True
    while changed and steps < _MOST_STEPS:
        changed = False
        for number, group in enumerate(wanted):
            steps += len(there)
            free = [place for place, by in enumerate(taken) if by is None or by == number]
            first = _places(group, there, free)
            last = _places(group[::-1], there, free[::-1])
            if first is None or last is None:
                return None
            for at, (low, high) in enumerate(zip(first, last[::-1], strict=True)):
                if low == high and placed[number][at] is None:
                    placed[number][at] = low
                    taken[low] = number
                    changed = True
    return [place for group in placed for place in group]


def _places(
    wanted: list[_Shape | None], there: list[_Shape], free: Sequence[int]
) -> list[int] | None:
    """Return the first free places, one after the other, that the shapes fit; None if none do."""
    found = []
    left = iter(free)
    for shape in wanted:
        place = next((place for place in left if _fits(shape, there[place])), None)
        if place is None:
            return None
        found.append(place)
    return found


def _fits(wanted: _Shape | None, shape: _Shape) -> bool:
    return wanted is None or wanted == shape


def _chosen(
    fitting: list[tuple[_Parameters, list[_Place]]], number: int
) -> tuple[_Parameters, list[_Place]] | str:
    """Return the parameters that are meant, or why that is not known; empty if none fit."""
    whole = [pair for pair in fitting if len(pair[0].paths) == number]
    best = whole or fitting
    if not best:
        return ""
    first, places = best[0]
    for other, others in best[1:]:
        if _names(other, others) != _names(first, places):
            return (
                f"Several state_dicts fit, such as {_where(first)} and {_where(other)}: "
                "it cannot be known which of them was trained."
            )
    return first, places


def _names(parameters: _Parameters, places: list[_Place]) -> list[str | None]:
    return [None if place is None else parameters.name(place[0]) for place in places]


def _misfit(wanted: list[list[_Shape | None]], candidates: list[_Parameters]) -> str:
    number = sum(map(len, wanted))
    largest = max(candidates, key=lambda one: len(one.paths))
    if number > len(largest.paths):
        return (
            f"It was given {number} parameters, and {_where(largest)} has {len(largest.paths)}: "
            "they are not in this file."
        )
    return (
        "The shapes of its state are not those of the model's parameters in their order: it was "
        "given other parameters, or in another order, and which is which cannot be known."
    )


def _where(parameters: _Parameters) -> str:
    return "/".join(map(str, parameters.base)) or "the whole file"


def _children(node: Node, name: str) -> Sequence[Node]:
    return next((child.children for child in node.children if str(child.key) == name), ())


def _node_at(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for key in path:
        assert node is not None
        node = next((child for child in node.children if child.key == key), None)
        if node is None:
            return None
    return node
