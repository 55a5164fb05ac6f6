"""A numpy array as its file describes it; where torch has its dtype, a tensor as well."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.model.tensor import Tensor


class Array(NamedTuple):
    """What stands at a node of kind `array`."""

    dtype: str
    """numpy's name of it; numpy's code where its numbers are big-endian, or it has no name."""
    shape: tuple[int, ...]
    tensor: Tensor | None = None
    """The same numbers as torch would hold them; None where there are none to be read."""
    reason: str = ""
    """A sentence that says why there are none."""
    objects: bool = False
    """True if the elements are Python objects, which are then the node's children."""
