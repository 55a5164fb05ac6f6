"""What would become of a recipe: the plan, and everything that the window says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inspector.core import text
from inspector.core.export import (
    Dropped,
    Fit,
    Plan,
    Recipe,
    Row,
    command_text,
    fit_of,
    loading_code,
    make_plan,
)
from inspector.core.export.plan import DropReason
from inspector.core.model import Node, Path, Tensor
from inspector.core.progress import Progress, part, silent
from inspector.core.summary import path_text
from inspector.gui.export.choosing import with_ticks
from inspector.gui.export.survey import Survey, source_size
from inspector.gui.export.ticks import Ticks

_PULSE = 1000  # rows between two progress calls
_LISTED = 40  # names of what is left out for one reason
_REASONS: dict[DropReason, str] = {
    "not-chosen": "not chosen",
    "does-not-fit": "left out, as they do not fit the target",
    "duplicate": "left out, as they stand under another key already",
    "collision": "left out, as another one has the same key",
    "not-supported": "left out, as this format cannot hold them",
    "omitted": "left out as parts of the training run",
    "damaged": "left out, as their bytes are damaged",
}


class Target(NamedTuple):
    """The network that the new file is held against, as far as a file says it."""

    address: str
    tensors: Mapping[str, Tensor]


class Loading(NamedTuple):
    """How the new file is to be loaded, which changes the code alone."""

    prefix: str = ""
    """What the network has in front of every key."""
    freeze: bool = False
    """Train only what was not loaded."""

    def code(self, plan: Plan, file: str, fit: Fit | None) -> str:
        """Return the Python that does so."""
        fit = None if self.prefix else fit  # it is of keys without one
        return loading_code(plan, file, fit, prefix=self.prefix, freeze=self.freeze)


class Asked(NamedTuple):
    """What stands in the window."""

    recipe: Recipe
    """Without what is ticked."""
    ticks: Ticks
    target: Target | None
    file: str
    """Where the new file would go."""
    loading: Loading = Loading()


class Kept(NamedTuple):
    """What is left of a group."""

    tensors: int
    nbytes: int


class Outlook(NamedTuple):
    """The answer."""

    recipe: Recipe
    plan: Plan
    fit: Fit | None
    against: str
    """What it is held against without being cut to it; empty for nothing."""
    rows: Mapping[int, Row | Dropped]
    """By `id(node)` of the leaves of the tree."""
    kept: Mapping[int, Kept]
    """By `id(node)` of its groups."""
    command: str
    code: str
    dropped: str
    """What is left out, and why, in sentences."""
    summary: str
    casts: int
    """Bytes that have to be read to know what casting loses."""


def look_ahead(found: Survey, asked: Asked, *, progress: Progress = silent) -> Outlook:
    """Plan, and prepare all that is shown of the plan; raises InspectorError."""
    recipe = with_ticks(found, asked.ticks, asked.recipe, part(progress, 0.0, 0.2))
    tensors = asked.target.tensors if asked.target is not None else None
    fitted = tensors if recipe.match else None
    plan = make_plan(found.checkpoint, recipe, fitted, part(progress, 0.2, 0.7))
    fit = fit_of(plan, tensors) if tensors is not None else None
    report = part(progress, 0.7, 1.0)
    by_path: dict[Path, Row | Dropped] = {}
    entries: list[Row | Dropped] = [*plan.dropped, *plan.rows]
    for number, entry in enumerate(entries):
        by_path[entry.source] = entry
        if number % _PULSE == 0:
            report(0.3)
    rows = {}
    for number, (node, _) in enumerate(asked.ticks.leaves()):
        if (outcome := by_path.get(found.members[id(node)].path)) is not None:
            rows[id(node)] = outcome
        if number % _PULSE == 0:
            report(0.6)
    kept: dict[int, Kept] = {}
    _add_up(asked.ticks, asked.ticks.root, rows, kept)
    address = found.checkpoint.source.uri
    against = asked.target.address if asked.target is not None and fitted is None else ""
    command = command_text(recipe, address, asked.file, against=against)
    code = asked.loading.code(plan, asked.file, fit)
    left_out = _left_out(plan.dropped, report)
    said = _summary(found, plan)
    casts = sum(row.stored.nbytes for row in plan.rows if row.is_cast and row.nbytes)
    return Outlook(recipe, plan, fit, against, rows, kept, command, code, left_out, said, casts)


def spelled(
    found: Survey, outlook: Outlook, file: str, loading: Loading, *, progress: Progress = silent
) -> tuple[str, str]:
    """Return the command and the loading code for another name of the new file, or other code."""
    address = found.checkpoint.source.uri
    command = command_text(outlook.recipe, address, file, against=outlook.against)
    return command, loading.code(outlook.plan, file, outlook.fit)


def let_go(outlooks: list[Outlook], *, progress: Progress = silent) -> None:
    """Free outlooks bit by bit; the list must hold them alone."""
    while outlooks:
        plan = outlooks[-1].plan
        parts: list[list[object]] = [list(plan.rows), list(plan.dropped)]
        for file in plan.files:
            parts += [list(file.contents), list(file.root.children)]
        del plan
        outlooks.pop()
        for some in parts:
            while some:
                del some[-_PULSE:]
                progress(0.5)


def _left_out(dropped: Sequence[Dropped], report: Progress) -> str:
    names: dict[DropReason, list[str]] = {}
    counts: Counter[DropReason] = Counter()
    for number, entry in enumerate(dropped):
        counts[entry.reason] += 1
        listed = names.setdefault(entry.reason, [])
        if len(listed) < _LISTED:
            listed.append(text.printable(path_text(entry.source), 120))
        if number % _PULSE == 0:
            report(0.8)
    said = []
    for reason, listed in names.items():
        left = counts[reason] - len(listed)
        more = f" and {text.exact(left)} more" if left else ""
        many = text.plural(counts[reason], "entry")
        said.append(f"{many} {_REASONS[reason]}: {', '.join(listed)}{more}.")
    return "\n\n".join(said)


def _summary(found: Survey, plan: Plan) -> str:
    rows = sum(1 for row in plan.rows if row.key)
    every = sum(1 for member in found.members.values() if member.node.kind == "tensor")
    before, after = text.size(source_size(found)), text.size(plan.nbytes)
    many = f" in {len(plan.files)} files" if len(plan.files) > 1 else ""
    return (
        f"{text.exact(rows)} of {text.plural(every, 'tensor')}   ·   "
        f"file of {before} → {after} of values{many}"
    )


def _add_up(
    ticks: Ticks, node: Node, rows: Mapping[int, Row | Dropped], kept: dict[int, Kept]
) -> Kept:
    children = ticks.children(node)
    if not children:
        row = rows.get(id(node))
        return Kept(1, row.nbytes) if isinstance(row, Row) else Kept(0, 0)
    # Recursion is bounded: a grouping makes no more than some forty folders of one key.
    tensors = nbytes = 0
    for child in children:
        below = _add_up(ticks, child, rows, kept)
        tensors += below.tensors
        nbytes += below.nbytes
    kept[id(node)] = Kept(tensors, nbytes)
    return kept[id(node)]
