"""Differences that are too small to count."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.analysis.comparison.deltas import Measures


class Tolerance(NamedTuple):
    """A tensor's change is noise if max|Δ| <= atol + rtol * max|a|.

    The largest difference is held against the largest value of the same tensor in the first
    checkpoint: what is small in a tensor, not what is small beside each of its elements. Elements
    that became NaN or infinite, or ceased to be, are never noise.
    """

    rtol: float = 0.0
    atol: float = 0.0

    def covers(self, measures: Measures) -> bool:
        """Return whether so small a change counts as noise; nothing does without a tolerance."""
        if not self.rtol and not self.atol:
            return False
        if measures.max_abs is None or measures.beyond_finite:
            return False
        return measures.max_abs <= self.atol + self.rtol * measures.a_peak


EXACT = Tolerance()
