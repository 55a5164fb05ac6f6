"""Small tensors that keep a large storage in the file."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Whole
from inspector.core.analysis.space import space_of
from inspector.core.model import Finding
from inspector.core.text import size

_WORTH = 1 << 20  # unused bytes


def _large_storage(whole: Whole) -> Iterator[Finding]:
    here = {row.path for row in whole.rows}
    for waste in space_of(whole.checkpoint).wasted:
        path = waste.paths[0]
        if waste.unused >= _WORTH and 2 * waste.unused > waste.storage.nbytes and path in here:
            used = waste.storage.nbytes - waste.unused
            message = f"It uses {size(used)} of a storage of {size(waste.storage.nbytes)}."
            yield Finding("large-storage", "warning", message, path)


LARGE_STORAGE = Health(
    "large-storage",
    "A slice was saved together with all that it was cut from: clone() it before saving.",
    across=_large_storage,
)
