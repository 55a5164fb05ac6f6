"""A tensor as its file describes it: a view of a storage, without the bytes."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from inspector.core.model.dtype import DType


class Storage(NamedTuple):
    """A run of bytes that one or several tensors look at."""

    key: str
    """Unique within the checkpoint; the name that the file gives it."""
    device: str
    """The location tag as stored, e.g. `cpu` or `cuda:0`."""
    nbytes: int


class Tensor(NamedTuple):
    """A strided view of a storage; stride and offset count elements, as torch's do."""

    dtype: DType
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    storage: Storage | None
    """None for a meta tensor, which has no bytes, and where `parts` have them all."""
    requires_grad: bool = False
    parameter: bool = False
    layout: str = "strided"
    """torch's name of the layout, without `torch.`."""
    quantization: str = ""
    """Quantization scheme, scale and zero point as text; empty for every other tensor."""
    parts: tuple[tuple[str, Tensor], ...] = ()
    """Tensors that this one consists of, by torch's names: `indices` and `values` of a sparse one,
    `scales` and `zero_points` of one quantized per channel."""
    lazy: str = ""
    """What torch applies when it reads the values: `conj`, `neg` or both."""
    moved_to: str = ""
    """The device that the file names where it is not that of the storage (XLA and the like)."""
    coalesced: bool | None = None
    """Of a sparse COO tensor, whether its indices are sorted and unique, if the file says so."""

    @property
    def elements(self) -> int:
        """The number of elements of the view; an expanded dimension counts in full."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes that the elements of the view would take on their own, or its parts do."""
        if self.storage is None and self.parts:
            return sum(part.nbytes for _, part in self.parts)
        return (prod(self.shape) * self.dtype.bits + 7) // 8

    @property
    def device(self) -> str:
        """The location tag of the storage, `meta` where there is none."""
        if self.moved_to:
            return self.moved_to
        if self.storage:
            return self.storage.device
        return self.parts[-1][1].device if self.parts else "meta"

    @property
    def contiguous(self) -> bool:
        """True if the elements lie in C order without gaps, as torch's `is_contiguous()` says.

        Tensors of parts, as sparse ones, have no stride and are not.
        """
        return len(self.stride) == len(self.shape) and is_contiguous(self.shape, self.stride)

    @property
    def extent(self) -> tuple[int, int]:
        """The range of storage bytes, start and stop, that the view touches; (0, 0) if empty."""
        if 0 in self.shape:
            return 0, 0
        reach = [(n - 1) * step for n, step in zip(self.shape, self.stride, strict=True)]
        first = self.offset + sum(step for step in reach if step < 0)
        last = self.offset + sum(step for step in reach if step > 0)
        bits = self.dtype.bits
        return first * bits // 8, ((last + 1) * bits + 7) // 8


@lru_cache(maxsize=4096)
def contiguous_stride(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the C-order stride that torch gives a fresh tensor of this shape."""
    stride = []
    step = 1
    for length in reversed(shape):
        stride.append(step)
        step *= max(length, 1)
    return tuple(reversed(stride))


@lru_cache(maxsize=4096)
def is_contiguous(shape: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Compare with the C-order stride; dimensions of length one may have any."""
    if 0 in shape:
        return True
    pairs = zip(shape, stride, contiguous_stride(shape), strict=True)
    return all(length == 1 or step == wanted for length, step, wanted in pairs)
