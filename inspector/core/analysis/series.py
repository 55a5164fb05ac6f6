"""Snapshots of one run in their order: how every tensor moved, and where NaN came in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import NamedTuple

from inspector.core.analysis.comparison import Matching, Measures, Role, compare, match
from inspector.core.analysis.statistics import Statistics, scan
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError, SourceError, UnknownFormat
from inspector.core.formats import open_checkpoint
from inspector.core.model import Path, natural
from inspector.core.progress import Progress, part, silent

_MOST_MEMBERS = 16  # of a list of numbers, such as the learning rates of parameter groups
_SNAPSHOTS = (".pt", ".pth", ".ckpt", ".safetensors")
"""What a file in a folder is called that should be one: it is missed if it cannot be read."""
_ORDER = ("epoch", "step")  # facts that tell the order; both are counted upwards


class Snapshot(NamedTuple):
    """One file of a series."""

    uri: str
    facts: dict[str, float]
    """Numbers that it says about itself: epoch, step, loss, learning rate, metrics."""


class Point(NamedTuple):
    """A tensor in one snapshot; None: does not exist."""

    norm: float | None
    """Of finite elements, as the changes are of those that are finite on both sides."""
    nan: int
    inf: int
    to_first: float | None
    """The relative L2 of the change since the first snapshot."""
    to_previous: float | None
    changed: int | None
    """Elements that differ from those of the previous snapshot."""
    finite: int = 0
    """Elements that the norm is of."""


@dataclass
class Series:
    """Snapshots in order, and a curve for every tensor of the first one or a later one."""

    snapshots: list[Snapshot]
    order: str
    """What it was ordered by: `epoch`, `step` or `name`."""
    curves: dict[str, list[Point | None]] = field(default_factory=dict)
    """By the name of the tensor; None where a snapshot does not have it."""
    roles: dict[str, Role] = field(default_factory=dict)
    """What each of these tensors is."""
    skipped: list[str] = field(default_factory=list)
    """Why some of the files are no snapshots, a sentence each."""

    @property
    def fact_names(self) -> list[str]:
        """All facts that some snapshot tells, in the order in which they are told."""
        return list(dict.fromkeys(name for one in self.snapshots for name in one.facts))

    def not_finite(self, place: int) -> list[str]:
        """Return the tensors of a snapshot that have a NaN or an infinity."""
        found = []
        for name, points in self.curves.items():
            point = points[place] if place < len(points) else None
            if point is not None and point.nan + point.inf:
                found.append(name)
        return found

    @property
    def last_without_nan(self) -> int | None:
        """The place of the last snapshot in which all numbers are finite; None if there is none."""
        places = range(len(self.snapshots) - 1, -1, -1)
        return next((place for place in places if not self.not_finite(place)), None)

    @property
    def first_with_nan(self) -> int | None:
        """The place of the first snapshot in which some number is not finite."""
        places = range(len(self.snapshots))
        return next((place for place in places if self.not_finite(place)), None)


def series_of(
    files: Iterable[str],
    engine: Engine,
    progress: Progress = silent,
    on_snapshot: Callable[[Series], None] = lambda series: None,
) -> Series:
    """Return the series of files, and of all checkpoints in folders among them.

    `on_snapshot` is told whenever one more is done. Raises InspectorError for a named file that
    cannot be read; in folders, what is no checkpoint is skipped, and told if it is named like one.
    """
    found, skipped = _snapshots(files, part(progress, 0.0, 0.1))
    if len(found) < 2:
        why = f" {skipped[0]}" if skipped else ""
        raise SourceError(f"A series needs two checkpoints or more; there are {len(found)}.{why}")
    snapshots, order = in_order(found)
    series = Series(snapshots, order, skipped=skipped)
    share = 0.9 / len(snapshots)
    with open_checkpoint(snapshots[0].uri) as first:
        previous = first
        try:
            for place, snapshot in enumerate(snapshots):
                report = part(progress, 0.1 + place * share, 0.1 + (place + 1) * share)
                current = first if place == 0 else open_checkpoint(snapshot.uri)
                try:
                    _add(series, place, first, previous, current, engine, report)
                finally:
                    if previous is not first:
                        previous.close()
                    previous = current
                on_snapshot(series)
        finally:
            previous.close()
    return series


def in_order(snapshots: Sequence[Snapshot]) -> tuple[list[Snapshot], str]:
    """Return snapshots by epoch and step where all tell them, else by name: 2 before 10."""

    def by_name(one: Snapshot) -> tuple[object, ...]:
        return natural(one.uri)

    for fact in _ORDER:
        if all(fact in one.facts for one in snapshots):
            if len({one.facts[fact] for one in snapshots}) < 2:
                continue  # a schedule that never moved tells nothing
            finer = _ORDER[_ORDER.index(fact) :]
            return sorted(
                snapshots,
                key=lambda one: ([one.facts.get(name, 0) for name in finer], by_name(one)),
            ), fact
    return sorted(snapshots, key=by_name), "name"


def _snapshots(files: Iterable[str], progress: Progress) -> tuple[list[Snapshot], list[str]]:
    found: list[Snapshot] = []
    skipped: list[str] = []
    for name in files:
        is_folder = FilePath(name).is_dir()
        inside = sorted(FilePath(name).iterdir()) if is_folder else [FilePath(name)]
        for number, path in enumerate(inside):
            progress(number / len(inside), "Looking for checkpoints")
            if is_folder and (path.name.startswith(".") or not path.is_file()):
                continue
            try:
                with open_checkpoint(str(path) if is_folder else name) as checkpoint:
                    found.append(Snapshot(checkpoint.source.uri, numbers_of(checkpoint)))
            except InspectorError as error:
                if not is_folder:
                    raise
                if not isinstance(error, UnknownFormat) or path.name.endswith(_SNAPSHOTS):
                    skipped.append(str(error))
    return found, skipped


def numbers_of(checkpoint: Checkpoint) -> dict[str, float]:
    """Return all facts of a checkpoint that are numbers; of pairs such as `betas`, each one."""
    numbers: dict[str, float] = {}
    for fact in checkpoint.recognition.facts:
        if fact.name == "parameters" or fact.inferred:
            continue
        members = fact.value.items() if isinstance(fact.value, dict) else [(fact.name, fact.value)]
        for name, value in members:
            for place, number in enumerate(_numbers(value)):
                one_of = f"{name}[{place}]" if isinstance(value, list) and len(value) > 1 else name
                # The first of all learning rates is told as the learning rate.
                if place or numbers.get(str(name).removesuffix("s")) != number:
                    numbers.setdefault(str(one_of), number)
    return numbers


def _numbers(value: object) -> Iterator[float]:
    for one in value[:_MOST_MEMBERS] if isinstance(value, list) else [value]:
        if isinstance(one, str) and one in ("nan", "inf", "-inf"):
            yield float(one)
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield one


def _add(
    series: Series,
    place: int,
    first: Checkpoint,
    previous: Checkpoint,
    current: Checkpoint,
    engine: Engine,
    progress: Progress,
) -> None:
    """Work out the points of one snapshot."""
    matching = match(first, current)
    sides = [(pair, pair.b) for pair in matching.pairs if pair.b is not None]
    items = [(number, side.tensor) for number, (_, side) in enumerate(sides)]
    statistics = dict(scan(current, items, engine, part(progress, 0.0, 0.3)))
    to_first: dict[Path, Measures] = {}
    to_previous: dict[Path, Measures] = {}
    if place:
        to_first = _changes(first, current, matching, engine, part(progress, 0.3, 0.6))
        to_previous = to_first
        if place > 1:
            beside = match(previous, current)
            to_previous = _changes(previous, current, beside, engine, part(progress, 0.6, 1.0))
    for number, (pair, side) in enumerate(sides):
        told = statistics.get(number)
        if not isinstance(told, Statistics):
            continue
        series.roles.setdefault(pair.name, pair.role)
        points = series.curves.setdefault(pair.name, [])
        points += [None] * (place - len(points))
        before = to_previous.get(side.path)
        if len(points) == place:
            points.append(
                Point(
                    told.l2,
                    told.nan,
                    told.posinf + told.neginf,
                    _relative(to_first.get(side.path)),
                    _relative(before),
                    before.changed if before is not None else None,
                    told.finite,
                )
            )


def _relative(measures: Measures | None) -> float | None:
    return None if measures is None else measures.rel_l2


def _changes(
    a: Checkpoint, b: Checkpoint, matching: Matching, engine: Engine, progress: Progress
) -> dict[Path, Measures]:
    """Return how far tensors of the second are from the first's, by their path in the second."""
    return {
        row.pair.b.path: row.measures
        for row in compare(a, b, matching, engine, progress)
        if row.sure and row.measures is not None and row.pair.b is not None
    }
