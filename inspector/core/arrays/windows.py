"""Windows: elements of a tensor in its own order, whatever its strides, and nothing in between.

Blocks go through a tensor in the order of its bytes, for sums. A window has the shape that was
asked for, and of a file that is cut off it has the elements that are there.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.arrays.blocks import numbers_in
from inspector.core.arrays.encodings import decode, encoding_of, unpack
from inspector.core.model import Tensor
from inspector.core.sources import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_PAGE = 4096  # bytes: a disk reads no less, so a smaller gap is cheaper read than left out
_WASTE = 8  # times the bytes that are wanted, above which each run is read for itself
_AT_ONCE = 16 << 20  # bytes of one read


class Window(NamedTuple):
    """Elements that are to be read, all of a tensor that describes only them."""

    source: Source
    offset: int
    """Where the tensor's storage begins in the source."""
    tensor: Tensor
    big_endian: bool = False


class Values(NamedTuple):
    """What was read of a window."""

    stored: Array
    """The stored numbers in the window's shape; codes of packed integers are unpacked."""
    there: Array | None
    """Which elements exist, in the same shape; None if all of them do."""


def region(tensor: Tensor, ranges: tuple[range, ...]) -> Tensor:
    """Return the description of the elements inside `ranges`, one of step 1 per dimension."""
    steps = zip(ranges, tensor.stride, strict=True)
    offset = tensor.offset + sum(row.start * stride for row, stride in steps)
    return tensor._replace(shape=tuple(map(len, ranges)), offset=offset, parts=())


def load_window(window: Window) -> Values:
    """Read a window; raises SourceError, and FormatError for a dtype that is not known.

    Memory is that of the result and of one read, whatever lies between the elements.
    """
    import numpy as np

    tensor = window.tensor
    encoding = encoding_of(tensor.dtype)
    # Of an expanded dimension one element is read.
    walked = tuple(
        1 if step == 0 else size for size, step in zip(tensor.shape, tensor.stride, strict=True)
    )
    walked = walked if prod(tensor.shape) else tensor.shape
    stored = np.zeros(walked, encoding.stored)
    there = np.ones(walked, np.bool_)
    complete = True
    if stored.size:
        complete = _Reading(window).fill(stored, there, tensor.offset, tensor.stride)
    stored = np.broadcast_to(stored, tensor.shape)
    return Values(stored, None if complete else np.broadcast_to(there, tensor.shape))


def values_of(stored: Array, tensor: Tensor) -> Array:
    """Return the values of a tensor's stored numbers, with what torch applies when it reads them.

    A pair of float4 is one element: a last dimension of two values is added.
    """
    if tensor.dtype.bits < 8:
        return stored  # codes, unpacked already
    pair = (2,) if encoding_of(tensor.dtype).bits < 8 else ()
    values = decode(stored[..., None], tensor.dtype).reshape(stored.shape + pair)
    return resolved(values, tensor.lazy)


def resolved(values: Array, lazy: str) -> Array:
    """Return values with what torch applies when it reads the view: `conj`, `neg`."""
    import numpy as np

    if "conj" in lazy:
        values = np.conjugate(values)
    return np.negative(values) if "neg" in lazy and values.dtype.kind in "ifc" else values


class _Reading:
    """One window being read."""

    def __init__(self, window: Window) -> None:
        self._source = window.source
        self._offset = window.offset
        self._dtype = window.tensor.dtype
        self._big_endian = window.big_endian
        storage = window.tensor.storage
        # What lies behind the storage belongs to others.
        self._limit = min(
            storage.nbytes if storage else 0, max(0, self._source.size - self._offset)
        )

    def fill(self, stored: Array, there: Array, start: int, strides: tuple[int, ...]) -> bool:
        """Read into two arrays of the same shape; False if some of it does not exist."""
        # The stride of a dimension of one element says nothing, and may be any number.
        strides = tuple(
            step if size > 1 else 0 for size, step in zip(stored.shape, strides, strict=True)
        )
        _, span = _extent(stored.shape, start, strides)
        nbytes = span * self._dtype.bits // 8
        wasteful = nbytes > max(_PAGE, _WASTE * stored.nbytes)
        if nbytes <= _AT_ONCE and not wasteful:
            return self._fill_at_once(stored, there, start, strides)
        axis = max(range(stored.ndim), key=lambda n: abs(strides[n]) if stored.shape[n] > 1 else -1)
        step, size = strides[axis], stored.shape[axis]
        inner = span - (size - 1) * abs(step)
        room = _AT_ONCE * 8 // self._dtype.bits
        number = 1 if wasteful else max(1, (room - inner) // abs(step) + 1)
        complete = True
        for first in range(0, size, number):
            here = (slice(None),) * axis + (slice(first, first + number),)
            complete &= self.fill(stored[here], there[here], start + first * step, strides)
        return complete

    def _fill_at_once(
        self, stored: Array, there: Array, start: int, strides: tuple[int, ...]
    ) -> bool:
        """Read from the lowest element to the highest, and pick what is wanted."""
        import numpy as np

        low, span = _extent(stored.shape, start, strides)
        bits = self._dtype.bits
        begin, end = low * bits // 8, ((low + span) * bits + 7) // 8
        first = min(max(begin, 0), end)
        wanted = max(0, min(end, self._limit) - first)
        data = self._source.read_at(self._offset + first, wanted) if wanted else b""
        origin = start - begin * 8 // bits
        ahead, behind = first - begin, end - first - len(data)
        complete = not ahead and not behind
        if not complete:
            exists = np.zeros(end - begin, np.bool_)
            exists[ahead : ahead + len(data)] = True
            known: Array = exists.repeat(8 // bits)
            if bits >= 8:
                known = np.logical_and.reduce(exists.reshape(-1, bits // 8), axis=1)
            there[...] = _grid(known, origin, there.shape, strides)
            data = b"".join((bytes(ahead), data, bytes(behind)))
        if bits < 8:
            flat = unpack(np.frombuffer(data, np.uint8), bits)
        else:
            flat = numbers_in(data, self._dtype, self._big_endian)
        stored[...] = _grid(flat, origin, stored.shape, strides)
        return complete


def _extent(shape: tuple[int, ...], start: int, strides: tuple[int, ...]) -> tuple[int, int]:
    """Return the lowest element, and how many there are from it to the highest."""
    reach = [(size - 1) * step for size, step in zip(shape, strides, strict=True)]
    return start + sum(step for step in reach if step < 0), 1 + sum(map(abs, reach))


def _grid(flat: Array, origin: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """Return the elements at `strides` from `origin`; all of them lie inside `flat`."""
    import numpy as np

    steps = [stride * flat.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(flat[origin:], shape, steps, writeable=False)
