"""Tell what a tree is, and collect its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from inspector.core.model import NO_TENSORS, Node, Totals, containers, json_path, tensors
from inspector.core.progress import Cancelled, Progress, all_different, silent
from inspector.core.recognition.architectures import architecture_facts
from inspector.core.recognition.base import CheckpointKind, Fact, Part, Recognition
from inspector.core.recognition.families import FAMILIES, Family
from inspector.core.recognition.named_facts import named_facts, progress
from inspector.core.recognition.optimizer import optimizer_facts, scheduler_facts
from inspector.core.recognition.survey import Survey, survey

_TRAINING_FACTS = frozenset({"epoch", "step", "loss"})
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # buffers of batch norm
_MOST_TENSORS = 20_000
_FEW = 1_000  # places that are looked at for arrays
_MOST_LISTED = 32  # parts of a file; more are the same again and again

_T = TypeVar("_T")


class _Attempts:
    """Runs recognisers; one that breaks on a strange file is noted, and the rest goes on."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def run(self, name: str, recogniser: Callable[[], _T], otherwise: _T) -> _T:
        """Return what the recogniser says, `otherwise` if it breaks."""
        try:
            return recogniser()
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - the boundary: an error of ours must not hide the tree
            self.failed.append(name)
            return otherwise


def recognise(
    root: Node,
    totals: Mapping[int, Totals],
    families: Iterable[Family] = FAMILIES,
    report: Progress = silent,
) -> Recognition:
    """Return what `root` is; `totals` are `measure`d. A tree like no other is kind `other`."""
    attempts = _Attempts()
    seen = attempts.run("survey", lambda: survey(root, report), Survey(root))
    matching = [
        family
        for family in families
        if attempts.run(family.name, partial(family.matches, seen), False)
    ]
    named = _facts(seen, totals, matching, attempts)
    kind, title = _kind(root, seen, {fact.name for fact in named})
    if kind == "other" and totals.get(id(root), NO_TENSORS).tensors:
        title = "Tensors in plain containers"
    if matching:
        first = matching[0]
        kind, title = first.kind or kind, first.title or title
        if first.role is not None:
            seen.parts.append(Part(first.role, ()))
        named.insert(0, Fact("family", "Family", first.name, first.inferred))
    where = attempts.run("progress", partial(progress, seen), None)
    if where is not None:
        seen.parts.append(Part("progress", where))
    return Recognition(
        kind,
        title,
        tuple(named),
        tuple(pair[0].path for pair in seen.weights),
        tuple(pair[0] for pair in seen.weights),
        tuple(seen.parts[:_MOST_LISTED]),
        tuple(attempts.failed),
    )


def _facts(
    seen: Survey, totals: Mapping[int, Totals], matching: list[Family], attempts: _Attempts
) -> list[Fact]:
    """Return the facts of all recognisers; the first to tell one is right."""
    told: list[Fact] = []
    for family in matching:
        told += attempts.run(f"{family.name}: facts", _facts_of(family, seen), [])
    told += attempts.run("named facts", lambda: list(named_facts(seen)), [])
    for _, node in seen.optimizers[:1]:
        told += attempts.run("optimizer", partial(optimizer_facts, node), [])
    for _, node in seen.schedulers[:1]:
        told += attempts.run("scheduler", partial(scheduler_facts, node), [])
    if seen.weights:
        told += attempts.run("weights", lambda: _weight_facts(seen, totals), [])
        told += attempts.run("architecture", lambda: architecture_facts(seen.names), [])
    first: dict[str, Fact] = {}
    for row in told:
        first.setdefault(row.name, row)
    return list(first.values())


def _facts_of(family: Family, seen: Survey) -> Callable[[], list[Fact]]:
    return lambda: list(family.facts(seen))


def _weight_facts(seen: Survey, totals: Mapping[int, Totals]) -> list[Fact]:
    state_dict, node = seen.weights[0]
    facts = [Fact("parameters", "Parameters", _parameters(node, totals))]
    if state_dict.wrappers:
        facts.append(Fact("wrappers", "Wrapped by", list(state_dict.wrappers)))
    if state_dict.lead:
        facts.append(Fact("common_prefix", "All keys begin with", state_dict.lead))
    if state_dict.inner_wrappers:
        facts.append(Fact("inner_wrappers", "Wrapped parts", list(state_dict.inner_wrappers)))
    if len(seen.weights) > 1:
        where = [json_path(other.path) for other, _ in seen.weights[:_MOST_LISTED]]
        facts.append(Fact("networks", "State dicts", where))
    return facts


def _parameters(weights: Node, totals: Mapping[int, Totals]) -> int:
    """Return how many numbers are trained: tied ones once, running statistics not at all.

    Of very many tensors, all numbers: looking at them again would take as long as finding them.
    """
    counted = totals.get(id(weights), NO_TENSORS)
    if counted.tensors > _MOST_TENSORS:
        return counted.elements
    here = [child for child in weights.children if child.kind == "tensor"]
    names = "\0".join([str(child.key) for child in here])
    storages = [child.value.storage and child.value.storage.key for child in here]
    flat = len(here) == counted.tensors
    if flat and not any(word in names for word in _STATISTICS) and all_different(storages):
        return counted.elements  # nearly all: nothing to look at twice
    found = list(tensors(weights))
    marked = any(tensor.parameter for _, tensor in found)  # a pickled module says it itself
    trained: dict[Any, int] = {}
    for path, tensor in found:
        statistic = str(path[-1]).rpartition(".")[2] in _STATISTICS if path else False
        if not (tensor.parameter if marked else not statistic):
            continue
        storage = tensor.storage and tensor.storage.key
        view = storage, tensor.offset, tensor.shape, tensor.stride
        trained[view if storage is not None else path] = tensor.elements
    return sum(trained.values())


def _kind(root: Node, seen: Survey, facts: set[str]) -> tuple[CheckpointKind, str]:
    if root.kind == "tensor":
        return "tensor", "Single tensor"
    if root.kind == "module":
        return "module", f"Whole module, {root.type.rpartition('.')[2]}"
    main = seen.weights[0][0] if seen.weights else None
    if main and (seen.optimizers or (main.path and facts & _TRAINING_FACTS)):
        return "training", "Training checkpoint"
    if seen.optimizers:
        return "training", "Optimizer state"
    if main and main.pickled_module:
        return "module", "Whole module with extras"
    if main and not main.path:
        return "state_dict", "State dict"
    if main:
        return "state_dict", "State dict with extras"
    if root.kind == "array":
        return "other", "Single NumPy array"
    some = islice(containers(root), _FEW)
    if any(child.kind == "array" for _, parent in some for child in parent.children):
        return "other", "NumPy arrays, no tensors"
    return "other", "Values without tensors"
