"""Findings as a list of sentences, each leading to the node that it is about."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.health import MEANINGS
from inspector.core.model import Finding, Path
from inspector.core.summary import path_text
from inspector.gui.theme import Theme, pixmap
from inspector.gui.widgets.labels import PlainLabel, plain_tool_tip
from inspector.gui.widgets.rounds import Round

_AT_ONCE = 8  # rows that are made in one go: a damaged file can have a finding per tensor


class FindingList(QWidget):
    """The worst first; a finding with a place has a button that goes there.

    What it means is said where the place is, and elsewhere in a tip: one sort may have many rows.
    """

    jump_requested = Signal(object)  # Path

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._findings: Sequence[Finding] = ()
        self._base: Path = ()
        self._rows: list[_FindingRow] = []
        self._round = Round(self)
        self.more = QPushButton()
        self.more.setProperty("quiet", True)
        self.more.clicked.connect(self._show_more)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        theme.changed.connect(self._dress)

    def show_findings(self, findings: Sequence[Finding], base: Path = ()) -> None:
        """Replace the list by another, the worst first; places are told from `base` on."""
        self._findings = findings
        self._base = base
        for widget in self._rows:
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._rows = []
        self._round.forget()
        self._show_more()

    def messages(self) -> list[str]:
        """Return the sentences on screen."""
        return [row.message.plain() for row in self._rows]

    def jump_buttons(self) -> list[QPushButton]:
        """Return the buttons that lead somewhere, from top to bottom."""
        return [
            button
            for row in self._rows
            for button in row.findChildren(QPushButton)
            if button.isEnabled()
        ]

    def _show_more(self) -> None:
        """Add the next rows; hundreds at once would hold the window."""
        start = len(self._rows)
        made = [self._row(finding) for finding in self._findings[start : start + _AT_ONCE]]
        for row in made:
            self._column.insertWidget(len(self._rows), row)
            self._rows.append(row)
            self._round.add(row.message)
        self._round.settle()
        if made and self.more.hasFocus():
            made[0].message.setFocus(Qt.FocusReason.OtherFocusReason)
        left = len(self._findings) - len(self._rows)
        self.more.setVisible(left > 0)
        self.more.setText(f"Show {min(_AT_ONCE, left)} more of {text.exact(left)}")

    def _dress(self) -> None:
        self.show_findings(self._findings, self._base)

    def _row(self, finding: Finding) -> _FindingRow:
        row = _FindingRow(finding, getattr(self._theme.colours, finding.severity), self._base)
        if finding.path:
            row.button.clicked.connect(lambda: self.jump_requested.emit(finding.path))
        return row


class _FindingRow(QWidget):
    """Picture of the severity, the sentence, and a way to the node."""

    def __init__(self, finding: Finding, colour: str, base: Path) -> None:
        super().__init__()
        picture = QLabel()
        picture.setPixmap(pixmap(finding.severity, colour, 18, self.devicePixelRatio()))
        picture.setAccessibleName(finding.severity)
        self.message = PlainLabel(text.printable(finding.message, 2000), wrap=True, selectable=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.button = QPushButton("Show")
        self.button.setProperty("quiet", True)
        self.button.setAccessibleDescription("Goes to the node that this is about")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.message)
        meaning = MEANINGS.get(finding.code, "")
        self.message.setAccessibleDescription(meaning)
        if len(finding.path) > len(base):
            self.message.setToolTip(plain_tool_tip(meaning))
            place = path_text(finding.path[len(base) :])
            words.addWidget(PlainLabel(text.printable(place, 400), tone="muted", wrap=True))
        elif meaning:
            words.addWidget(PlainLabel(meaning, tone="muted", wrap=True))
        line.addLayout(words, 1)
        line.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.button.setEnabled(len(finding.path) > len(base))  # not to where one is
        self.button.setVisible(len(finding.path) > len(base))
