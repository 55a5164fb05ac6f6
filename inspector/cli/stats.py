"""`inspector stats FILE`: statistics of every tensor, and where NaN and infinity are."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Callable

import click

from inspector.cli.computing import engine_for, progress_bar
from inspector.cli.findings import print_findings
from inspector.cli.forms import form_options
from inspector.cli.places import chosen_in, place_of
from inspector.cli.stats_rows import write_left_out, write_notes, write_table
from inspector.core.analysis.health import ScanRow, health_scan
from inspector.core.analysis.scan_files import write_csv, write_json
from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.formats import open_checkpoint
from inspector.core.model import Array, Path, Selection, Tensor, numeric, walk
from inspector.core.text import plural

_FORMS: dict[str, Callable[[list[ScanRow]], None]] = {
    "table": lambda rows: write_table(rows, _width(), sys.stdout.isatty()),
    "json": lambda rows: write_json(rows, sys.stdout),
    "csv": lambda rows: write_csv(rows, sys.stdout),
}


@click.command()
@click.argument("file", type=click.Path())
@click.option(
    "--include",
    metavar="GLOB",
    multiple=True,
    help="Only tensors that match; held against the key in the state_dict and the path a/b/c.",
)
@form_options
@click.option(
    "--fail-on-nonfinite", is_flag=True, help="Exit with 1 if there is a NaN or an infinity."
)
def command(file: str, include: tuple[str, ...], form: str | None, fail_on_nonfinite: bool) -> int:
    """Print the statistics of every tensor in FILE: of finite values, but for the counts.

    FILE::PATH takes a part of it. Exit code 0, or 2 if values cannot be read.

    \b
    Examples:
      inspector stats model.pt
      inspector stats model.pt --include '*.weight' --csv > weights.csv
      inspector stats model.pt --json | jq '.tensors[] | select(.nan > 0) | .path'
      inspector stats model.pt --fail-on-nonfinite > /dev/null || echo diverged
    """
    collecting = gc.isenabled()
    gc.disable()  # many small values live to the end; looking for garbage among them takes long
    try:
        place = place_of(file)
        with open_checkpoint(place.file) as checkpoint:
            selection = chosen_in(checkpoint, include, place.path)
            rows = scan_of(checkpoint, selection)
            _FORMS[form or "table"](rows)
            if form is None:
                write_notes(rows)
                write_left_out(_without_numbers(checkpoint, selection))
                _print_grave(rows)
    finally:
        if collecting:
            gc.enable()
    lost = lost_rows(rows)
    if lost:
        raise InspectorError(
            f"The values of {plural(len(lost), 'tensor')} cannot be read: {lost[0].error}"
        )
    return int(fail_on_nonfinite and any(map(_is_not_finite, rows)))


def _width() -> int | None:
    """Return the characters of a line on this terminal; None where lines may be of any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _without_numbers(checkpoint: Checkpoint, selection: Selection) -> list[tuple[Path, Array]]:
    """Return the numpy arrays that match and have no statistics."""
    return [
        (path, node.value)
        for path, node in walk(checkpoint.root)
        if node.kind == "array" and node.value.tensor is None and path in selection
    ]


def _print_grave(rows: list[ScanRow]) -> None:
    findings = [finding for row in rows for finding in row.findings]
    grave = [finding for finding in findings if finding.severity != "info"]
    if grave:
        click.echo()
        print_findings(grave)


def _is_not_finite(row: ScanRow) -> bool:
    return row.statistics is not None and row.statistics.finite < row.statistics.elements


def scan_of(checkpoint: Checkpoint, selection: Selection) -> list[ScanRow]:
    """Return what a scan says of the tensors that match, in stored order."""
    items = [item for item in numeric(checkpoint.root) if item[0] in selection]
    with engine_for(items) as engine, progress_bar() as progress:
        rows = list(health_scan(checkpoint, items, engine, progress))
    return in_order(rows, items)


def in_order(rows: list[ScanRow], items: list[tuple[Path, Tensor]]) -> list[ScanRow]:
    """Return the rows as they stand in the file."""
    places = {path: place for place, (path, _) in enumerate(items)}
    return sorted(rows, key=lambda row: places[row.path])


def lost_rows(rows: list[ScanRow]) -> list[ScanRow]:
    """Return the tensors whose values should be there; those of meta tensors should not."""
    return [row for row in rows if row.is_lost]
