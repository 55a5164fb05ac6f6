"""What a scan of all values has to say, between the banner and the tree."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import Severity
from inspector.gui.theme import Theme
from inspector.gui.viewers.scan import ValueScan
from inspector.gui.widgets.notice_bar import Choice, NoticeBar
from inspector.gui.widgets.progress_strip import ProgressStrip

_NOUNS: tuple[tuple[Severity, str], ...] = (
    ("error", "error"),
    ("warning", "warning"),
    ("info", "note"),
)


class ScanBar(QWidget):
    """How far the scan is; then what it found, or why it ended, with what can be done next."""

    statistics_requested = Signal()
    findings_requested = Signal()
    reload_requested = Signal()

    def __init__(self, theme: Theme, scan: ValueScan) -> None:
        super().__init__()
        self._scan = scan
        self.strip = ProgressStrip()
        self.notice = NoticeBar(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.notice)
        self.strip.cancel_requested.connect(self._cancel)
        scan.started.connect(self._begin)
        scan.progressed.connect(self._show_progress)  # a closure would keep both alive
        scan.settled.connect(self.strip.hide)

    def tell(self, counted: Mapping[Severity, int], *, has_places: bool) -> None:
        """Say what became of the scan: how much it found, and whether at a place."""
        scan = self._scan
        found = ", ".join(text.plural(counted[s], noun) for s, noun in _NOUNS if counted.get(s))
        worst: Severity = next((s for s, _ in _NOUNS if counted.get(s)), "info")
        choices: list[Choice] = []
        words = scan.words()
        if scan.state == "failed":
            worst = "error"
            words = f"{scan.failure()} {words}"
            again = ("Reload", self.reload_requested.emit), ("Scan again", scan.start)
            choices.append(again[0] if scan.file_changed else again[1])
        elif scan.state == "stopped":
            choices.append(("Go on", scan.start))
        if scan.rows.every:
            so_far = " so far" if scan.is_partial else ""
            words += f" Found{so_far}: {found}." if found else f" Nothing was found{so_far}."
            choices.append(("Statistics", self.statistics_requested.emit))
        if has_places:
            choices.append(("Only with findings", self.findings_requested.emit))
        self.notice.say(worst, text.printable(words, 600), *choices)

    def _begin(self) -> None:
        self.notice.hide()
        self._show_progress(0.0)

    def _show_progress(self, fraction: float, _: str = "") -> None:
        if self._scan.state == "busy":
            self.strip.show_progress(fraction, self._scan.words())

    def _cancel(self) -> None:
        self._scan.cancel()
        self.strip.show_stopping()
