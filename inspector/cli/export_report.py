"""What `inspector export` says of a plan, for people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NamedTuple, TextIO

import click

from inspector.cli.findings import print_findings
from inspector.core import text
from inspector.core.export import (
    Dropped,
    Exported,
    Fit,
    Loss,
    Mismatch,
    Plan,
    Row,
    fit_sentences,
    loss_findings,
)
from inspector.core.model import Finding, json_path
from inspector.core.summary import path_text

_MANY = 8
_WIDEST = 60
_REASONS = {
    "not-chosen": "not chosen",
    "does-not-fit": "not fitting the target",
    "duplicate": "the same as others",
    "collision": "with a key that is taken",
    "not-supported": "that cannot be written",
    "omitted": "left out as parts of the training run",
    "damaged": "without their values in the file",
}


class Report(NamedTuple):
    """A plan with all that is known about it, and what came of it."""

    plan: Plan
    target: str
    fit: Fit | None = None
    losses: tuple[Loss, ...] = ()
    written: Exported | None = None

    @property
    def findings(self) -> list[Finding]:
        """All that is to be said, with what casting loses."""
        written = self.written.findings if self.written is not None else ()
        return [*self.plan.findings, *loss_findings(self.losses), *written]

    def print_written(self) -> None:
        """Say what was written, and that it was compared."""
        assert self.written is not None
        print_findings(self.written.findings)
        rows = text.plural(len(self.plan.rows), "tensor")
        for path in self.written.paths:
            click.echo(text.printable(path))
        click.echo(f"{rows}, {text.size(self.written.nbytes)}, read again and compared.")


def print_report(report: Report, *, short: bool) -> None:
    """Print findings and what the target would say; every row too, unless `short`."""
    plan = report.plan
    if not short:
        _print_rows(plan.rows)
        _print_dropped(plan.dropped)
    print_findings(found._replace(path=()) for found in report.findings)  # messages name it
    if report.fit is not None:
        click.echo("\n".join(fit_sentences(report.fit)))
    if not short:
        files = f" in {text.plural(len(plan.files), 'file')}" if len(plan.files) > 1 else ""
        tensors = text.plural(len(plan.rows), "tensor")
        click.echo(f"{tensors}, {text.size(plan.nbytes)}{files}; nothing was written.")


def _print_rows(rows: tuple[Row, ...]) -> None:
    lines = [_cells(row) for row in rows]
    heading = ("Source", "Target", "Shape", "Dtype", "Device", "Size")
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(heading, *lines, strict=True)]
    for cells in (heading, *lines):
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        click.secho("  ".join(padded).rstrip(), dim=cells is heading)


def _cells(row: Row) -> tuple[str, ...]:
    dtype, device = row.dtype.name, row.device
    if row.is_cast:
        dtype = f"{row.stored.dtype.name} → {dtype}"
    if device != row.stored.device:
        device = f"{row.stored.device} → {device}"
    size = "tied" if row.tied else text.size(row.nbytes)
    cells = path_text(row.source), path_text(row.target), text.shape(row.made.shape)
    return (*map(text.printable, cells), dtype, text.printable(device), size)


def _print_dropped(dropped: tuple[Dropped, ...]) -> None:
    counts = Counter(drop.reason for drop in dropped)
    for reason, count in counts.items():
        names = [path_text(drop.source) for drop in dropped if drop.reason == reason]
        listed = ", ".join(text.printable(name, 80) for name in names[:_MANY])
        more = f" and {text.exact(count - _MANY)} more" if count > _MANY else ""
        click.secho(f"Without {text.exact(count)} {_REASONS[reason]}: {listed}{more}.", dim=True)


def write_json(report: Report, stream: TextIO) -> None:
    """Write the document of the contract."""
    plan, written = report.plan, report.written
    document: dict[str, Any] = {
        "schema": 1,
        "target": report.target,
        "format": plan.recipe.format,
        "at": json_path(plan.at),
        "tensors": len(plan.rows),
        "bytes": plan.nbytes,
        "rows": [_row(row) for row in plan.rows],
        "dropped": [
            {"source": json_path(drop.source), "reason": drop.reason, "message": drop.message}
            for drop in plan.dropped
        ],
        "files": list(written.paths) if written else [],
        "verified": written is not None,
        "dry_run": written is None,
        "content_hash": written.content_hash or None if written else None,
        "casts": [
            {
                "target": json_path(loss.row.target),
                "overflow": loss.overflow,
                "underflow": loss.underflow,
            }
            for loss in report.losses
        ],
        "fit": _fit(report.fit) if report.fit is not None else None,
        "findings": [
            finding._asdict() | {"path": json_path(finding.path)} for finding in report.findings
        ],
    }
    stream.write(json.dumps(document, indent=1) + "\n")


def _row(row: Row) -> dict[str, Any]:
    return {
        "source": json_path(row.source),
        "target": json_path(row.target),
        "key": row.key or None,
        "shape": row.made.shape,
        "dtype": row.dtype.name,
        "device": row.device,
        "bytes": row.nbytes,
        "cast_from": row.stored.dtype.name if row.is_cast else None,
        "tied": row.tied,
        "file": row.file,
    }


def _fit(fit: Fit) -> dict[str, Any]:
    def listed(rows: tuple[Mismatch, ...]) -> list[dict[str, Any]]:
        return [{"key": row.key, "ours": row.ours, "theirs": row.theirs} for row in rows]

    return {
        "matched": len(fit.matched),
        "missing": fit.missing,
        "unexpected": fit.unexpected,
        "mismatched": listed(fit.mismatched),
        "dtypes": listed(fit.dtypes),
        "strict": fit.strict,
        "lenient": fit.lenient,
    }
