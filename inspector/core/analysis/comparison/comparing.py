"""Compare all pairs: what sizes and checksums tell at once, then the bytes, then by how much.

A first row for every pair comes before any tensor is read: shapes, dtypes and the CRC-32 of the
archives sort what certainly changed from what very probably did not. Those rows say whether they
are sure. Bytes then confirm, and tensors that changed are measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import and_
from typing import Literal, NamedTuple

from inspector.core.analysis.comparison.deltas import Delta, Measures, finish, merge, same
from inspector.core.analysis.comparison.matching import Matching, Pair, Side
from inspector.core.analysis.comparison.renames import Candidate, rename_candidates
from inspector.core.analysis.comparison.tasks import (
    Look,
    apart,
    equal,
    index_at,
    look_at,
    run_tasks,
)
from inspector.core.analysis.comparison.tolerance import EXACT, Tolerance
from inspector.core.analysis.passes import verified
from inspector.core.analysis.statistics import measured
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, part, silent

Status = Literal[
    "same",  # equal bit by bit
    "cast",  # of another dtype, and what rounding to it gives
    "changed",
    "noise",  # changed by no more than the tolerance
    "added",  # only the second has it
    "removed",  # only the first has it
    "renamed",  # another name, the same content
    "shape",  # another shape: not compared
    "dtype",  # of another dtype, and other values
    "unread",  # the bytes of one cannot be had
]
STATUSES: tuple[Status, ...] = Status.__args__  # type: ignore[attr-defined]


class Row(NamedTuple):
    """What is known of a pair; a later row of the same number takes its place."""

    number: int
    pair: Pair
    status: Status
    sure: bool = True
    """False as long as only sizes and checksums say so."""
    measures: Measures | None = None
    note: str = ""
    """What else differs, or why it was not compared."""
    into: int | None = None
    """The number of the row that it has become a part of; it stands for nothing any more."""


def compare(
    a: Checkpoint,
    b: Checkpoint,
    matching: Matching,
    engine: Engine,
    progress: Progress = silent,
    tolerance: Tolerance = EXACT,
) -> Iterator[Row]:
    """Yield rows as more becomes known; the last one of each number is sure.

    Two tensors that stand alone and were renamed come once more: the first one's row has both, and
    the second one's is `into` that.
    """
    return Comparison(a, b, matching, engine, tolerance).rows(progress)


class Comparison:
    """One run over all pairs; it knows who may have been renamed once `rows` is through."""

    def __init__(
        self,
        a: Checkpoint,
        b: Checkpoint,
        matching: Matching,
        engine: Engine,
        tolerance: Tolerance = EXACT,
    ) -> None:
        self._a, self._b = a, b
        self._matching = matching
        self._pairs = matching.pairs
        self._engine = engine
        self._tolerance = tolerance
        self._doubtful: list[int] = []  # may be the same
        self._different: list[int] = []
        self._looks: dict[int, tuple[Look, Look]] = {}
        self._notes: dict[int, str] = {}
        self._consisting: list[tuple[int, Tensor, Tensor]] = []
        self._otherwise: set[int] = set()  # not the same, even if their values are
        self.candidates: list[Candidate] = []
        """Who may have been renamed; the certain ones have a row that says so."""

    def rows(self, progress: Progress = silent) -> Iterator[Row]:
        """Yield rows as more becomes known."""
        with verified(self._a, self._b):
            yield from self._first_rows(progress)
            self._compare_parts(part(progress, 0.0, 0.01))
            yield from self._confirm(part(progress, 0.0, 0.45))
            yield from self._measure(part(progress, 0.45, 0.95))
            yield from self._renames(part(progress, 0.95, 1.0))

    def _first_rows(self, progress: Progress) -> Iterator[Row]:
        """Yield a row for every pair from what the structures and directories tell."""
        for number, pair in enumerate(self._pairs):
            if number % 2000 == 0:
                progress(0.0, "Looking at shapes and checksums")
            if pair.a is None or pair.b is None:
                status: Status = "added" if pair.a is None else "removed"
                yield Row(number, pair, status, note=pair.evidence)
            else:
                yield self._first(number, pair, pair.a, pair.b)

    def _first(self, number: int, pair: Pair, a: Side, b: Side) -> Row:
        note = _note(a, b)
        if note:
            self._notes[number] = note
        if a.tensor.shape != b.tensor.shape:
            return Row(number, pair, "shape", note=note)
        try:
            looks = (
                look_at(self._a, measured(a.tensor).tensor),
                look_at(self._b, measured(b.tensor).tensor),
            )
        except InspectorError as error:
            if a.tensor.storage is None and b.tensor.storage is None and not a.tensor.parts:
                return Row(number, pair, "same", note="Both have no values.")
            return Row(number, pair, "unread", note=str(error))
        if looks[0].tensor.shape != looks[1].tensor.shape:
            return Row(number, pair, "changed", note="They hold different numbers of values.")
        self._looks[number] = looks
        self._note_parts(number, a.tensor, b.tensor)
        if a.tensor.dtype.name != b.tensor.dtype.name:
            self._different.append(number)
            return Row(number, pair, "dtype", sure=False, note=note)
        known = looks[0].crc is not None and looks[1].crc is not None
        alike = known and looks[0].crc == looks[1].crc
        # What certainly differs is measured without asking first whether it does.
        (self._doubtful if alike or not known else self._different).append(number)
        status: Status = "same" if alike and number not in self._otherwise else "changed"
        return Row(number, pair, status, sure=False, note=note)

    def _note_parts(self, number: int, a: Tensor, b: Tensor) -> None:
        """Remember what else decides whether tensors are the same: indices, scales."""
        if a.quantization != b.quantization:
            self._otherwise.add(number)
        if a.parts or b.parts:
            self._consisting.append((number, a, b))

    def _compare_parts(self, progress: Progress) -> None:
        """Compare the bytes of indices, scales and other parts of sparse and quantized tensors."""
        looks: list[tuple[int, Look, Look]] = []
        owners: list[tuple[int, str]] = []
        for number, a, b in self._consisting:
            parts_a, parts_b = dict(a.parts), dict(b.parts)
            try:
                for name in sorted(parts_a.keys() | parts_b.keys()):
                    one, other = parts_a[name], parts_b[name]
                    if (one.dtype, one.shape) != (other.dtype, other.shape):
                        raise KeyError(name)
                    looks.append((len(owners), look_at(self._a, one), look_at(self._b, other)))
                    owners.append((number, name))
            except (KeyError, InspectorError):
                self._otherwise.add(number)
        for place, found in self._equal(looks, progress):
            number, name = owners[place]
            if found is not True and found is not None:
                self._otherwise.add(number)
                notes = (self._notes.get(number, ""), f"its {name} differ")
                self._notes[number] = "; ".join(filter(None, notes))

    def _confirm(self, progress: Progress) -> Iterator[Row]:
        """Compare the bytes of what may be the same; what differs is measured later."""
        looks = ((number, *self._looks[number]) for number in self._doubtful)
        for number, found in self._equal(looks, progress):
            pair, note = self._pairs[number], self._notes.get(number, "")
            if isinstance(found, InspectorError):
                yield Row(number, pair, "unread", note=str(found))
            elif found is False:
                self._different.append(number)
                yield Row(number, pair, "changed", sure=False, note=note)
            else:
                elements = self._looks[number][0].tensor.elements
                status = self._verdict(number, "same")
                yield Row(number, pair, status, measures=same(elements), note=note)

    def _equal(
        self, looks: Iterable[tuple[int, Look, Look]], progress: Progress
    ) -> Iterator[tuple[int, bool | InspectorError | None]]:
        return run_tasks(self._engine, equal, looks, and_, progress, "Comparing bytes")

    def _verdict(self, number: int, status: Status) -> Status:
        return "changed" if number in self._otherwise and status in ("same", "noise") else status

    def _measure(self, progress: Progress) -> Iterator[Row]:
        """Work out how far the tensors that changed are apart."""
        looks = ((number, *self._looks[number]) for number in sorted(self._different))
        for number, found in run_tasks(
            self._engine, apart, looks, merge, progress, "Measuring differences"
        ):
            pair, note = self._pairs[number], self._notes.get(number, "")
            if isinstance(found, InspectorError):
                yield Row(number, pair, "unread", note=str(found))
                continue
            apart_by = found if isinstance(found, Delta) else Delta()
            look_a, look_b = self._looks[number]
            measures = finish(apart_by, index_at(look_a, look_b, apart_by.at))
            status: Status = "changed" if apart_by.changed else "same"
            if status == "changed" and self._tolerance.covers(measures):
                status = "noise"
            if look_a.tensor.dtype.name != look_b.tensor.dtype.name:
                status = "dtype" if apart_by.uncast else "cast"
            yield Row(number, pair, self._verdict(number, status), measures=measures, note=note)

    def _renames(self, progress: Progress) -> Iterator[Row]:
        self.candidates = rename_candidates(
            self._a, self._b, self._matching, self._engine, progress
        )
        for found in self.candidates:
            a, b = self._pairs[found.a], self._pairs[found.b]
            if not found.certain or a.a is None or b.b is None:
                continue
            pair = a._replace(b=b.b, evidence=f"now {b.name}: {found.evidence}")
            measures = same(a.a.tensor.elements)
            yield Row(found.a, pair, "renamed", measures=measures, note=_note(a.a, b.b))
            yield Row(found.b, pair, "renamed", into=found.a)


def _note(a: Side, b: Side) -> str:
    one, other = a.tensor, b.tensor
    said = []
    if one.device != other.device:
        said.append(f"saved on {one.device}, then {other.device}")
    if one.quantization != other.quantization:
        was, now = one.quantization or "none", other.quantization or "none"
        said.append(f"quantization {was}, then {now}")
    return "; ".join(said)
