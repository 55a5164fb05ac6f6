"""Numbers that a dtype of half the size would hold without loss."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Look
from inspector.core.analysis.health.marks import NARROW_FROM, NARROWER
from inspector.core.model import Finding
from inspector.core.text import size


def _narrower(look: Look) -> Iterator[Finding]:
    found = look.statistics
    stored = look.tensor.storage
    taken = min(look.tensor.nbytes, stored.nbytes if stored else look.tensor.nbytes)
    if 8 * taken < NARROW_FROM * look.tensor.dtype.bits:
        return  # of an expanded one, too, that has few different elements
    if found.min == found.max or found.finite < found.elements:
        return
    if found.min in (0, -1) and found.max == 1 and found.zero:
        return  # very probably a mask of zeros and ones
    for name in NARROWER.get(look.tensor.dtype.name, ()):
        if name not in look.marks.too_wide:
            message = f"Every number is exactly one of {name}, which would save {size(taken // 2)}."
            yield look.finding("fits-half", "info", message)
            return


NARROWER_FITS = Health(
    "fits-half",
    "Stored in twice the bytes that it needs, as after .float() on a half precision model; a cast "
    "back loses nothing.",
    _narrower,
)
