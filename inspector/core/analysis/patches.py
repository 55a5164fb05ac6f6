"""Patches: parts of a plane small enough to be read at once, and what their cells amount to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.cells import Cells, magnitudes, reduced
from inspector.core.analysis.planes import Plane, Step
from inspector.core.arrays import (
    Block,
    View,
    code_values,
    decode,
    encoding_of,
    load_stored,
    resolved,
)
from inspector.core.arrays.encodings import unpack
from inspector.core.model import DType
from inspector.core.sources import Source, read_exactly

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MOST_BYTES = 16 << 20  # that one patch reads
_MOST_ELEMENTS = 4 << 20  # that it looks at: a view that overlaps itself has more than bytes
_MOST_READS = 4096
_GAP = 32 << 10  # bytes that are sooner read along than skipped


class Dim(NamedTuple):
    """One dimension of a patch."""

    size: int
    stride: int
    """In elements of the storage."""
    pace: int
    """By how many rows or columns of the plane one goes on."""
    is_down: bool


class Patch(NamedTuple):
    """Elements in a box, where their bytes are, and which cells they belong to."""

    source: Source
    start: int
    """Where the storage begins in the source."""
    dtype: DType
    big_endian: bool
    lazy: str
    """What torch applies to the values when it reads them."""
    first: int
    """The element of the storage at the top left."""
    row: int
    """Rows and columns count from the part of the plane that the picture shows."""
    column: int
    dims: tuple[Dim, ...]
    """Those that go down first, each group from the outermost to the innermost."""
    tall: int
    """Rows and columns of a cell."""
    wide: int

    @property
    def reading(self) -> tuple[int, int]:
        """How many bytes are read for it, and in how many reads."""
        run, outer = _run(self.dims, self.dtype.bits)
        reads = prod(dim.size for dim in outer)
        return reads * ((_extent(run) * self.dtype.bits + 7) // 8), reads

    @property
    def elements(self) -> int:
        """Elements that it looks at."""
        return prod(dim.size for dim in self.dims)

    @property
    def is_small(self) -> bool:
        """True if it can be read at once."""
        nbytes, reads = self.reading
        return nbytes <= _MOST_BYTES and reads <= _MOST_READS and self.elements <= _MOST_ELEMENTS

    def part(self, number: int, begin: int, size: int) -> Patch:
        """Return a part of it along one of its dimensions."""
        dim = self.dims[number]
        smaller = dim._replace(size=size)
        return self._replace(
            first=self.first + begin * dim.stride,
            row=self.row + begin * dim.pace * dim.is_down,
            column=self.column + begin * dim.pace * (not dim.is_down),
            dims=(*self.dims[:number], smaller, *self.dims[number + 1 :]),
        )


class Outcome(NamedTuple):
    """What came of a patch: its values as they are where a cell is an element, else its cells."""

    rows: Array
    """The rows of cells it has to do with, and the columns of cells."""
    columns: Array
    values: Array | None
    cells: Cells | None


def boxes(
    plane: Plane, rows: range, columns: range
) -> Iterator[tuple[int, int, int, tuple[Dim, ...]]]:
    """Yield boxes that cover a part of a plane: first element, row, column, dimensions."""
    stride = plane.tensor.stride
    origin = plane.tensor.offset + sum(
        number * step for number, step in zip(plane.at, stride, strict=True)
    )
    for down in _ranges(plane.down, rows.start, rows.stop):
        for across in _ranges(plane.across, columns.start, columns.stop):
            dims: list[Dim] = []
            first, places = origin, []
            for steps, chosen in ((plane.down, down), (plane.across, across)):
                pace, place = 1, 0
                found: list[Dim] = []
                for step, number in zip(reversed(steps), reversed(chosen), strict=True):
                    reach = step.pace * stride[step.axis]
                    first += number.start * reach
                    place += number.start * pace
                    found.append(Dim(len(number), reach, pace, steps is plane.down))
                    pace *= step.size
                dims += reversed(found)
                places.append(place)
            yield first, places[0] - rows.start, places[1] - columns.start, tuple(dims)


def _ranges(steps: tuple[Step, ...], first: int, stop: int) -> Iterator[tuple[range, ...]]:
    """Yield the boxes of indices whose numbers, counted through, are `first`..`stop`."""
    if not steps:
        yield ()
        return
    inner = prod(step.size for step in steps[1:])
    head, tail = -(-first // inner), stop // inner
    if head > tail:  # both ends within one
        for rest in _ranges(steps[1:], first - tail * inner, stop - tail * inner):
            yield (range(tail, tail + 1), *rest)
        return
    if first < head * inner:
        for rest in _ranges(steps[1:], first - (head - 1) * inner, inner):
            yield (range(head - 1, head), *rest)
    if head < tail:
        yield (range(head, tail), *(range(step.size) for step in steps[1:]))
    if tail * inner < stop:
        for rest in _ranges(steps[1:], 0, stop - tail * inner):
            yield (range(tail, tail + 1), *rest)


def split(patch: Patch) -> Iterator[Patch]:
    """Yield patches that each read a bounded number of bytes, in the order of the file."""
    if patch.is_small:
        yield patch
        return
    nbytes, reads = patch.reading
    number = max(
        (place for place, dim in enumerate(patch.dims) if dim.size > 1),
        key=lambda place: (abs(patch.dims[place].stride), patch.dims[place].size),
    )
    dim = patch.dims[number]
    parts = max(nbytes / _MOST_BYTES, reads / _MOST_READS, patch.elements / _MOST_ELEMENTS, 1.0)
    at_once = max(1, int(dim.size / parts))
    cell = patch.tall if dim.is_down else patch.wide
    if dim.pace == 1 and at_once > cell:
        at_once -= at_once % cell
    if at_once >= dim.size:
        at_once = -(-dim.size // 2)
    for begin in range(0, dim.size, at_once):
        yield from split(patch.part(number, begin, min(at_once, dim.size - begin)))


def outcome(patch: Patch) -> Outcome:
    """Worker: read a patch and return what becomes of it; raises InspectorError."""
    import numpy as np

    with np.errstate(all="ignore"):
        values = values_of(patch)
        rows, height = groups_of(patch, patch.row, patch.tall, is_down=True)
        columns, width = groups_of(patch, patch.column, patch.wide, is_down=False)
        if patch.tall == patch.wide == 1:
            return Outcome(rows, columns, values, None)
        return Outcome(rows, columns, None, reduced(magnitudes(values), height, width))


def groups_of(patch: Patch, first: int, cell: int, *, is_down: bool) -> tuple[Array, Array]:
    """Return which cells the rows or columns of a patch fall into, and how many into each."""
    import numpy as np

    places = np.array([first])
    for dim in patch.dims:
        if dim.is_down == is_down:
            places = np.add.outer(places, np.arange(dim.size) * dim.pace).reshape(-1)
    found, counts = np.unique(places // cell, return_counts=True)
    return found, counts


def values_of(patch: Patch) -> Array:
    """Return the values of a patch as rows and columns, in a dtype that has them exactly."""
    import numpy as np

    _, outer = _run(patch.dims, patch.dtype.bits)
    sizes = tuple(dim.size for dim in patch.dims)
    loose = [place for place, dim in enumerate(patch.dims) if dim in outer]
    if loose:
        inside = [place for place, dim in enumerate(patch.dims) if dim not in outer]
        order = loose + inside  # in memory as in the file: what is read lies in one piece
        gathered = np.empty([sizes[place] for place in order], encoding_of(patch.dtype).stored)
        dims = tuple(patch.dims[place] for place in inside)
        for numbers in product(*(range(sizes[place]) for place in loose)):
            steps = zip(loose, numbers, strict=True)
            first = patch.first + sum(number * patch.dims[place].stride for place, number in steps)
            gathered[numbers] = _stored(patch, first, dims)
        stored = gathered.transpose(np.argsort(order))
    else:
        stored = _stored(patch, patch.first, patch.dims)
    height = prod(dim.size for dim in patch.dims if dim.is_down)
    grid = stored.reshape(height, -1)
    if patch.dtype.bits < 8:
        values: Array = code_values(patch.dtype.name).astype(np.float32)[grid]
    else:
        values = decode(grid, patch.dtype)
    return resolved(values, patch.lazy)


def _stored(patch: Patch, first: int, dims: tuple[Dim, ...]) -> Array:
    """Return the stored numbers of some dimensions, `first` being the element at their start."""
    import numpy as np

    bits = patch.dtype.bits
    begin = first + sum((dim.size - 1) * dim.stride for dim in dims if dim.stride < 0)
    number = _extent(dims)
    if bits < 8:
        start, stop = begin * bits // 8, ((begin + number) * bits + 7) // 8
        data = read_exactly(patch.source, patch.start + start, stop - start, "a tensor")
        flat = unpack(np.frombuffer(data, np.uint8), bits)[begin - start * 8 // bits :]
    else:
        view = View(0, (number,), (1,))
        start = patch.start + begin * bits // 8
        flat = load_stored(Block(patch.source, start, view, patch.dtype, patch.big_endian))
    width = flat.itemsize
    # Inside `flat`: it was read as long as these dimensions reach.
    return np.lib.stride_tricks.as_strided(
        flat[first - begin :],
        [dim.size for dim in dims],
        [dim.stride * width for dim in dims],
        writeable=False,
    )


def _run(dims: tuple[Dim, ...], bits: int) -> tuple[tuple[Dim, ...], tuple[Dim, ...]]:
    """Tell the dimensions that are read in one run from those that are gone through one by one."""
    inside: list[Dim] = []
    ordered = sorted(dims, key=lambda dim: abs(dim.stride))
    for number, dim in enumerate(ordered):
        gap = (abs(dim.stride) - _extent(tuple(inside))) * bits // 8
        if dim.size > 1 and gap > _GAP:
            return tuple(inside), tuple(ordered[number:])
        inside.append(dim)
    return tuple(inside), ()


def _extent(dims: tuple[Dim, ...]) -> int:
    return 1 + sum((dim.size - 1) * abs(dim.stride) for dim in dims)
