"""Statistics of tensors: which values are looked at, and what people are told of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from inspector.core.analysis.moments import NOTHING, Partial, mean_of, merge, negated, root, summary
from inspector.core.arrays import Block, blocks_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import FormatError, InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.core.sources import innermost

_Batch = tuple[tuple[int, bool, Block], ...]
"""Blocks with the number of their tensor, and whether their values count with the other sign."""

_TASK_BYTES = 16 << 20
_TASK_BLOCKS = 256


class Statistics(NamedTuple):
    """What is told of a tensor; of finite values only, but for the counts. None: does not exist.

    Of complex numbers, the absolute values are looked at; of quantized ones the stored integers.
    """

    elements: int
    finite: int
    nan: int
    posinf: int
    neginf: int
    zero: int
    min: float | int | None
    max: float | int | None
    mean: float | None
    std: float | None
    """The population's standard deviation."""
    l2: float | None

    @property
    def absmax(self) -> float | int | None:
        """The largest absolute value."""
        if self.min is None or self.max is None:
            return None
        return max(abs(self.min), abs(self.max))


class Measured(NamedTuple):
    """The tensor whose values are looked at in the place of another one, and why."""

    tensor: Tensor
    note: str
    """A sentence; empty if it is the tensor itself."""


def measured(tensor: Tensor) -> Measured:
    """Return which values of a tensor mean something; raises FormatError where there are none."""
    if tensor.storage is not None:
        if tensor.dtype.kind == "quantized":
            note = "These are the stored integers; each stands for (integer − zero point) × scale."
            return Measured(tensor, note)
        return Measured(tensor, "")
    if not tensor.parts:
        raise FormatError("The tensor has no values: it was saved on the meta device.")
    parts = dict(tensor.parts)
    name = "values" if "values" in parts else _largest(tensor)
    inner = measured(parts[name]).tensor
    if tensor.layout.startswith("sparse"):
        missing = max(0, tensor.elements - inner.elements)
        note = f"These are the stored values; the other {missing:,} elements are zero."
    else:
        note = f"These are the values of its part {name!r}: a {tensor.layout} tensor has no others."
    return Measured(inner, note)


def _largest(tensor: Tensor) -> str:
    return max(tensor.parts, key=lambda part: part[1].nbytes)[0]


def statistics_of(
    checkpoint: Checkpoint, tensor: Tensor, engine: Engine, progress: Progress = silent
) -> Statistics:
    """Return the statistics of one tensor; raises InspectorError if its bytes cannot be had."""
    found = None
    for _, found in scan(checkpoint, [(0, tensor)], engine, progress):
        if isinstance(found, InspectorError):
            raise found
    assert isinstance(found, Statistics)
    return found


def scan(
    checkpoint: Checkpoint,
    items: Iterable[tuple[int, Tensor]],
    engine: Engine,
    progress: Progress = silent,
) -> Iterator[tuple[int, Statistics | InspectorError]]:
    """Yield the statistics of many tensors by their number, or why they cannot be had.

    In no order: each as soon as its last block is done.
    """
    run = _Scan(checkpoint)
    todo = list(items)
    total = max(1, sum(tensor.nbytes for _, tensor in todo))
    for results in engine.run(summarize, run.tasks(todo), total, progress, "Reading values"):
        for number, found in results:
            run.take(number, found)
        yield from run.settled()
    yield from run.settled()
    checkpoint.source.verify()


class _Scan:
    """Makes tasks out of tensors and puts the results together."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._sums: dict[int, Partial] = {}
        self._left: dict[int, int] = {}  # blocks under way, one more while blocks are being made
        self._failed: dict[int, InspectorError] = {}
        self._settled: list[tuple[int, Statistics | InspectorError]] = []

    def tasks(self, items: Iterable[tuple[int, Tensor]]) -> Iterator[tuple[int, _Batch]]:
        """Yield batches of blocks, each with its cost: parts of large tensors, many small ones."""
        batch: list[tuple[int, bool, Block]] = []
        cost = 0
        for number, tensor in items:
            self._left[number] = 1
            for negative, block in self._blocks(number, tensor):
                if batch and (cost + block.nbytes > _TASK_BYTES or len(batch) >= _TASK_BLOCKS):
                    yield cost, tuple(batch)
                    batch, cost = [], 0
                batch.append((number, negative, block))
                cost += block.nbytes
                self._left[number] += 1
            self._let_go(number)
        if batch:
            yield cost, tuple(batch)

    def take(self, number: int, found: Partial | InspectorError) -> None:
        """Add the result of a block to those of its tensor."""
        if isinstance(found, InspectorError):
            self._failed.setdefault(number, found)
        else:
            self._sums[number] = merge(self._sums.get(number, NOTHING), found)
        self._let_go(number)

    def settled(self) -> Iterator[tuple[int, Statistics | InspectorError]]:
        """Yield, once, the tensors that nothing more is to come for."""
        ready, self._settled = self._settled, []
        yield from ready

    def _let_go(self, number: int) -> None:
        self._left[number] -= 1
        if not self._left[number]:
            del self._left[number]
            partial = self._sums.pop(number, NOTHING)
            failure = self._failed.pop(number, None)
            self._settled.append((number, failure or finish(partial)))

    def _blocks(self, number: int, tensor: Tensor) -> Iterator[tuple[bool, Block]]:
        try:
            tensor = measured(tensor).tensor
            if 0 in tensor.shape or tensor.storage is None:
                return
            source, offset = innermost(*self._checkpoint.locate(tensor.storage))
            negative = "neg" in tensor.lazy
            big = self._checkpoint.byte_order == "big"
            for block in blocks_of(tensor, source, offset, big_endian=big):
                yield negative, block
        except InspectorError as error:
            self._failed[number] = error


def summarize(task: _Batch) -> list[tuple[int, Partial | InspectorError]]:
    """Worker: return what each block amounts to, or why it cannot be read."""
    found: list[tuple[int, Partial | InspectorError]] = []
    for number, negative, block in task:
        try:
            partial = summary(block)
            found.append((number, negated(partial) if negative else partial))
        except InspectorError as error:
            found.append((number, error))
    return found


def finish(partial: Partial) -> Statistics:
    """Return the numbers that people ask for; each is rounded once."""
    count = partial.elements - partial.nan - partial.posinf - partial.neginf
    mean = std = l2 = None
    if count:
        mean = mean_of(partial.total, count)
        # The variance times count squared, in units of 2^-2148.
        spread = max(0, count * partial.squares - partial.total * partial.total)
        std = root(spread, count)
        l2 = root(max(0, partial.squares), 1)
    elif not partial.elements:
        l2 = 0.0
    return Statistics(
        partial.elements,
        count,
        partial.nan,
        partial.posinf,
        partial.neginf,
        partial.zero,
        partial.low,
        partial.high,
        mean,
        std,
        l2,
    )
