"""`inspector check FILE`: damage in bytes and values, and what loading would set going."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterable
from typing import NamedTuple, TextIO

import click

from inspector.cli.computing import engine_for, progress_bar
from inspector.cli.findings import print_findings
from inspector.cli.stats import in_order, lost_rows
from inspector.core import text
from inspector.core.analysis.health import ScanRow, cross_findings, health_scan
from inspector.core.analysis.imports import Import, imports_of
from inspector.core.analysis.integrity import Integrity, integrity_findings, integrity_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.loading import WeightsOnly, foretell
from inspector.core.model import Finding, json_path, numeric
from inspector.core.progress import part
from inspector.core.summary import headline, path_text

_MANY = 12  # names that are listed one by one
_SORTS = {
    "dangerous": ("can run commands", "red"),
    "unknown": ("unknown here", "yellow"),
    "plain": ("plain values", None),
    "tensor": ("tensors", None),
}


class Verdict(NamedTuple):
    """All that was found."""

    integrity: Integrity
    imports: tuple[Import, ...]
    weights_only: WeightsOnly
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """True if there is nothing to worry about."""
        return all(finding.severity == "info" for finding in self.findings)


@click.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON, version 1.")
def command(file: str, as_json: bool) -> int:
    """Hold FILE against its checksums, look at every value, say what loading would import.

    Exit code 0 without findings or with notes only, 1 with a warning or an error.

    \b
    Examples:
      inspector check model.pt
      inspector check model.pt --json | jq '.findings[] | select(.severity != "info")'
    """
    collecting = gc.isenabled()
    gc.disable()  # many small values live to the end; looking for garbage among them takes long
    try:
        with open_checkpoint(file) as checkpoint:
            verdict = verdict_of(checkpoint)
            if as_json:
                _write_json(verdict, sys.stdout)
            else:
                _print(checkpoint, verdict)
    finally:
        if collecting:
            gc.enable()
    return 0 if verdict.clean else 1


def verdict_of(checkpoint: Checkpoint) -> Verdict:
    """Read every byte and return what is to be said."""
    items = list(numeric(checkpoint.root))
    with engine_for(items) as engine, progress_bar() as progress:
        integrity = integrity_of(checkpoint, engine, part(progress, 0.0, 0.3))
        scanned = list(health_scan(checkpoint, items, engine, part(progress, 0.3, 0.9)))
        rows = in_order(scanned, items)
        across = list(cross_findings(checkpoint, rows, engine, part(progress, 0.9, 1.0)))
    findings = (
        *checkpoint.findings,
        *integrity_findings(checkpoint, integrity),
        *_unreadable(rows),
        *(finding for row in rows for finding in row.findings),
        *across,
    )
    return Verdict(integrity, imports_of(checkpoint), foretell(checkpoint), findings)


def _unreadable(rows: list[ScanRow]) -> Iterable[Finding]:
    for row in lost_rows(rows):
        yield Finding("unreadable", "error", row.error, row.path)


def _write_json(verdict: Verdict, stream: TextIO) -> None:
    integrity = verdict.integrity
    document = {
        "schema": 1,
        "integrity": {
            "checked": integrity.checked,
            "failed": len(integrity.failures),
            "unstated": integrity.unstated,
            "failures": [
                {"storage": failure.storage.key, "message": failure.reason}
                for failure in integrity.failures
            ],
        },
        "globals": [
            {
                "name": row.name,
                "class": row.sort,
                "count": row.times,
                "where": None if row.where is None else json_path(row.where),
            }
            for row in verdict.imports
        ],
        "weights_only": {
            "loads": verdict.weights_only.loads,
            "refused": verdict.weights_only.refused,
            "reasons": verdict.weights_only.reasons,
        },
        "findings": [
            finding._asdict() | {"path": json_path(finding.path)} for finding in verdict.findings
        ],
    }
    stream.write(json.dumps(document, indent=1) + "\n")


def _print(checkpoint: Checkpoint, verdict: Verdict) -> None:
    click.secho(text.printable(checkpoint.source.uri), bold=True)
    click.echo(headline(checkpoint))
    _title("Integrity")
    for sentence in _integrity_sentences(verdict.integrity):
        click.echo(f"  {sentence}")
    _title("Findings")
    if verdict.findings:
        print_findings(verdict.findings, "  ")
    else:
        click.echo("  None.")
    _title("Loading")
    for sentence in _loading_sentences(checkpoint, verdict.weights_only):
        click.echo(f"  {sentence}")
    _print_imports(verdict.imports)


def _title(title: str) -> None:
    click.secho(f"\n{title}", bold=True)


def _integrity_sentences(integrity: Integrity) -> Iterable[str]:
    checked, unstated = integrity.checked, integrity.unstated
    if checked:
        yield f"{text.plural(checked, 'storage')} held against the file's checksums."
    if checked and not integrity.failures:
        yield f"{'It has' if checked == 1 else 'All of them have'} the bytes that were written."
    if unstated:
        seen = "seen to be there; " if not integrity.failures else ""
        whose = "its" if unstated == 1 else "their"
        number = text.plural(unstated, "storage")
        yield f"{number} without a checksum: {seen}{whose} bytes cannot be verified."
    if integrity.failures:
        yield f"{text.plural(len(integrity.failures), 'storage')} failed; see the findings."
    elif not checked and not unstated:
        yield "There are no storages."


def _loading_sentences(checkpoint: Checkpoint, verdict: WeightsOnly) -> Iterable[str]:
    if verdict.loads:
        yield "torch.load opens it with weights_only=True, the default since torch 2.6."
    else:
        yield "torch.load refuses it with weights_only=True, the default since torch 2.6:"
        yield from (f"  {text.printable(reason)}" for reason in verdict.reasons)
    if checkpoint.demands is None:
        yield "Nothing in it is pickled."
    else:
        yield "Without weights_only its pickle would import:"


def _print_imports(imports: tuple[Import, ...]) -> None:
    for sort, (label, colour) in _SORTS.items():
        rows = [row for row in imports if row.sort == sort]
        if not rows:
            continue
        click.secho(f"    {label}:", fg=colour)
        for row in rows[:_MANY]:
            times = f" × {text.exact(row.times)}" if row.times > 1 else ""
            where = f", first at {text.printable(path_text(row.where), 80)}" if row.where else ""
            click.echo(f"      {text.printable(row.name, 100)}{times}{where}")
        if len(rows) > _MANY:
            click.echo(f"      and {text.exact(len(rows) - _MANY)} more")
