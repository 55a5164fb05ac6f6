"""How far two tensors of the same shape are apart: what pairs of elements say, merged, told."""

from __future__ import annotations

from math import inf, isfinite, nan, sqrt
from typing import NamedTuple


class Delta(NamedTuple):
    """What some pairs of elements amount to; merged with others by `merge`.

    Sums and extremes are over the pairs of which both are finite.
    """

    elements: int = 0
    changed: int = 0
    """Pairs whose bits differ; of different dtypes, whose values do."""
    uncast: int = 0
    """Pairs of different dtypes where the narrow one is not the other one rounded."""
    nan_born: int = 0
    nan_gone: int = 0
    inf_born: int = 0
    inf_gone: int = 0
    flips: int = 0
    """Pairs of opposite signs, neither of them zero."""
    largest: float = -1.0
    at: int = 0
    """The place of the largest difference, counted in elements as they were walked."""
    total: float = 0.0
    """The sum of absolute differences."""
    squares: float = 0.0
    a_squares: float = 0.0
    b_squares: float = 0.0
    product: float = 0.0
    finite: int = 0
    a_peak: float = 0.0
    """The largest absolute value of the first."""


class Measures(NamedTuple):
    """How far two tensors are apart; None: it does not exist."""

    max_abs: float | None
    at: tuple[int, ...] | None
    """The index of the largest difference."""
    mean_abs: float | None
    rel_l2: float | None
    """The norm of the difference over that of the first; infinite if only the first is zero."""
    cosine: float | None
    changed: int
    elements: int
    nan_born: int = 0
    nan_gone: int = 0
    inf_born: int = 0
    inf_gone: int = 0
    flips: int = 0
    a_peak: float = 0.0
    """The largest absolute value of the first, as far as it is finite."""
    left_out: int = 0
    """Elements that are not finite on both sides: distances and the cosine are without them."""

    @property
    def changed_fraction(self) -> float:
        """The share of elements that differ."""
        return self.changed / self.elements if self.elements else 0.0

    @property
    def beyond_finite(self) -> int:
        """How many elements became NaN or infinite, or ceased to be."""
        return self.nan_born + self.nan_gone + self.inf_born + self.inf_gone


def same(elements: int) -> Measures:
    """Return the measures of two tensors that are equal bit by bit."""
    zero = 0.0 if elements else None
    return Measures(zero, None, zero, zero, 1.0 if elements else None, 0, elements)


def merge(one: Delta, other: Delta, walked: int = 0) -> Delta:
    """Return what two sets of pairs amount to together.

    `walked` elements lie in front of the place from which the other one counts.
    """
    farther, place = (one, one.at) if one.largest >= other.largest else (other, walked + other.at)
    # Made for every few ten thousand elements: written out, it takes a third of the time.
    return Delta(
        one.elements + other.elements,
        one.changed + other.changed,
        one.uncast + other.uncast,
        one.nan_born + other.nan_born,
        one.nan_gone + other.nan_gone,
        one.inf_born + other.inf_born,
        one.inf_gone + other.inf_gone,
        one.flips + other.flips,
        farther.largest,
        place,
        one.total + other.total,
        one.squares + other.squares,
        one.a_squares + other.a_squares,
        one.b_squares + other.b_squares,
        one.product + other.product,
        one.finite + other.finite,
        max(one.a_peak, other.a_peak),
    )


def finish(found: Delta, at: tuple[int, ...] | None) -> Measures:
    """Return the numbers that people ask for."""
    if not found.finite:
        max_abs = mean_abs = rel_l2 = cosine = None
    else:
        max_abs, mean_abs = found.largest, found.total / found.finite
        rel_l2 = _ratio(sqrt(found.squares), sqrt(found.a_squares))
        cosine = _cosine(found)
    return Measures(
        max_abs,
        at if found.largest > 0 else None,
        mean_abs,
        rel_l2,
        cosine,
        found.changed,
        found.elements,
        found.nan_born,
        found.nan_gone,
        found.inf_born,
        found.inf_gone,
        found.flips,
        found.a_peak,
        found.elements - found.finite,
    )


def _cosine(found: Delta) -> float | None:
    norms = sqrt(found.a_squares) * sqrt(found.b_squares)
    if not norms or not isfinite(norms):
        return None
    return max(-1.0, min(1.0, found.product / norms))


def _ratio(top: float, bottom: float) -> float | None:
    if not bottom:
        return 0.0 if not top else inf
    ratio = top / bottom
    return None if ratio is nan else ratio
