"""Progress and cancellation, spoken by every long function of the core.

A long function takes `progress: Progress = silent` and calls it often. The call is also the
point where it can be stopped: it raises `Cancelled` once the caller gave up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
_FEW = 1 << 14  # items that one call takes no notable time for


class Cancelled(Exception):
    """The caller no longer wants the result."""


class Progress(Protocol):
    """Called with the share done so far, 0.0 to 1.0, and what is being done."""

    def __call__(self, fraction: float, message: str = "", /) -> None: ...


def silent(fraction: float, message: str = "", /) -> None:
    """Report to nobody and never cancel."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Return a progress that fills only the share `start`..`stop` of `progress`."""

    def report(fraction: float, message: str = "", /) -> None:
        progress(start + (stop - start) * min(fraction, 1.0), message)

    return report


def batches(items: Sequence[T], size: int = _FEW) -> Iterator[Sequence[T]]:
    """Yield slices of a long list, so that other threads get their turn in between.

    One call of a built-in over a million objects holds the interpreter for a tenth of a second,
    and a window stands still as long.
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]


def all_different(items: Sequence[Hashable]) -> bool:
    """Return whether no item equals another, in steps that are all short.

    One set of a million items takes a fortieth of a second to grow, and as long to free.
    """
    if len(items) <= _FEW:
        return len(set(items)) == len(items)
    parts: list[set[Hashable]] = [set() for _ in range(len(items) // _FEW | 1)]
    adds = [part.add for part in parts]
    number = len(parts)
    for item in items:
        adds[hash(item) % number](item)
    found = sum(map(len, parts))
    adds.clear()
    while parts:
        parts.pop()
    return found == len(items)
