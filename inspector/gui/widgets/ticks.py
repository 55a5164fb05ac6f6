"""Where an axis has its marks, and what is written there."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, isfinite, log10

from inspector.core import text

Ticks = Callable[[float, float, int], list[tuple[float, str]]]
"""Positions and texts between two ends of an axis, about as many as there is room for."""

_UNITS = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))
_PLAIN = 1e5  # from here on, and below its inverse, numbers are written with an exponent
_LEAST = 0.5  # counts that a logarithmic axis begins at, so that a single one is seen


def number_ticks(low: float, high: float, most: int, least: float = 0.0) -> list[tuple[float, str]]:
    """Mark round values that are at least so far apart."""
    step = max(least, round_step(high - low, most))
    if not step:
        return []
    largest = max(abs(low), abs(high))
    exponent = floor(log10(largest)) if largest else 0
    if 1 / _PLAIN < largest < _PLAIN:
        digits = max(0, -floor(log10(step) + 1e-9))
        return [(value, minus(f"{value:.{digits}f}")) for value in multiples(low, high, step)]
    digits = max(0, exponent - floor(log10(step) + 1e-9))
    return [(value, _with_exponent(value, digits)) for value in multiples(low, high, step)]


def count_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Mark round numbers of things: never a part of one, thousands as `k`."""
    step = max(1.0, round_step(high - low, most))
    return [(value, _count(value)) for value in multiples(low, high, step)]


def log_count_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Mark powers of ten on an axis of logarithms of counts."""
    first, last = max(0, ceil(low - 1e-9)), floor(high + 1e-9)
    every = max(1, ceil((last - first + 1) / max(1, most)))
    return [(float(power), _count(10.0**power)) for power in range(first, last + 1, every)]


def log_count(number: float) -> float:
    """Return where a count is on an axis of logarithms; nothing at all is at its lower end."""
    return log10(max(number, _LEAST))


def round_step(span: float, most: int) -> float:
    """Return 1, 2 or 5 times a power of ten, at most so many of which fit in the span."""
    if not (isfinite(span) and span > 0):
        return 0.0
    rough = span / max(1, most)
    if not rough:  # below the smallest number
        return 0.0
    power = 10.0 ** floor(log10(rough)) if rough > 1e-300 else rough
    return next(
        (factor * power for factor in (1, 2, 5) if factor * power >= rough * (1 - 1e-9)), 10 * power
    )


def multiples(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of a step from one value to another."""
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [number * step for number in range(first, min(last, first + 100) + 1)]


def _with_exponent(value: float, digits: int) -> str:
    if not value:
        return "0"
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return minus(f"{mantissa}e{int(exponent)}")


def minus(words: str) -> str:
    """Return the text of a number with the sign that is as wide as a digit."""
    return words.replace("-", "−")


def _count(value: float) -> str:
    for unit, letter in _UNITS:
        if abs(value) >= unit * 0.9995:
            shown = f"{value / unit:.3g}"
            return f"{shown} {letter}" if letter else shown
    return text.exact(round(value))
