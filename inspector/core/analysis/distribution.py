"""The distribution of a tensor: one reading gives the histogram of any range, and quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.moments import NOTHING, Partial, merge, negated, summary
from inspector.core.analysis.passes import Batch, Results, run_pass
from inspector.core.analysis.statistics import Statistics, finish, measured
from inspector.core.analysis.tallies import Counter, Tally, edges_of, merged
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.errors import InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, silent

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Counted(NamedTuple):
    """What a block amounts to, and how often its values occur."""

    partial: Partial
    tally: Tally


@dataclass(frozen=True, eq=False)
class Distribution:
    """How often finite values occur; `exact` if each counts for itself, else in narrow cells.

    Where an edge of a histogram cuts a cell, its elements are shared out as if they were spread
    evenly over it. A cell is at most `resolution` times its values wide, or times the smallest
    normal number. Integers beyond 2^53 count as the nearest float64.
    """

    statistics: Statistics
    note: str
    """Which values these are, if they are not simply the tensor's; empty otherwise."""
    whole: bool
    """True if the values are integers."""
    resolution: float
    """0 if exact."""
    lows: Array
    highs: Array
    """Where cells begin and end; the same for a single value."""
    counts: Array

    @property
    def exact(self) -> bool:
        """True if every value counts for itself."""
        return not self.resolution

    @property
    def distinct(self) -> int | None:
        """How many different finite values there are; None if that is not known."""
        return len(self.counts) if self.exact else None

    def rebin(self, low: float, high: float, bins: int) -> Array:
        """Return how many elements are in each of so many equal parts of a range."""
        return self.rebin_at(even_edges(low, high, bins))

    def rebin_at(self, edges: Sequence[float] | Array) -> Array:
        """Return how many elements there are from each edge to the next; the last one is inside."""
        import numpy as np

        edges = np.asarray(edges, np.float64)
        below = self._below(edges, "left")
        below[-1] = self._below(edges[-1:], "right")[0]
        return np.diff(below)

    def quantile(self, q: float) -> float | None:
        """Return the value below which a share of the elements is; between two, in proportion."""
        import numpy as np

        number = int(self.counts.sum())
        if not number:
            return None
        place = q * (number - 1)
        first = int(place)
        ends = np.array([first, min(first + 1, number - 1)])
        upto = np.cumsum(self.counts)
        cells = np.searchsorted(upto, ends, side="right")
        before = upto[cells] - self.counts[cells]
        # The elements of a cell are thought to be spread evenly, the outer ones at its edges.
        inside = (ends - before) / np.maximum(self.counts[cells] - 1, 1)
        lone = self.counts[cells] == 1
        inside[lone] = 0.5
        low, high = self.lows[cells], self.highs[cells]
        spread = np.where(low < high, low * (1 - inside) + high * inside, low)
        one, other = spread.tolist()
        share = place - first
        return float(one * (1 - share) + other * share) if one < other else float(one)

    def _below(self, points: Array, side: Any) -> Array:
        """Return how many elements are below each point; with `right`, at it too."""
        import numpy as np

        upto = np.concatenate(([0], np.cumsum(self.counts))).astype(np.float64)
        cells = np.searchsorted(self.lows, points, side=side)
        below = upto[cells]
        last = np.maximum(cells - 1, 0)
        if not len(self.lows):
            return below
        cut = np.flatnonzero((cells > 0) & (self.highs[last] > points))
        last = last[cut]
        low, high = self.lows[last], self.highs[last]
        below[cut] -= self.counts[last] * ((high - points[cut]) / (high - low))
        return below


def even_edges(low: float, high: float, bins: int) -> Array:
    """Return the edges of so many equal parts, even of a range that float64 cannot express."""
    import numpy as np

    if isfinite(high - low):  # exact where it can be: values stand on the edges of round ranges
        return np.linspace(low, high, bins + 1)
    share = np.arange(bins + 1) / bins
    edges: Array = low * (1 - share) + high * share
    edges[0], edges[-1] = low, high
    return edges


def distribution_of(
    checkpoint: Checkpoint, tensor: Tensor, engine: Engine, progress: Progress = silent
) -> Distribution:
    """Return the distribution of one tensor; raises InspectorError if its bytes cannot be had."""
    look = measured(tensor)
    counted = None
    for _, found in run_pass(
        checkpoint, [(0, tensor)], _chosen, count, merge_counted, engine, progress
    ):
        if isinstance(found, InspectorError):
            raise found
        counted = found
    whole = look.tensor.dtype.kind not in ("float", "complex")
    return _distribution(counted, look.of_numbers, whole)


def count(task: Batch) -> Results[Counted]:
    """Worker: return what is counted in each block, or why it cannot be read."""
    found: Results[Counted] = []
    for number, negative, block in task:
        try:
            counter = Counter(block, negative=negative)
            partial = summary(block, counter.watch)
            partial = negated(partial) if negative else partial
            found.append((number, Counted(partial, counter.tally())))
        except InspectorError as error:
            found.append((number, error))
    return found


def merge_counted(one: Counted, other: Counted) -> Counted:
    """Return what two blocks of a tensor amount to together."""
    return Counted(merge(one.partial, other.partial), merged(one.tally, other.tally))


def _chosen(tensor: Tensor) -> Tensor:
    return measured(tensor).tensor


def _distribution(counted: Counted | None, note: str, whole: bool) -> Distribution:
    import numpy as np

    if counted is None or not counted.tally.keys.size:
        nothing = np.zeros(0)
        told = finish(counted.partial if counted else NOTHING)
        return Distribution(told, note, whole, 0.0, nothing, nothing, nothing.astype(np.int64))
    partial, tally = counted
    lows, highs = edges_of(tally)
    counts = tally.counts
    if tally.shift:
        # Zero is a value that people ask for by itself: it leaves the cell that begins there.
        at = int(np.searchsorted(tally.keys, 0))
        if partial.zero:
            lows, highs = np.insert(lows, at, 0.0), np.insert(highs, at, 0.0)
            counts = np.insert(counts, at, partial.zero)
            counts[at + 1] -= partial.zero
        assert partial.low is not None
        assert partial.high is not None
        lows = np.maximum(lows, float(partial.low))
        highs = np.minimum(highs, float(partial.high))
        some = counts > 0
        lows, highs, counts = lows[some], highs[some], counts[some]
        # A single element in the outermost cell is the extreme one.
        highs[0] = lows[0] if counts[0] == 1 else highs[0]
        lows[-1] = highs[-1] if counts[-1] == 1 else lows[-1]
    resolution = 2.0 ** (tally.shift - tally.fraction) if tally.shift else 0.0
    return Distribution(finish(partial), note, whole, resolution, lows, highs, counts)
