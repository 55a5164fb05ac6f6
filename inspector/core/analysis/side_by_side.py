"""Many small tensors that lie side by side, worked out together.

A call of numpy takes as long as a few hundred elements: of 50,000 small tensors, nearly all time
would go into calls. One read and a dozen calls do for all tensors of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.moments import (
    SHIFT_BEYOND,
    Partial,
    partial_of_integer,
    partial_of_sums,
)
from inspector.core.arrays import Block, decode, encoding_of
from inspector.core.errors import InspectorError
from inspector.core.sources import read_exactly

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MOST = 4096  # elements: larger tensors are worth calls of their own
_GAP = 8192  # bytes between two tensors that are read along: headers, tensors of other dtypes
_FEWEST = 4  # tensors
_COUNTER = "int64"  # of which there is one in every batch norm

NORMAL = {
    "float64": ("u8", 1 << 53),
    "float32": ("u4", 1 << 24),
    "float16": ("u2", 1 << 11),
    "bfloat16": ("u2", 1 << 8),
}
"""By dtype an unsigned integer of its size, and twice the bits of its smallest normal number."""
_FLOATS = ("float32", "float16", "bfloat16")


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
        key=lambda position: (blocks[position].dtype.name, blocks[position].start),
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
    (_, sizes, strides, weight), name = block.view, block.dtype.name
    if weight != 1 or block.big_endian:
        return False
    if sizes:
        return name in _FLOATS and strides == (1,) and sizes[0] <= _MOST
    return name in _FLOATS or name == _COUNTER


def _follows(one: Block, other: Block) -> bool:
    """Return whether a block lies next to another one that begins no later."""
    width = one.dtype.bits // 8
    gap = other.start - one.start - width * _count(one)
    return (
        0 <= gap <= _GAP
        and gap % width == 0
        and one.source is other.source
        and one.dtype == other.dtype
    )


def _count(block: Block) -> int:
    return block.view.sizes[0] if block.view.sizes else 1


def _work_out(blocks: list[Block]) -> Iterator[tuple[int, Small]]:
    """Yield what blocks that follow each other amount to, by position; raises SourceError."""
    import numpy as np

    first, last, name = blocks[0], blocks[-1], blocks[0].dtype.name
    width = first.dtype.bits // 8
    stop = last.start + width * _count(last)
    data = read_exactly(first.source, first.start, stop - first.start, "a tensor")
    counts = [_count(block) for block in blocks]
    begins = np.array([(block.start - first.start) // width for block in blocks], np.intp)
    if name == _COUNTER:
        for position, value in enumerate(np.frombuffer(data, "<i8")[begins].tolist()):
            yield position, Small(partial_of_integer(value), 0, 0)
        return
    # Pairs of begin and end: every second result is that of a gap, and dropped.
    bounds = np.empty(2 * len(counts), np.intp)
    bounds[::2], bounds[1::2] = begins, begins + np.array(counts, np.intp)
    bounds = bounds[:-1]  # the last one ends with the data

    def each(operation: Any, values: Array) -> Array:
        results: Array = operation.reduceat(values, bounds)[::2]
        return results

    def numbers(flags: Array) -> Array:
        return each(np.add, flags.view(np.int8).astype(np.int32))

    with np.errstate(all="ignore"):
        integer, doubled = NORMAL[name]
        bits = np.frombuffer(data, f"<{integer}")
        flat = decode(np.frombuffer(data, f"<{encoding_of(first.dtype).stored}"), first.dtype)
        wide = flat.astype(np.float64)
        low, high = each(np.minimum, flat), each(np.maximum, flat)
        total, squares = each(np.add, wide), each(np.add, wide * wide)
        zero = numbers(flat == 0)
        small = numbers(bits + bits < np.array(doubled, integer))
        used = each(np.bitwise_or, bits)
        aside = total * total / np.array(counts)
        apart = (aside <= SHIFT_BEYOND * (squares - aside)) | (low == high)
        fine = np.isfinite(low) & np.isfinite(high) & apart
    columns = (column.tolist() for column in (zero, low, high, total, squares, small, used, fine))
    for position, row in enumerate(zip(counts, *columns, strict=True)):
        *sums, below, some, good = row
        if good:
            yield position, Small(partial_of_sums(*sums), below, some)
