"""Save a comparison or a series as a report: HTML for people, CSV for tables, JSON for programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.core.analysis import series_files, series_html
from inspector.core.analysis.comparison import Candidate, Result, Row, Tolerance, rollup
from inspector.core.analysis.comparison.report_csv import write_csv
from inspector.core.analysis.comparison.report_html import write_html
from inspector.core.analysis.comparison.report_json import write_json
from inspector.core.analysis.comparison.result import Offer
from inspector.core.analysis.series import Series
from inspector.core.errors import InspectorError
from inspector.core.progress import Progress, silent
from inspector.gui import notify
from inspector.gui.context import AppContext
from inspector.gui.diff.opening import Sides
from inspector.gui.diff.run import ComparisonRun
from inspector.gui.jobs import Job

_log = logging.getLogger(__name__)
_TITLE = "Save report"
_FILTERS = "HTML page (*.html);;CSV table (*.csv);;JSON (*.json)"
_WRITERS: Mapping[str, Callable[[Result, TextIO], None]] = {
    ".html": write_html,
    ".csv": write_csv,
    ".json": write_json,
}
_SERIES_WRITERS: Mapping[str, Callable[[Series, TextIO], None]] = {
    ".html": series_html.write_html,
    ".csv": series_files.write_csv,
    ".json": series_files.write_json,
}
_Report = TypeVar("_Report")


def ask_to_save_report(
    parent: QWidget, context: AppContext, sides: Sides, run: ComparisonRun
) -> None:
    """Ask for a file, and write what is known now into it."""

    def save(path: Path) -> Job:
        args = sides, list(run.rows), run.candidates, run.tolerance
        return context.jobs.start(_TITLE, save_report, path, *args)

    _ask(parent, "comparison.html", save)


def ask_to_save_series(parent: QWidget, context: AppContext, series: Series) -> None:
    """Ask for a file, and write the snapshots that have been read into it."""
    _ask(
        parent,
        "series.html",
        lambda path: context.jobs.start(_TITLE, save_series, path, series),
    )


def _ask(parent: QWidget, name: str, save: Callable[[Path], Job]) -> None:
    dialog = QFileDialog(parent, _TITLE, name, _FILTERS)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("html")

    def begin(path: str) -> None:
        save(Path(path)).failed.connect(lambda error: _say(parent, error))

    dialog.fileSelected.connect(begin)
    dialog.open()


def save_series(path: Path, series: Series, *, progress: Progress = silent) -> None:
    """Write a series in the form that the name asks for; raises InspectorError if it cannot be."""
    progress(0.1, "Writing the report")
    _write(path, _SERIES_WRITERS.get(path.suffix.lower(), series_html.write_html), series)


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
    _write(path, _WRITERS.get(path.suffix.lower(), write_html), result)


def _write(path: Path, write: Callable[[_Report, TextIO], None], report: _Report) -> None:
    """Write a file that is complete, or not there."""
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("w", encoding="utf-8", newline="") as stream:
            write(report, stream)
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
