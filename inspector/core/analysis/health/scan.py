"""Statistics and findings of all tensors of a checkpoint, in one pass and a few closer looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from inspector.core.analysis.health.base import Look, ScanRow, Whole
from inspector.core.analysis.health.closer import (
    DeadTask,
    Lines,
    OverlapTask,
    Places,
    PlacesTask,
    dead_of,
    dead_tasks,
    find_dead,
    find_overlapping,
    find_places,
    merge_places,
    places_tasks,
)
from inspector.core.analysis.health.dead import worth_a_look
from inspector.core.analysis.health.marks import (
    NO_MARKS,
    Marker,
    Marks,
    Suspect,
    marks_of_bits,
    merge_marks,
    unseen,
)
from inspector.core.analysis.health.roles import Roles
from inspector.core.analysis.health.table import HEALTH
from inspector.core.analysis.moments import NOTHING, Partial, merge, negated, summary
from inspector.core.analysis.passes import Batch, Results, run_pass
from inspector.core.analysis.side_by_side import Small, side_by_side
from inspector.core.analysis.statistics import finish, is_masked, measured
from inspector.core.arrays import Block
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Finding, Path, Tensor
from inspector.core.progress import Progress, Repeated, part, silent
from inspector.core.sources import innermost


def health_scan(
    checkpoint: Checkpoint,
    items: Sequence[tuple[Path, Tensor]],
    engine: Engine,
    progress: Progress = silent,
) -> Iterator[ScanRow]:
    """Yield a row for every tensor, in no order, each as soon as nothing more is to come for it.

    The same view under several paths is looked at once. Findings about several tensors together
    are those of `cross_findings`. Raises SourceError if the file has changed meanwhile.
    """
    yield from _Scan(checkpoint, items, engine, Repeated(progress)).rows()


def cross_findings(
    checkpoint: Checkpoint,
    rows: Sequence[ScanRow],
    engine: Engine,
    progress: Progress = silent,
) -> Iterator[Finding]:
    """Yield what the rows of a scan say together: siblings, duplicates, storages; with paths."""
    report = Repeated(progress)
    for health in HEALTH:
        if health.across is not None:
            yield from health.across(Whole(checkpoint, rows, engine, report))


class Examined(NamedTuple):
    """What one pass tells of a tensor."""

    partial: Partial
    marks: Marks


def examine(task: Batch) -> Results[Examined]:
    """Worker: return what each block amounts to and what its bits tell, or why it is not read."""
    found: Results[Examined] = []
    small = side_by_side([block for _, _, block in task])
    for position, (number, negative, block) in enumerate(task):
        try:
            examined = _known(small.get(position), block.dtype.name) or _examined(block)
        except InspectorError as error:
            found.append((number, error))
            continue
        found.append((number, _with_sign(examined) if negative else examined))
    return found


def _known(small: Small | None, dtype: str) -> Examined | None:
    if small is None:
        return None
    marks = marks_of_bits(dtype, small.partial.elements, small.below_normal, small.bits)
    return Examined(small.partial, marks) if marks is not None else None


def _with_sign(examined: Examined) -> Examined:
    return examined._replace(partial=negated(examined.partial))


def _examined(block: Block) -> Examined:
    marker = Marker(block.dtype.name)
    partial = summary(block, marker.watch)
    if block.view.dense:
        marks = unseen(block.dtype.name, partial.zero)
    else:
        marks = marker.marks(block.view.weight)
    if partial.nan or partial.posinf or partial.neginf:
        suspect = Suspect(block, bool(partial.nan), bool(partial.posinf or partial.neginf))
        marks = marks._replace(suspects=(suspect,))
    return Examined(partial, marks)


def merge_examined(one: Examined, other: Examined) -> Examined:
    """Return what is known of two blocks of a tensor together."""
    return Examined(merge(one.partial, other.partial), merge_marks(one.marks, other.marks))


class _Scan:
    """A scan under way."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        items: Sequence[tuple[Path, Tensor]],
        engine: Engine,
        report: Repeated,
    ) -> None:
        self._checkpoint = checkpoint
        self._engine = engine
        self._items = items
        self._report = report
        self._same = _same_views(report.between(items))
        self._closer: dict[int, Look] = {}
        """Looks that a closer one is taken for, by the number of the tensor."""
        self._roles = Roles(checkpoint)

    def rows(self) -> Iterator[ScanRow]:
        firsts = ((number, self._items[number][1]) for number in self._same)
        for number, found in run_pass(
            self._checkpoint,
            firsts,
            _chosen,
            examine,
            merge_examined,
            self._engine,
            part(self._report, 0.0, 0.9),
        ):
            if isinstance(found, InspectorError):
                for path, tensor in self._with(number):
                    yield ScanRow(path, tensor, None, str(found))
                continue
            look = self._look(number, found or Examined(NOTHING, NO_MARKS))
            if look.marks.suspects or worth_a_look(look):
                self._closer[number] = look
            else:
                yield from self._told(number, look)
        yield from self._closer_rows(part(self._report, 0.9, 1.0))

    def _look(self, number: int, found: Examined) -> Look:
        path, tensor = self._items[number]
        statistics = finish(found.partial)
        trained = self._roles.trained(path)
        counts = trained or self._roles.counts(path)
        noun = "stored value" if tensor.layout.startswith("sparse") else "element"
        return Look(path, _chosen(tensor), statistics, found.marks, trained, counts, noun=noun)

    def _told(self, number: int, look: Look) -> Iterator[ScanRow]:
        """Yield the rows of all tensors that are this view."""
        findings: list[Finding] = []
        for find in _FINDERS:
            findings.extend(find(look))
        for path, tensor in self._with(number):
            here = [finding._replace(path=path) for finding in findings]
            if is_masked(tensor):
                here = [_hidden(finding) for finding in here]
            yield ScanRow(path, tensor, look.statistics, "", tuple(here))

    def _with(self, number: int) -> Iterator[tuple[Path, Tensor]]:
        for same in self._same[number]:
            yield self._items[same]

    def _closer_rows(self, progress: Progress) -> Iterator[ScanRow]:
        """Take the closer looks and yield the rows that waited for them."""
        tasks: list[tuple[int, tuple[int, Any]]] = []
        for number, look in self._closer.items():
            tasks += [(1, (number, task)) for task in self._closer_tasks(look)]
        places: dict[int, Places] = {}
        lines: dict[int, list[Lines]] = {}
        found: Places | Lines | InspectorError
        for number, found in self._engine.run(
            look_closer, tasks, len(tasks), progress, "Looking closer"
        ):
            if isinstance(found, Places):
                places[number] = merge_places(places.get(number, Places()), found)
            elif isinstance(found, Lines):
                lines.setdefault(number, []).append(found)
        for number, look in self._closer.items():
            dead = dead_of(lines[number]) if number in lines else None
            yield from self._told(number, look._replace(places=places.get(number), dead=dead))

    def _closer_tasks(self, look: Look) -> Iterable[Any]:
        assert look.tensor.storage is not None
        try:
            source, offset = innermost(*self._checkpoint.locate(look.tensor.storage))
        except InspectorError:
            return
        if look.marks.suspects:
            yield from places_tasks(look.tensor, offset, look.marks.suspects)
        if worth_a_look(look):
            big = self._checkpoint.byte_order == "big"
            yield from dead_tasks(look.tensor, source, offset, big)


