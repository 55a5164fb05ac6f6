"""The signed difference of two tensors as a picture, and pairs of elements for a scatter plot.

Both planes are read patch by patch, the same elements of each, whatever their dtypes and strides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.cells import reduced
from inspector.core.analysis.patches import Outcome, Patch, groups_of, values_of
from inspector.core.analysis.pictures import Area, Picture, Reading
from inspector.core.analysis.planes import Plane, Step
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import FormatError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MOST_SAMPLED = 512 << 20  # bytes of each side that points are drawn from
_FARTHEST = 200  # pairs that changed most, which are always among the points
_MOST_ELEMENTS = 1 << 38  # a view can repeat its elements without end
_EXACT = 53  # bits of an integer that float64 has


class Both(NamedTuple):
    """The same elements of two tensors."""

    a: Patch
    b: Patch


def difference_picture_of(
    sides: tuple[Checkpoint, Checkpoint],
    planes: tuple[Plane, Plane],
    most: tuple[int, int],
    engine: Engine,
    area: Area | None = None,
    progress: Progress = silent,
) -> Picture:
    """Return the second minus the first as cells, in float64.

    Zero is where both are equal, NaN and infinities included; what is not finite on one side only
    counts as NaN.
    """
    a = planes[0]
    whole = area or Area(0, 0, a.rows, a.columns)
    every = _every(a, whole, most)
    first, second = (Reading(plane, whole, most, every) for plane in planes)
    boxes = zip(first.boxes(sides[0]), second.boxes(sides[1]), strict=True)
    tasks = [(both.a.reading[0] + both.b.reading[0], both) for box in boxes for both in _split(box)]
    total = max(1, sum(cost for cost, _ in tasks))
    for found in engine.run(difference, tasks, total, progress, "Reading differences"):
        first.take(found)
    for checkpoint in sides:
        checkpoint.source.verify()
    return first.picture()


class Points(NamedTuple):
    """Pairs of elements of which both are finite."""

    a: Array
    b: Array
    far_a: Array
    """Those that changed most, of all that were looked at."""
    far_b: Array
    looked_at: int
    """Pairs that had a chance to be drawn."""
    elements: int
    odd: int
    """Of those that were looked at, pairs of which one is not finite."""


class _Draw(NamedTuple):
    both: Both
    share: float


def points_of(
    sides: tuple[Checkpoint, Checkpoint],
    tensors: tuple[Tensor, Tensor],
    number: int,
    engine: Engine,
    progress: Progress = silent,
) -> Points:
    """Draw about so many pairs at random, each with the same chance, the same ones every time.

    Of very large tensors, some stretches are drawn first, and pairs out of these.
    """
    import numpy as np

    planes = _lying(tensors[0]), _lying(tensors[1])
    area = Area(0, 0, planes[0].rows, planes[0].columns)
    cells = area.rows, area.columns
    _every(planes[0], area, cells)
    first, second = (Reading(plane, area, cells, (1, 1)) for plane in planes)
    boxes = zip(first.boxes(sides[0]), second.boxes(sides[1]), strict=True)
    every = [both for box in boxes for both in _split(box)]
    chosen = _chosen(every)
    looked_at = sum(both.a.elements for both in chosen)
    share = min(1.0, number / max(1, looked_at))
    tasks = [(both.a.reading[0], _Draw(both, share)) for both in chosen]
    total = max(1, sum(cost for cost, _ in tasks))
    parts = list(engine.run(draw, tasks, total, progress, "Drawing points"))
    for checkpoint in sides:
        checkpoint.source.verify()
    a, b, far_a, far_b = (np.concatenate([part[n] for part in parts]) for n in range(4))
    far = _farthest(far_a, far_b)
    odd = sum(part.odd for part in parts)
    return Points(a, b, far_a[far], far_b[far], looked_at, tensors[0].elements, odd)


def _every(plane: Plane, area: Area, most: tuple[int, int]) -> tuple[int, int]:
    """Return how many are read as one; raises FormatError for what has no end."""
    if area.rows * area.columns > _MOST_ELEMENTS:
        raise FormatError(
            f"{area.rows:,} × {area.columns:,} elements are too many to be looked at in pairs."
        )
    return Reading(plane, area, most).every


def _lying(tensor: Tensor) -> Plane:
    """Lay all axes but the last out as rows."""
    steps = tuple(Step(axis, size) for axis, size in enumerate(tensor.shape))
    return Plane(tensor, (0,) * len(steps), steps[:-1], steps[-1:])


def _chosen(every: Sequence[Both]) -> Sequence[Both]:
    """Return some of the patches if all are too much to read."""
    import random

    total = sum(both.a.reading[0] for both in every)
    if total <= _MOST_SAMPLED:
        return every
    number = max(1, len(every) * _MOST_SAMPLED // total)
    return random.Random(0).sample(list(every), number)


def _split(box: tuple[Patch, Patch]) -> Iterator[Both]:
    """Yield pairs of patches that can be read at once, halved along the longest way."""
    a, b = box
    if a.is_small and b.is_small:
        yield Both(a, b)
        return
    number = max(
        (place for place, dim in enumerate(a.dims) if dim.size > 1),
        key=lambda place: (abs(a.dims[place].stride), a.dims[place].size),
    )
    dim = a.dims[number]
    half = dim.size // 2
    cell = a.tall if dim.is_down else a.wide
    if dim.pace == 1 and half > cell:
        half -= half % cell
    for begin, size in ((0, half), (half, dim.size - half)):
        yield from _split((a.part(number, begin, size), b.part(number, begin, size)))


# ---- worker processes -----------------------------------------------------------------------


def difference(both: Both) -> Outcome:
    """Worker: read both and return what their difference amounts to."""
    import numpy as np

    with np.errstate(all="ignore"):
        values = _apart(values_of(both.a), values_of(both.b))
        patch = both.a
        rows, height = groups_of(patch, patch.row, patch.tall, is_down=True)
        columns, width = groups_of(patch, patch.column, patch.wide, is_down=False)
        if patch.tall == patch.wide == 1:
            return Outcome(rows, columns, values, None)
        return Outcome(rows, columns, None, reduced(values, height, width))


def draw(task: _Draw) -> Points:
    """Worker: return some of the pairs, and those that changed most."""
    import numpy as np

    with np.errstate(all="ignore"):
        a, b = (_wide(values_of(patch)).reshape(-1) for patch in task.both)
        fine = np.isfinite(a) & np.isfinite(b)
        odd = int(fine.size - np.count_nonzero(fine))
        random = np.random.default_rng(task.both.a.first & ((1 << 63) - 1))
        drawn = fine if task.share >= 1 else fine & (random.random(a.size) < task.share)
        far = np.flatnonzero(fine)[_farthest(a[fine], b[fine])]
    return Points(a[drawn], b[drawn], a[far], b[far], a.size, a.size, odd)


def _farthest(a: Array, b: Array) -> Array:
    import numpy as np

    size = np.abs(b - a)
    if size.size > _FARTHEST:
        places = np.argpartition(size, size.size - _FARTHEST)[-_FARTHEST:]
    else:
        places = np.arange(size.size)
    kept: Array = places[size[places] > 0]
    return kept


def _apart(a: Array, b: Array) -> Array:
    """Return b − a in float64; of complex numbers, the absolute value of the difference."""
    import numpy as np

    if "c" in (a.dtype.kind, b.dtype.kind):
        found: Array = np.abs(b.astype(np.complex128) - a.astype(np.complex128))
        found[a == b] = 0.0
        return found
    if a.dtype.kind in "iu" and b.dtype.kind in "iu":
        # float64 alone would call 2**60 and 2**60 + 1 equal.
        sizes = max(a.dtype.itemsize, b.dtype.itemsize)
        wide: Any = np.float64 if 8 * sizes <= _EXACT else np.longdouble
        whole: Array = b.astype(wide) - a.astype(wide)
        return whole.astype(np.float64)
    one, other = _wide(a), _wide(b)
    found = other - one
    found[~np.isfinite(one) | ~np.isfinite(other)] = np.nan
    alike = (one == other) | (np.isnan(one) & np.isnan(other))
    found[alike] = 0.0
    return found


def _wide(values: Array) -> Array:
    import numpy as np

    if values.dtype.kind == "c":
        return np.abs(values.astype(np.complex128))
    return values.astype(np.float64)


def check_alike(a: Tensor, b: Tensor) -> None:
    """Raise FormatError if two tensors have no elements that belong together."""
    if a.shape != b.shape:
        raise FormatError("The two have different shapes: no element belongs to another.")
    if not prod(a.shape):
        raise FormatError("There is nothing to see: the tensors have no elements.")
