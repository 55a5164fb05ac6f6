"""One pass over the blocks of many tensors: tasks are made of them, results put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from inspector.core.arrays import Block, blocks_of, small_block
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine, next_task
from inspector.core.errors import InspectorError, WorkerDied
from inspector.core.model import Tensor
from inspector.core.progress import Progress, Repeated, silent
from inspector.core.sources import innermost

R = TypeVar("R")
Batch = tuple[tuple[int, bool, Block], ...]
"""Blocks with the number of their tensor, and whether their values count with the other sign."""
Results = list[tuple[int, R | InspectorError]]
"""What came of each block of a batch, or why it cannot be read."""

_TASK_BYTES = 64 << 20
_TASK_BLOCKS = 1024


def run_pass(
    checkpoint: Checkpoint,
    items: Iterable[tuple[int, Tensor]],
    choose: Callable[[Tensor], Tensor],
    look: Callable[[Batch], Results[R]],
    merge: Callable[[R, R], R],
    engine: Engine,
    progress: Progress = silent,
) -> Iterator[tuple[int, R | InspectorError | None]]:
    """Yield what `look` makes of each tensor's blocks, merged, or why there is nothing.

    In no order: each tensor as soon as its last block is done; None for one without elements.
    `choose` says whose values to look at in its place, or raises InspectorError.
    """
    report = Repeated(progress)
    run = _Pass(checkpoint, choose, merge)
    todo: list[tuple[int, Tensor]] = []
    total = 0
    for item in report.between(items):
        todo.append(item)
        total += item[1].nbytes
    with verified(checkpoint):
        tasks = run.tasks(report.between(todo), total)
        for results in engine.run(look, tasks, max(1, total), report, "Reading values"):
            for number, found in results:
                run.take(number, found)
            yield from run.settled()
        yield from run.settled()


@contextmanager
def verified(*checkpoints: Checkpoint) -> Iterator[None]:
    """Raise SourceError for a file that changed meanwhile, whatever else that has led to."""
    try:
        yield
    except (WorkerDied, ArithmeticError, ValueError):
        # Mapped bytes that change make sums contradict each other, or a process die.
        for checkpoint in checkpoints:
            checkpoint.source.verify()
        raise
    for checkpoint in checkpoints:
        checkpoint.source.verify()


class _Pass(Generic[R]):
    """The state of a pass: what is under way, and what has come of it."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        choose: Callable[[Tensor], Tensor],
        merge: Callable[[R, R], R],
    ) -> None:
        self._checkpoint = checkpoint
        self._choose = choose
        self._merge = merge
        self._found: dict[int, R] = {}
        self._left: dict[int, int] = {}  # blocks under way, one more while blocks are being made
        self._failed: dict[int, InspectorError] = {}
        self._settled: list[tuple[int, R | InspectorError | None]] = []

    def tasks(self, items: Iterable[tuple[int, Tensor]], left: int) -> Iterator[tuple[int, Batch]]:
        """Yield batches of blocks, each with its cost: parts of large tensors, many small ones."""
        batch: list[tuple[int, bool, Block]] = []
        cost, most = 0, next_task(left, _TASK_BYTES)
        for number, tensor in items:
            self._left[number] = 1
            for negative, block in self._blocks(number, tensor):
                if batch and (cost + block.nbytes > most or len(batch) >= _TASK_BLOCKS):
                    yield cost, tuple(batch)
                    left -= cost
                    batch, cost, most = [], 0, next_task(left, _TASK_BYTES)
                batch.append((number, negative, block))
                cost += block.nbytes
                self._left[number] += 1
            self._let_go(number)
        if batch:
            yield cost, tuple(batch)

    def take(self, number: int, found: R | InspectorError) -> None:
        """Add the result of a block to those of its tensor."""
        if isinstance(found, InspectorError):
            self._failed.setdefault(number, found)
        elif number in self._found:
            self._found[number] = self._merge(self._found[number], found)
        else:
            self._found[number] = found
        self._let_go(number)

    def settled(self) -> Iterator[tuple[int, R | InspectorError | None]]:
        """Yield, once, the tensors that nothing more is to come for."""
        ready, self._settled = self._settled, []
        yield from ready

    def _let_go(self, number: int) -> None:
        self._left[number] -= 1
        if not self._left[number]:
            del self._left[number]
            found = self._found.pop(number, None)
            failure = self._failed.pop(number, None)
            self._settled.append((number, failure or found))

    def _blocks(self, number: int, tensor: Tensor) -> Iterator[tuple[bool, Block]]:
        try:
            tensor = self._choose(tensor)
            if 0 in tensor.shape or tensor.storage is None:
                return
            source, offset = innermost(*self._checkpoint.locate(tensor.storage))
            # Of complex numbers the absolute values are looked at.
            negative = "neg" in tensor.lazy and tensor.dtype.kind != "complex"
            big = self._checkpoint.byte_order == "big"
            small = small_block(tensor, source, offset, big_endian=big)
            if small is not None:
                yield negative, small
                return
            for block in blocks_of(tensor, source, offset, big_endian=big):
                yield negative, block
        except InspectorError as error:
            self._failed[number] = error