def look_closer(task: tuple[int, Any]) -> tuple[int, Any]:
    """Worker: take one closer look; what cannot be read any more is left out."""
    number, closer = task
    try:
        return number, _CLOSER[type(closer)](closer)
    except InspectorError as error:
        return number, error


def _hidden(finding: Finding) -> Finding:
    """Return what a finding is worth where a mask may hide just the values that it is about."""
    message = f"{finding.message} The mask may hide what this is about."
    return finding._replace(severity="info", message=message)


def _chosen(tensor: Tensor) -> Tensor:
    return measured(tensor).tensor


def _same_views(items: Iterable[tuple[Path, Tensor]]) -> dict[int, list[int]]:
    """Return the numbers of all items by that of the first one that is the same view."""
    firsts: dict[Any, int] = {}
    same: dict[int, list[int]] = {}
    for number, (_, tensor) in enumerate(items):
        storage = tensor.storage
        view = (
            (
                storage.key,
                tensor.offset,
                tensor.shape,
                tensor.stride,
                tensor.dtype.name,
                tensor.lazy,
            )
            if storage is not None
            else number
        )
        same.setdefault(firsts.setdefault(view, number), []).append(number)
    return same


_FINDERS = tuple(health.of_tensor for health in HEALTH if health.of_tensor is not None)
_CLOSER: dict[type, Any] = {
    PlacesTask: find_places,
    OverlapTask: find_overlapping,
    DeadTask: find_dead,
}
