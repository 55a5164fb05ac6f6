"""What a comparison found, in words for people: the same on the command line and in reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from inspector.core import text
from inspector.core.analysis.comparison.comparing import Row, Status
from inspector.core.analysis.comparison.deltas import Measures
from inspector.core.analysis.comparison.matching import Matching, Role, Side, root_text
from inspector.core.analysis.comparison.naming import Stripped
from inspector.core.analysis.comparison.result import Result
from inspector.core.analysis.comparison.rollup import Module
from inspector.core.model import Node
from inspector.core.summary import path_text, value_text

MEANINGS: dict[Status, str] = {
    "same": "equal bit by bit",
    "cast": "of another dtype, and the same after rounding to it",
    "changed": "other values",
    "noise": "changed by no more than the tolerance",
    "added": "only in the second",
    "removed": "only in the first",
    "renamed": "the same content under another name",
    "shape": "of another shape, so not compared",
    "dtype": "of another dtype and other values",
    "unread": "could not be read",
}
_LONGEST = 80
_ASIDE: dict[Role, str] = {"statistic": "running statistic", "random": "random state"}


def summary_text(result: Result) -> str:
    """Return how many rows there are of each status, and how many values differ."""
    counts = [f"{text.exact(n)} {status}" for status, n in result.counts.items() if n]
    values = len(result.values)
    differ = f"{text.plural(values, 'value')} {'differs' if values == 1 else 'differ'}"
    said = [f"{text.plural(len(result.rows), 'tensor')}: {', '.join(counts)}"] if counts else []
    return " · ".join([*said, differ if values else "no other value differs"])


def matching_sentences(matching: Matching) -> Iterable[str]:
    """Yield from where the two were compared, what was looked through and what was left out."""
    if matching.root_a != matching.root_b:
        yield (
            f"Compared: {text.printable(root_text(matching.root_a))} in the first, "
            f"{text.printable(root_text(matching.root_b))} in the second."
        )
    elif matching.root_a:
        yield f"Compared: {text.printable(root_text(matching.root_a))} in both."
    sides = (("first", matching.stripped_a), ("second", matching.stripped_b))
    for side, stripped in sides:
        taken = [*stripped.wrappers, *stripped.prefixes]
        if taken:
            shown = ", ".join(text.printable(name, _LONGEST) for name in taken)
            yield f"Looked through in keys of the {side}: {shown}"
    for side, outside in (("first", matching.outside_a), ("second", matching.outside_b)):
        if outside:
            yield f"Left out: {text.plural(outside, 'tensor')} of the {side}, outside of that."
    for side, number in zip(("first", "second"), matching.attributes, strict=True):
        if number:
            yield (
                f"Left out: {text.plural(number, 'attribute')} of the {side}'s pickled module, "
                "for which a state_dict has no place."
            )
    by_index = by_index_text(matching, ("the first", "the second"))
    if by_index:
        yield f"{by_index}."


def by_index_text(matching: Matching, sides: tuple[str, str]) -> str:
    """Return that optimizer state has only its numbers to be paired by; empty if it has names."""
    unknown = [side for side, unnamed in zip(sides, matching.unnamed, strict=True) if unnamed]
    if not unknown:
        return ""
    where = f" in {unknown[0]}" if len(unknown) == 1 else ""
    which = "Some optimizer" if matching.owners[0] else "Optimizer"
    return f"{which} states are matched by index: their parameters' names cannot be told{where}"


def module_sentences(result: Result) -> Iterable[str]:
    """Yield which modules are frozen, if anything changed at all: the largest ones only."""
    if not result.modules:
        return
    whole = result.modules[0]
    if whole.frozen:
        if whole.tensors > whole.statuses.get("same", 0) + whole.statuses.get("noise", 0):
            yield frozen_text(whole)
        return
    told: set[str] = set()
    for module in result.modules[1:]:
        if module.frozen and not told.intersection(_above(module.name)):
            told.add(module.name)
            yield frozen_text(module)


def device_sentences(result: Result) -> Iterable[str]:
    """Yield how many tensors were saved on another device, which is no difference."""
    moved: Counter[tuple[str, str]] = Counter()
    for row in result.rows:
        if row.pair.a and row.pair.b and row.pair.a.tensor.device != row.pair.b.tensor.device:
            moved[row.pair.a.tensor.device, row.pair.b.tensor.device] += 1
    for (one, other), number in moved.items():
        devices = f"{text.printable(one, _LONGEST)}, then {text.printable(other, _LONGEST)}"
        yield f"Saved on {devices}: {text.plural(number, 'tensor')}"


def _above(name: str) -> Iterable[str]:
    """Yield the modules that a module is in."""
    steps = name.split(".")
    return (".".join(steps[:count]) for count in range(1, len(steps)))


def frozen_text(module: Module) -> str:
    """Return that no weight of a module changed, and whether its running statistics did."""
    name = text.printable(module.name, _LONGEST) or "all weights"
    weights = text.plural(module.weights, "tensor")
    moved = module.statistics - module.statistics_same
    but = f"; {text.plural(moved, 'running statistic')} changed" if moved else ""
    return f"Frozen: {name} ({weights}{but})"


def note_text(row: Row) -> str:
    """Return what else is to be said of a row."""
    said = []
    if row.status == "shape" and row.pair.a and row.pair.b:
        shapes = (text.shape(side.tensor.shape) for side in (row.pair.a, row.pair.b))
        said.append(" → ".join(shapes))
    if row.status in ("dtype", "cast") and row.pair.a and row.pair.b:
        said.append(f"{_dtype(row.pair.a)} → {_dtype(row.pair.b)}")
    measures = row.measures
    if measures is not None:
        for number, what in (
            (measures.nan_born, "NaN born"),
            (measures.nan_gone, "NaN gone"),
            (measures.inf_born, "Inf born"),
            (measures.inf_gone, "Inf gone"),
        ):
            if number:
                said.append(f"{text.exact(number)} {what}")
    if row.pair.role in _ASIDE and row.status in ("changed", "noise"):
        said.append(_ASIDE[row.pair.role])
    if row.status == "renamed":
        said.append(row.pair.evidence)
    return text.printable("; ".join([*said, row.note] if row.note else said))


def _dtype(side: Side) -> str:
    return side.tensor.dtype.name


def value_words(node: Node | None) -> str:
    """Return a value on one line; a dash where there is none."""
    if node is None:
        return "—"
    if node.kind == "value":
        return value_text(node.value, _LONGEST)
    if node.kind == "reference":
        return f"same object as {text.printable(path_text(node.value), _LONGEST)}"
    if node.kind == "array":
        return text.printable(f"{node.value.dtype} array of shape {list(node.value.shape)}")
    if node.kind in ("mapping", "sequence"):
        return f"empty {text.printable(node.type, _LONGEST)}"
    return text.printable(node.type, _LONGEST)


def number_text(value: float | None) -> str:
    """Return a measure with four significant digits."""
    return "—" if value is None else f"{value:.4g}"


def distance_text(what: Measures | Module, value: float | None) -> str:
    """Return a measure, or that NaN or infinity came in, whatever the rest of the elements did."""
    if what.nan_born:
        return "NaN"
    return "Inf" if what.inf_born else number_text(value)


def cosine_text(found: Measures) -> str:
    """Return the cosine with as many digits as tell what is near to one."""
    if found.cosine is None or found.nan_born or found.inf_born:
        return distance_text(found, None)
    return f"{found.cosine:.6f}"


def share_text(value: float) -> str:
    """Return a share in per cent, never rounded to none or all."""
    if 0 < value < 0.0005:
        return "<0.1%"
    if 0.9995 < value < 1:
        return ">99.9%"
    return f"{value:.1%}" if value < 1 else "100%"


def stripped_names(stripped: Stripped) -> list[str]:
    """Return all that was taken off keys."""
    return [*stripped.wrappers, *stripped.prefixes]
