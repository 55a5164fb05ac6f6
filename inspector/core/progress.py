"""Progress and cancellation, spoken by every long function of the core.

A long function takes `progress: Progress = silent` and calls it often. The call is also the
point where it can be stopped: it raises `Cancelled` once the caller gave up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_FEW = 1 << 14  # items that one call takes no notable time for
_AT_ONCE = 4_000  # pairs that one call sorts; more would keep a window waiting
_BUCKETS = 256
_CHUNK = 2_000  # things between two progress calls
_PULSE = 50  # things that each take some hundredths of a millisecond, between two as well
_PACE = 500  # the same where something is done with each: half a millisecond that a window waits


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


class Repeated:
    """A progress that can be told once more: each report is where a job lets the window go first.

    Thousands of small things come at once, and the window would wait for all of them.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = (0.0, "")

    def __call__(self, fraction: float, message: str = "", /) -> None:
        self._last = (fraction, message)
        self._progress(fraction, message)

    def again(self) -> None:
        """Say the same again."""
        self._progress(*self._last)

    def between(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, saying the same again now and then."""
        rest = iter(items)
        while some := list(islice(rest, _PULSE)):
            yield from some
            self._progress(*self._last)


def paced(items: Iterable[T], progress: Progress, message: str = "") -> Iterator[T]:
    """Yield the items, reporting now and then: where a loop can be stopped, or held for a while."""
    rest = iter(items)
    while some := list(islice(rest, _PACE)):
        yield from some
        progress(0.5, message)


def batches(items: Sequence[T], size: int = _FEW) -> Iterator[Sequence[T]]:
    """Yield slices of a long list, so that other threads get their turn in between.

    One call of a built-in over a million objects holds the interpreter for a tenth of a second,
    and a window stands still as long.
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]


def all_different(items: Sequence[Hashable], progress: Progress = silent) -> bool:
    """Return whether no item equals another, in steps that are all short.

    One set of a million items takes a fortieth of a second to grow, and as long to free.
    """
    if len(items) <= _FEW:
        return len(set(items)) == len(items)
    parts: list[set[Hashable]] = [set() for _ in range(len(items) // _FEW | 1)]
    adds = [part.add for part in parts]
    number = len(parts)
    for item in paced(items, progress):
        adds[hash(item) % number](item)
    found = sum(map(len, parts))
    adds.clear()
    while parts:
        parts.pop()
        progress(0.5)
    return found == len(items)


def sorted_in_parts(
    pairs: list[tuple[Any, T]], *, descending: bool, pulse: Callable[[], None]
) -> list[tuple[Any, T]]:
    """Sort by the first of each pair, equal ones staying in order, in calls that are all short."""
    first = itemgetter(0)
    if len(pairs) <= _AT_ONCE:
        return sorted(pairs, key=first, reverse=descending)
    sample = sorted(first(pair) for pair in pairs[:: max(1, len(pairs) // (_BUCKETS * 8))])
    bounds = [key for key, _ in groupby(sample[4::8])]
    # Every other bucket is for what equals a bound, and needs no sorting.
    buckets: list[list[tuple[Any, T]]] = [[] for _ in range(2 * len(bounds) + 1)]
    for pair in pairs:
        pulse()
        at = bisect_left(bounds, first(pair))
        equal = at < len(bounds) and bounds[at] == first(pair)
        buckets[2 * at + equal].append(pair)
    ordered = [bucket for bucket in buckets if bucket]
    if descending:
        ordered.reverse()
    result: list[tuple[Any, T]] = []
    for bucket in ordered:
        for _ in bucket:
            pulse()
        is_sorted = len(bucket) > _AT_ONCE and first(bucket[0]) in bounds
        result += bucket if is_sorted else sorted(bucket, key=first, reverse=descending)
    return result


def empty(*containers: list[Any] | dict[Any, Any], progress: Progress) -> None:
    """Free what long lists and dicts hold, bit by bit."""
    for container in containers:
        while container:
            if isinstance(container, list):
                del container[-_PACE:]
            else:
                for _ in range(min(_PACE, len(container))):
                    container.popitem()
            progress(0.5)


def let_go(things: list[T], inside: Callable[[T], Sequence[T]], *, progress: Progress) -> None:
    """Free trees bit by bit: in one go, a million nodes would stop everything else.

    The list must hold them alone; it is empty afterwards.
    """
    pending = deque(things)
    things.clear()
    seen = 0
    while pending:  # from the front: what holds others goes first, and never takes them along
        for some in batches(inside(pending[0]), _CHUNK):
            pending.extend(some)
            progress(0.5)
        del pending[0]
        seen += 1
        if seen % _CHUNK == 0:
            progress(0.5)
