"""What a finding about values is made from, and what a row of the HEALTH table is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from inspector.core.analysis.health.closer import Dead, Places
from inspector.core.analysis.health.marks import NO_MARKS, Marks
from inspector.core.analysis.statistics import Statistics
from inspector.core.checkpoint import Checkpoint
from inspector.core.engine import Engine
from inspector.core.model import Finding, Path, Severity, Tensor
from inspector.core.progress import Repeated


class ScanRow(NamedTuple):
    """What a scan says of one tensor."""

    path: Path
    tensor: Tensor
    statistics: Statistics | None
    """None if its values cannot be had."""
    error: str
    """Why not, in a sentence; empty if they can."""
    findings: tuple[Finding, ...] = ()

    @property
    def is_lost(self) -> bool:
        """True if values that should be there cannot be read; a meta tensor has none."""
        tensor = self.tensor
        return bool(self.error) and (tensor.storage is not None or bool(tensor.parts))


class Look(NamedTuple):
    """What is known of the values of one tensor."""

    path: Path
    tensor: Tensor
    """The one whose values were looked at: of a sparse one, the part with the values."""
    statistics: Statistics
    marks: Marks = NO_MARKS
    trained: bool = True
    """False if it belongs to an optimizer or another part that is no weight."""
    counts: bool = True
    """False if training does not go on with it: the best score that a callback keeps."""
    places: Places | None = None
    """Where NaN and infinity stand first, once that was looked for."""
    dead: Dead | None = None
    """Rows and columns of nothing but zeros, once these were looked for."""

    noun: str = "element"
    """What its values are called: those of a sparse tensor are not all of its elements."""

    def finding(self, code: str, severity: Severity, message: str) -> Finding:
        """Return a finding about this tensor."""
        return Finding(code, severity, message, self.path)


class Whole(NamedTuple):
    """What is known of all tensors together."""

    checkpoint: Checkpoint
    rows: Sequence[ScanRow]
    engine: Engine
    report: Repeated


class Health(NamedTuple):
    """One thing that values can tell of a tensor, or of several together."""

    code: str
    meaning: str
    """A sentence on what it means, for people who have not met it before."""
    of_tensor: Callable[[Look], Iterable[Finding]] | None = None
    across: Callable[[Whole], Iterator[Finding]] | None = None
