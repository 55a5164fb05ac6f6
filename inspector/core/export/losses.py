"""What casting does to values, counted before anything is written."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.checkpoint import Checkpoint
from inspector.core.export.casts import Counts, lost_values
from inspector.core.export.content import arrays_of
from inspector.core.export.plan import Loss, Plan, Row
from inspector.core.model import DType, Finding, Tensor
from inspector.core.progress import Progress, silent
from inspector.core.text import exact, plural, printable

_CHUNK = 1 << 17  # elements that stay in a cache


def cast_losses(
    checkpoint: Checkpoint, plan: Plan, progress: Progress = silent
) -> tuple[Loss, ...]:
    """Return the tensors of which values become infinite or zero; reads all that is cast."""
    rows = [row for row in plan.rows if row.is_cast and row.device != "meta" and not row.tied]
    total = sum(row.stored.nbytes for row in rows) or 1
    done = 0
    found = []
    for row in rows:
        overflow = underflow = 0
        for view in _views(row):
            for lost in _counts(checkpoint, view, row.dtype):
                overflow += lost.overflow
                underflow += lost.underflow
                progress(min(1.0, done / total), "Looking for values that a cast loses")
            done += view.nbytes
        if overflow or underflow:
            found.append(Loss(row, overflow, underflow))
    return tuple(found)


def _views(row: Row) -> Iterable[Tensor]:
    if row.stored.storage is not None:
        return [row.stored]
    return [part for name, part in row.stored.parts if name == "values"]


def _counts(checkpoint: Checkpoint, view: Tensor, dtype: DType) -> Iterable[Counts]:
    for stored in arrays_of(checkpoint, view) if 0 not in view.shape else ():
        for first in range(0, stored.size, _CHUNK):
            yield lost_values(stored[first : first + _CHUNK], view.dtype, dtype)


def loss_findings(losses: Iterable[Loss]) -> list[Finding]:
    """Return a finding per tensor, the gravest first."""
    findings = []
    for loss in sorted(losses, key=lambda loss: (-loss.overflow, -loss.underflow)):
        name = printable(loss.row.key, 200)
        kind = loss.row.dtype.name
        if loss.overflow:
            message = (
                f"{name}: {plural(loss.overflow, 'value')} of {exact(loss.row.made.elements)} "
                f"{'is' if loss.overflow == 1 else 'are'} too large for {kind}."
            )
            findings.append(Finding("cast-overflow", "warning", message, loss.row.source))
        if loss.underflow:
            message = (
                f"{name}: {plural(loss.underflow, 'value')} of {exact(loss.row.made.elements)} "
                f"{'becomes' if loss.underflow == 1 else 'become'} zero as {kind}."
            )
            findings.append(Finding("cast-underflow", "info", message, loss.row.source))
    return findings
