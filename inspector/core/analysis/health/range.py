"""Numbers near the two ends of what a dtype can hold."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Look
from inspector.core.arrays import finite_limit
from inspector.core.model import Finding
from inspector.core.text import exact

_WIDE = ("float64", "float32", "float16", "bfloat16", "complex64", "complex128", "complex32")
_HALF_LIMIT = 65504.0
_SHARE = 0.01  # of numbers below the smallest normal one, from which on it is worth a word
_FEWEST = 16


def _near_overflow(look: Look) -> Iterator[Finding]:
    # Of float8, scaled to fill its range, the largest number is usual.
    name, largest = look.tensor.dtype.name, look.statistics.absmax
    if name not in _WIDE or largest is None:
        return
    limit = finite_limit(name)
    if largest == limit:
        message = f"The largest number is {name}'s largest, {limit:.6g}: a mask, or cut off there."
        yield look.finding("near-overflow", "info", message)
    elif largest > limit / 2:
        message = f"The largest number is {largest:.6g}; {name} ends at {limit:.6g}."
        yield look.finding("near-overflow", "warning", message)


def _beyond_half(look: Look) -> Iterator[Finding]:
    largest = look.statistics.absmax
    wide = look.tensor.dtype.name in ("float32", "bfloat16", "float64")
    if wide and look.trained and largest is not None and largest > _HALF_LIMIT:
        if largest > finite_limit("bfloat16") / 2:
            return  # said already, or a mask
        message = f"The largest number is {largest:.6g}: as float16 it would be infinite."
        yield look.finding("beyond-float16", "info", message)


def _below_normal(look: Look) -> Iterator[Finding]:
    found = look.statistics
    nonzero = found.finite - found.zero
    small = look.marks.below_normal - found.zero
    if small < _FEWEST or small < _SHARE * nonzero:
        return
    name = look.tensor.dtype.name
    message = (
        f"{exact(small)} of {exact(nonzero)} numbers that are not zero ({small / nonzero:.0%}) are "
        f"below {name}'s smallest normal number."
    )
    yield look.finding("subnormal", "info", message)


NEAR_OVERFLOW = Health(
    "near-overflow",
    "More than half of the largest number that the dtype holds: the next step may be infinite.",
    _near_overflow,
)
BEYOND_HALF = Health(
    "beyond-float16",
    "Fine as it is, but not for half(): cast to bfloat16 instead, or rescale.",
    _beyond_half,
)
BELOW_NORMAL = Health(
    "subnormal",
    "So small that hardware may take them for zero, or calculate slowly; in float16 they have lost "
    "digits already. Units that died under weight decay look like that.",
    _below_normal,
)
