"""Variances of batch norms that no variance can have."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Look
from inspector.core.model import Finding
from inspector.core.text import exact


def _variance(look: Look) -> Iterator[Finding]:
    named = str(look.path[-1]).rpartition(".")[2] if look.path else ""
    found = look.statistics
    if named != "running_var" or found.min is None:
        return
    if found.min < 0:
        message = f"The smallest variance is {found.min:.6g}, below zero."
        yield look.finding("running-variance", "error", message)
        return
    nothing = look.marks.below_normal
    if nothing:
        number = f"{exact(nothing)} of {exact(found.elements)} variances"
        message = f"{number} {'is' if nothing == 1 else 'are'} zero, or next to it."
        yield look.finding("running-variance", "warning" if found.zero else "info", message)


RUNNING_VARIANCE = Health(
    "running-variance",
    "Batch norm divides by the root of it: below zero gives NaN; at zero only its epsilon is left, "
    "and the smallest noise is made large. The channel in front has been dead.",
    _variance,
)
