"""One pass over the blocks of many tensors: tasks are made of them, results put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from inspector.core.analysis.gathering import Gathering
from inspector.core.arrays import Block, blocks_of, small_block
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError, WorkerDied
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent
from inspector.core.sources import innermost

R = TypeVar("R")
Piece = tuple[int, bool, Block]
"""A block, the number of its tensor, and whether its values count with the other sign."""
Batch = tuple[Piece, ...]
Results = list[tuple[int, R | InspectorError]]
"""What came of each block of a batch, or why it cannot be read."""

_TASK_BLOCKS = 256  # of small tensors: more results at once would be felt in a window


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
    pieces = partial(_pieces, checkpoint, choose)
    with verified(checkpoint):
        yield from Gathering(pieces, _size, merge, _TASK_BLOCKS).run(
            look, items, _weight, engine, progress, "Reading values"
        )


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


def _weight(tensor: Tensor) -> int:
    return tensor.nbytes


def _size(piece: Piece) -> int:
    return piece[2].nbytes


def _pieces(
    checkpoint: Checkpoint, choose: Callable[[Tensor], Tensor], number: int, tensor: Tensor
) -> Iterator[Piece]:
    tensor = choose(tensor)
    if 0 in tensor.shape or tensor.storage is None:
        return
    source, offset = innermost(*checkpoint.locate(tensor.storage))
    # Of complex numbers the absolute values are looked at.
    negative = "neg" in tensor.lazy and tensor.dtype.kind != "complex"
    big = checkpoint.byte_order == "big"
    small = small_block(tensor, source, offset, big_endian=big)
    if small is not None:
        yield number, negative, small
        return
    for block in blocks_of(tensor, source, offset, big_endian=big):
        yield number, negative, block
