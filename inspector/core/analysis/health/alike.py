"""Tensors whose elements are all the same."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Look
from inspector.core.model import Finding, Severity
from inspector.core.text import exact, plural

_FEWEST = 16  # a bias of four zeros says nothing
_SMALL = 2  # dimensions from which on a tensor is more than a bias or a scale
# The last word of a name: what starts as zeros or ones, and may stay so.
_USUAL = frozenset({
    "bias", "running_mean", "running_var", "num_batches_tracked", "gamma", "beta", "scale",
    "zero_point", "zero_points", "zeros", "scales", "mask", "mean", "std", "stddev", "var", "bn",
    "ln",
})  # fmt: skip


def _all_zero(look: Look) -> Iterator[Finding]:
    found = look.statistics
    if found.elements >= _FEWEST and found.zero == found.elements:
        severity: Severity = "warning" if _is_matrix(look) else "info"
        message = f"All {plural(found.elements, look.noun)} are zero."
        yield look.finding("all-zero", severity, message)


def _constant(look: Look) -> Iterator[Finding]:
    found = look.statistics
    same = found.finite == found.elements >= _FEWEST and found.min == found.max
    if same and found.min != 0 and look.tensor.dtype.kind not in ("bool", "bits", "unknown"):
        severity: Severity = "warning" if _is_matrix(look) else "info"
        value = exact(found.min) if isinstance(found.min, int) else f"{found.min:.6g}"
        message = f"All {plural(found.elements, look.noun)} are {value}."
        yield look.finding("constant", severity, message)


def _is_matrix(look: Look) -> bool:
    """True for what training usually fills with different numbers."""
    shape = [size for size in look.tensor.shape if size > 1]
    named = str(look.path[-1]).rpartition(".")[2] if look.path else ""
    return (
        look.trained
        and look.tensor.dtype.kind == "float"
        and len(shape) >= _SMALL
        and named not in _USUAL
    )


ALL_ZERO = Health(
    "all-zero",
    "Nothing but zeros: never trained or never copied, unless it is made so (the second matrix of "
    "a LoRA adapter and the last layer of some blocks start as zeros).",
    _all_zero,
)
CONSTANT = Health(
    "constant",
    "One number everywhere, as after an initialisation that training never reached.",
    _constant,
)
