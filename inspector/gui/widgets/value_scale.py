"""Where values are on an axis: evenly, or by their logarithm on both sides of zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import asinh, ceil, exp, floor, isfinite, log, log10, sinh

from inspector.gui.widgets.ticks import minus, number_ticks

_LARGE = 1e8  # from here on, asinh is a logarithm; before overflow


@dataclass(frozen=True)
class ValueScale:
    """Values become positions from 0 to 1, so that no picture meets a number it cannot express."""

    low: float
    high: float
    knee: float = 0.0
    """Nearer to zero than this, values are spread evenly, beyond it by logarithm; 0: all evenly."""
    whole: bool = False
    """True if there is nothing between two whole numbers."""

    def position(self, value: float) -> float:
        """Return where a value is; outside of 0 to 1 beyond the ends."""
        if self.knee:
            first, last = self._ends
            return (self._bent(value) - first) / (last - first)
        width = self.high - self.low
        if isfinite(width):
            return (value - self.low) / width
        # Halved: the difference of two numbers is too large for a third.
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def value(self, position: float) -> float:
        """Return the value at a position."""
        if position in (0, 1):
            return self.high if position else self.low
        if self.knee:
            first, last = self._ends
            return self._straight(first + position * (last - first))
        return self.low * (1 - position) + self.high * position

    def ticks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        """Mark round values between two positions."""
        first, last = self.value(low), self.value(high)
        if self.knee:
            marks = self._decades(first, last, most, 0.75 * (high - low) / most)
            if len(marks) > 2:
                return marks
        marks = number_ticks(first, last, most, 1.0 if self.whole else 0.0)
        return [(self.position(value), words) for value, words in marks]

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return self._bent(self.low), self._bent(self.high)

    def _bent(self, value: float) -> float:
        size = abs(value)
        ratio = size / self.knee
        bent = asinh(ratio) if ratio < _LARGE else log(size) - log(self.knee) + log(2)
        return bent if value > 0 else -bent

    def _straight(self, bent: float) -> float:
        size = abs(bent)
        if size < log(_LARGE):
            value = sinh(size) * self.knee
        else:
            value = exp(min(size + log(self.knee) - log(2), 709.78))
        return value if bent > 0 else -value

    def _decades(
        self, first: float, last: float, most: int, room: float
    ) -> list[tuple[float, str]]:
        """Mark zero and powers of ten on both sides, none nearer to its neighbour than `room`."""
        top = max(abs(first), abs(last))
        if not top:
            return []
        highest, lowest = floor(log10(top)), ceil(log10(self.knee))
        every = max(1, ceil((highest - lowest + 1) * (1 + (first < 0 < last)) / most))
        values = [0.0] if first <= 0 <= last else []
        for power in range(highest, lowest - 1, -every):
            values += [
                sign * 10.0**power for sign in (1, -1) if first <= sign * 10.0**power <= last
            ]
        marks: list[tuple[float, str]] = []
        for value in values:
            at = self.position(value)
            if all(abs(at - other) >= room for other, _ in marks):
                marks.append((at, _short(value)))
        return marks


def _short(value: float) -> str:
    if not value or 1e-4 <= abs(value) < 1e5:
        return minus(f"{value:g}")
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    return minus(f"{mantissa}e{int(exponent)}")
