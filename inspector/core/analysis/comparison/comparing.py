"""Compare all pairs: what sizes and checksums tell at once, then the bytes, then by how much.

A first row for every pair comes before any tensor is read: shapes, dtypes and the CRC-32 of the
archives sort what certainly changed from what very probably did not. Those rows say whether they
are sure. Bytes then confirm, and tensors that changed are measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from inspector.core.analysis.comparison.deltas import Delta, Measures, finish, merge, same
from inspector.core.analysis.comparison.matching import (
    Candidate,
    Matching,
    Pair,
    Side,
    rename_candidates,
)
from inspector.core.analysis.comparison.tasks import (
    Look,
    Tasks,
    apart,
    digest,
    equal,
    index_at,
    look_at,
)
from inspector.core.analysis.statistics import measured
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, part, silent

Status = Literal[
    "same",  # equal bit by bit
    "cast",  # of another dtype, and what rounding to it gives
    "changed",
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

    @property
    def is_statistic(self) -> bool:
        """True for what batch norm counts and averages, which changes without training."""
        return self.pair.name.rpartition(".")[2] in _STATISTICS


_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def compare(
    a: Checkpoint,
    b: Checkpoint,
    matching: Matching,
    engine: Engine,
    progress: Progress = silent,
) -> Iterator[Row]:
    """Yield rows as more becomes known; the last one of each number is sure.

    Tensors that stand alone and were renamed come once more, as one row of the removed one's
    number, and a row of status `renamed` with the added one's number and no measures.
    """
    run = _Comparing(a, b, matching, engine)
    yield from run.first_rows(progress)
    yield from run.confirm(part(progress, 0.0, 0.45))
    yield from run.measure(part(progress, 0.45, 0.95))
    yield from run.renames(part(progress, 0.95, 1.0))
    a.source.verify()
    b.source.verify()


class _Comparing:
    def __init__(self, a: Checkpoint, b: Checkpoint, matching: Matching, engine: Engine) -> None:
        self._a, self._b = a, b
        self._pairs = matching.pairs
        self._engine = engine
        self._tasks = Tasks()
        self._doubtful: list[int] = []  # may be the same
        self._different: list[int] = []
        self._looks: dict[int, tuple[Look, Look]] = {}
        self._notes: dict[int, str] = {}

    def first_rows(self, progress: Progress) -> Iterator[Row]:
        """Yield a row for every pair from what the structures and directories tell."""
        for number, pair in enumerate(self._pairs):
            if number % 2000 == 0:
                progress(0.0, "Looking at shapes and checksums")
            if pair.a is None or pair.b is None:
                yield Row(number, pair, "added" if pair.a is None else "removed")
            else:
                yield self._first(number, pair, pair.a, pair.b)

    def _first(self, number: int, pair: Pair, a: Side, b: Side) -> Row:
        note = self._notes[number] = _note(a, b)
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
        if a.tensor.dtype.name != b.tensor.dtype.name:
            self._different.append(number)
            return Row(number, pair, "dtype", sure=False, note=note)
        probably = looks[0].crc is not None and looks[0].crc == looks[1].crc
        certainly_not = None not in (looks[0].crc, looks[1].crc) and not probably
        if certainly_not:
            self._different.append(number)
            return Row(number, pair, "changed", sure=False, note=note)
        self._doubtful.append(number)
        return Row(number, pair, "same" if probably else "changed", sure=False, note=note)

    def confirm(self, progress: Progress) -> Iterator[Row]:
        """Compare the bytes of what may be the same; what differs is measured later."""
        tasks = self._tasks
        looks = [(number, *self._looks[number]) for number in self._doubtful]
        total = max(1, sum(look[1].nbytes for look in looks))
        batches = tasks.batches(looks)
        for results in self._engine.run(equal, batches, total, progress, "Comparing bytes"):
            tasks.take(results, _both)
            yield from self._confirmed()
        yield from self._confirmed()

    def _confirmed(self) -> Iterator[Row]:
        for number, found in self._tasks.settled():
            pair, note = self._pairs[number], self._notes[number]
            if isinstance(found, InspectorError):
                yield Row(number, pair, "unread", note=str(found))
            elif found is False:
                self._different.append(number)
                yield Row(number, pair, "changed", sure=False, note=note)
            else:
                elements = self._looks[number][0].tensor.elements
                yield Row(number, pair, "same", measures=same(elements), note=note)

    def measure(self, progress: Progress) -> Iterator[Row]:
        """Work out how far the tensors that changed are apart."""
        tasks = self._tasks
        looks = [(number, *self._looks[number]) for number in sorted(self._different)]
        total = max(1, sum(look[1].nbytes for look in looks))
        for results in self._engine.run(
            apart, tasks.batches(looks), total, progress, "Measuring differences"
        ):
            tasks.take(results, merge)
            yield from self._measured()
        yield from self._measured()

    def _measured(self) -> Iterator[Row]:
        for number, found in self._tasks.settled():
            pair, note = self._pairs[number], self._notes[number]
            if isinstance(found, InspectorError):
                yield Row(number, pair, "unread", note=str(found))
                continue
            apart_by = found if isinstance(found, Delta) else Delta()
            look_a, look_b = self._looks[number]
            measures = finish(apart_by, index_at(look_a, look_b, apart_by.at))
            status: Status = "changed" if apart_by.changed else "same"
            if look_a.tensor.dtype.name != look_b.tensor.dtype.name:
                status = "dtype" if apart_by.uncast else "cast"
            yield Row(number, pair, status, measures=measures, note=note)

    def renames(self, progress: Progress) -> Iterator[Row]:
        """Find tensors without a partner whose content is there under another name."""
        for found in self.candidates(progress):
            if not found.certain:
                continue
            a, b = self._pairs[found.a], self._pairs[found.b]
            assert a.a is not None
            pair = Pair(a.name, a.a, b.b, f"now {b.name}: {found.evidence}")
            yield Row(found.a, pair, "renamed", measures=same(a.a.tensor.elements))
            yield Row(found.b, pair, "renamed", note="the same row")

    def candidates(self, progress: Progress) -> list[Candidate]:
        """Return all that may have been renamed."""
        alone = {
            side: number
            for number, pair in enumerate(self._pairs)
            for side in (pair.a, pair.b)
            if side is not None and (pair.a is None or pair.b is None)
        }
        digests = self._digests(list(alone), part(progress, 0.0, 0.9))
        return rename_candidates(self._pairs, digests, progress)

    def _digests(self, sides: Sequence[Side], progress: Progress) -> dict[Side, bytes]:
        """Return a hash of the values of every tensor that could have a partner by its look."""
        ones = {_look(pair.a) for pair in self._pairs if pair.a and pair.b is None}
        others = {_look(pair.b) for pair in self._pairs if pair.b and pair.a is None}
        wanted = [side for side in sides if _look(side) in ones & others]
        of_b = {id(pair.b) for pair in self._pairs if pair.b is not None}
        looks = []
        for number, side in enumerate(wanted):
            try:
                checkpoint = self._b if id(side) in of_b else self._a
                look = look_at(checkpoint, measured(side.tensor).tensor)
            except InspectorError:
                continue
            if look.tensor.contiguous:  # others lie in no order that could be compared
                looks.append((number, look, look))
        total = max(1, sum(look.nbytes for _, look, _ in looks))
        found: dict[Side, bytes] = {}
        tasks = self._tasks
        for results in self._engine.run(
            digest, tasks.batches(looks), total, progress, "Looking for renamed tensors"
        ):
            tasks.take(results, _sum)
            found |= _digests_of(tasks, wanted)
        return found | _digests_of(tasks, wanted)


def _digests_of(tasks: Tasks, wanted: Sequence[Side]) -> dict[Side, bytes]:
    pairs = list(tasks.settled())
    return {wanted[number]: what for number, what in pairs if isinstance(what, bytes)}


def _sum(one: bytes, other: bytes) -> bytes:
    """Return a digest of pieces that come in any order."""
    total = int.from_bytes(one, "big") + int.from_bytes(other, "big")
    return (total % (1 << 128)).to_bytes(16, "big")


def _look(side: Side) -> object:
    return side.tensor.dtype.name, side.tensor.shape


def _note(a: Side, b: Side) -> str:
    one, other = a.tensor, b.tensor
    said = []
    if one.device != other.device:
        said.append(f"saved on {one.device}, then {other.device}")
    if one.quantization != other.quantization:
        was, now = one.quantization or "none", other.quantization or "none"
        said.append(f"quantization {was}, then {now}")
    return "; ".join(said)


def _both(one: bool, other: bool) -> bool:
    return one and other
