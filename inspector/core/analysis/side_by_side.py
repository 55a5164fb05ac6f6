"""Many small tensors that lie side by side, worked out together.

A call of numpy takes as long as a few hundred elements: of 50,000 small tensors, nearly all time
would go into calls. One read and a dozen calls do for all tensors of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.moments import SHIFT_BEYOND, Partial, partial_of_sums
from inspector.core.arrays import Block
from inspector.core.errors import InspectorError
from inspector.core.sources import read_exactly

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MOST = 4096  # elements: larger tensors are worth calls of their own
_GAP = 512  # bytes between two tensors that are read along: the header of a record
_FEWEST = 4  # tensors
_DOUBLED_NORMAL = 1 << 24  # twice the bits of the smallest normal float32


class Small(NamedTuple):
    """What a small tensor amounts to, and what its bits tell."""

    partial: Partial
    below_normal: int
    """Zeros, and numbers below the smallest normal one."""
    bits: int
    """Every bit that is set in some number."""


def side_by_side(blocks: Sequence[Block]) -> dict[int, Small]:
    """Return what blocks amount to, by position; those that need a closer look are left out."""
    order = sorted(
        (position for position, block in enumerate(blocks) if _is_small(block)),
        key=lambda position: blocks[position].start,
    )
    found: dict[int, Small] = {}
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and _follows(blocks[order[stop - 1]], blocks[order[stop]]):
            stop += 1
        if stop - start >= _FEWEST:
            run = order[start:stop]
            with suppress(InspectorError):  # each for itself will say what is wrong with it
                results = _work_out([blocks[position] for position in run])
                found |= {run[place]: small for place, small in results}
        start = stop
    return found


def _is_small(block: Block) -> bool:
    sizes, strides = block.view.sizes, block.view.strides
    return (
        block.dtype.name == "float32"
        and (not sizes or (strides == (1,) and sizes[0] <= _MOST))
        and block.view.weight == 1
        and not block.big_endian
    )


def _follows(one: Block, other: Block) -> bool:
    """Return whether a block lies next to another one that begins no later."""
    sizes = one.view.sizes
    gap = other.start - one.start - 4 * (sizes[0] if sizes else 1)
    return 0 <= gap <= _GAP and gap % 4 == 0 and one.source is other.source


def _work_out(blocks: list[Block]) -> Iterator[tuple[int, Small]]:
    """Yield what blocks that follow each other amount to, by position; raises SourceError."""
    import numpy as np

    first, last = blocks[0], blocks[-1]
    data = read_exactly(
        first.source, first.start, last.start + last.nbytes - first.start, "a tensor"
    )
    flat = np.frombuffer(data, "<f4")
    counts = [block.view.sizes[0] if block.view.sizes else 1 for block in blocks]
    begins = np.array([(block.start - first.start) // 4 for block in blocks], np.intp)
    # Pairs of begin and end: every second result is that of a gap, and dropped.
    bounds = np.empty(2 * len(counts), np.intp)
    bounds[::2], bounds[1::2] = begins, begins + np.array(counts, np.intp)
    bounds = bounds[:-1]  # the last one ends with the data

    def each(operation: Any, values: Array) -> Array:
        results: Array = operation.reduceat(values, bounds)[::2]
        return results

    with np.errstate(all="ignore"):
        bits = flat.view("<u4")
        wide = flat.astype(np.float64)
        low, high = each(np.minimum, flat), each(np.maximum, flat)
        total, squares = each(np.add, wide), each(np.add, wide * wide)
        zero = each(np.add, (flat == 0).view(np.int8).astype(np.int32))
        small = each(np.add, (bits + bits < _DOUBLED_NORMAL).view(np.int8).astype(np.int32))
        used = each(np.bitwise_or, bits)
        aside = total * total / np.array(counts)
        fine = np.isfinite(low) & np.isfinite(high) & (aside <= SHIFT_BEYOND * (squares - aside))
    columns = (column.tolist() for column in (zero, low, high, total, squares, small, used, fine))
    for position, row in enumerate(zip(counts, *columns, strict=True)):
        *sums, below, some, good = row
        if good:
            yield position, Small(partial_of_sums(*sums), below, some)
