"""What would become of a recipe: the plan, and everything that the window says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
from inspector.core.model import Node, Path, Tensor
from inspector.core.progress import Progress, part, silent
from inspector.gui.export.choosing import with_ticks
from inspector.gui.export.survey import Survey
from inspector.gui.export.ticks import Ticks

_PULSE = 1000  # rows between two progress calls


class Target(NamedTuple):
    """The network that the new file is held against, as far as a file says it."""

    address: str
    tensors: Mapping[str, Tensor]


class Asked(NamedTuple):
    """What stands in the window."""

    recipe: Recipe
    """Without what is ticked."""
    ticks: Ticks
    target: Target | None
    file: str
    """Where the new file would go."""


class Kept(NamedTuple):
    """What is left of a group."""

    tensors: int
    nbytes: int


class Outlook(NamedTuple):
    """The answer."""

    recipe: Recipe
    plan: Plan
    fit: Fit | None
    rows: Mapping[int, Row | Dropped]
    """By `id(node)` of the leaves of the tree."""
    kept: Mapping[int, Kept]
    """By `id(node)` of its groups."""
    command: str
    code: str

    @property
    def casts(self) -> int:
        """Bytes that have to be read to know what casting loses."""
        rows = self.plan.rows
        return sum(row.stored.nbytes for row in rows if row.is_cast and row.nbytes)


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
    command = command_text(recipe, address, asked.file)
    return Outlook(
        recipe, plan, fit, rows, kept, command, loading_code(plan, asked.file, fit)
    )  # fmt: skip


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
