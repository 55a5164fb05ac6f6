"""How a tensor was quantized, from what a reader says of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from inspector.core.errors import FormatError
from inspector.core.model import Tensor

_PER_TENSOR = re.compile(r"(\w+), scale (\S+), zero point (-?\d+)")
_PER_CHANNEL = re.compile(r"(\w+), axis (\d+), \d+ scales")


class Quantizer(NamedTuple):
    """The arguments of `torch._utils._rebuild_qtensor`; scale and zero point may be tensors."""

    scheme: str
    scale: float | Tensor
    zero_point: int | Tensor
    axis: int | None = None


def quantizer_of(tensor: Tensor) -> Quantizer:
    """Return what quantized a tensor; raises FormatError if it is not said."""
    found = _PER_TENSOR.fullmatch(tensor.quantization)
    if found:
        return Quantizer(found[1], float(found[2]), int(found[3]))
    found = _PER_CHANNEL.fullmatch(tensor.quantization)
    if found and len(tensor.parts) == 2:
        scale, zero_point = (part for _, part in tensor.parts)
        return Quantizer(found[1], scale, zero_point, int(found[2]))
    raise FormatError(f"How it was quantized is not known: {tensor.quantization}.")
