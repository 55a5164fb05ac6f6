"""Small tensors that keep a large storage in the file."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Whole
from inspector.core.analysis.space import space_of
from inspector.core.model import Finding, Severity
from inspector.core.text import size

_WORTH = 1 << 16  # unused bytes
_WORTH_A_WARNING = 1 << 20


def _large_storage(whole: Whole) -> Iterator[Finding]:
    here = {row.path for row in whole.rows}
    for waste in space_of(whole.checkpoint).wasted:
        path = waste.paths[0]
        if waste.unused >= _WORTH and 2 * waste.unused > waste.storage.nbytes and path in here:
            used = waste.storage.nbytes - waste.unused
            message = f"It uses {size(used)} of a storage of {size(waste.storage.nbytes)}."
            severity: Severity = "warning" if waste.unused >= _WORTH_A_WARNING else "info"
            yield Finding("large-storage", severity, message, path)


LARGE_STORAGE = Health(
    "large-storage",
    "A slice was saved together with all that it was cut from: clone() it before saving.",
    across=_large_storage,
)
