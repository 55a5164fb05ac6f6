"""Save a comparison as a report: HTML for people, CSV for tables, JSON for programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.core.analysis.comparison import Candidate, Result, Row, Tolerance, rollup
from inspector.core.analysis.comparison.report_csv import write_csv
from inspector.core.analysis.comparison.report_html import write_html
from inspector.core.analysis.comparison.report_json import write_json
from inspector.core.analysis.comparison.result import Offer
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, silent
from inspector.gui import notify
from inspector.gui.context import AppContext
from inspector.gui.diff.opening import Sides
from inspector.gui.diff.run import ComparisonRun

_log = logging.getLogger(__name__)
_TITLE = "Save report"
_FILTERS = "HTML page (*.html);;CSV table (*.csv);;JSON (*.json)"
_WRITERS: Mapping[str, Callable[[Result, TextIO], None]] = {
    ".html": write_html,
    ".csv": write_csv,
    ".json": write_json,
}


def ask_to_save_report(
    parent: QWidget, context: AppContext, sides: Sides, run: ComparisonRun
) -> None:
    """Ask for a file, and write what is known now into it."""
    dialog = QFileDialog(parent, _TITLE, "comparison.html", _FILTERS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("html")

    def save(path: str) -> None:
        args = Path(path), sides, list(run.rows), run.candidates, run.tolerance
        job = context.jobs.start(_TITLE, save_report, *args)
        job.failed.connect(lambda error: _say(parent, error))

    dialog.fileSelected.connect(save)
    dialog.open()


def save_report(
    path: Path,
    sides: Sides,
    rows: Sequence[Row],
    candidates: Sequence[Candidate],
    tolerance: Tolerance,
    *,
    progress: Progress = silent,
) -> None:
    """Write a report in the form that the name asks for; raises InspectorError if it cannot be."""
    write = _WRITERS.get(path.suffix.lower(), write_html)
    progress(0.1, "Writing the report")
    kept = tuple(row for row in rows if row.into is None)
    offers = tuple(Offer(rows[one.a], rows[one.b], one.evidence) for one in candidates)
    result = Result(
        sides.a.source.uri,
        sides.b.source.uri,
        sides.matching,
        kept,
        sides.values,
        tuple(rollup(kept)),
        offers,
        tolerance,
    )
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("w", encoding="utf-8", newline="") as stream:
            write(result, stream)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise InspectorError(
            f"{path} cannot be written: {error.strerror}.", "Choose a folder that you may write to."
        ) from error


def _say(parent: QWidget, error: Exception) -> None:
    if isinstance(error, InspectorError):
        notify.error(parent, _TITLE, error.message, error.hint)
        return
    _log.error("The report could not be written", exc_info=error)
    notify.error(parent, _TITLE, "The report could not be written.", repr(error))
