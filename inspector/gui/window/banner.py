"""The line above the tree that says what the checkpoint is, with badges for its findings."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import FindingIndex, Severity
from inspector.gui.theme import Theme, scaled
from inspector.gui.widgets.labels import PlainLabel, plain_tool_tip

_BADGES: tuple[tuple[Severity, str], ...] = (
    ("error", "error"),
    ("warning", "warning"),
    ("info", "note"),
)


class Banner(QWidget):
    """What it is in bold, the rest of the headline below it, badges on the right."""

    findings_requested = Signal()

    def __init__(self, theme: Theme, headline: str, findings: FindingIndex) -> None:
        super().__init__()
        self._theme = theme
        title, _, rest = text.printable(headline).partition(" · ")
        self.title = PlainLabel(title, font=scaled(1.25, QFont.Weight.DemiBold))
        self.facts = PlainLabel(rest, tone="muted", wrap=True)
        self.badges: dict[Severity, QPushButton] = {}
        self._lay_out()
        self.facts.setVisible(bool(rest))  # not before it has a parent: it would be a window
        self.show_findings(findings)
        theme.changed.connect(self._dress)

    def show_findings(self, findings: FindingIndex) -> None:
        """Replace the badges by those of other findings."""
        for badge in self.badges.values():
            self._row.removeWidget(badge)
            badge.hide()
            badge.deleteLater()
        self.badges = {
            severity: self._badge(severity, noun, findings.counts[severity])
            for severity, noun in _BADGES
            if findings.counts.get(severity)
        }
        for severity, badge in self.badges.items():
            messages = (finding.message for finding in findings.first(severity, 8))
            badge.setToolTip(plain_tool_tip("\n".join(map(text.printable, messages))))
            self._row.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
        self._dress()

    def _badge(self, severity: Severity, noun: str, number: int) -> QPushButton:
        badge = QPushButton(text.plural(number, noun))
        badge.setProperty("severity", severity)
        badge.setIconSize(QSize(16, 16))
        badge.setAccessibleDescription("Shows the findings of this checkpoint")
        badge.clicked.connect(self.findings_requested)
        return badge

    def _dress(self) -> None:
        for severity, badge in self.badges.items():
            badge.setIcon(self._theme.icon(severity, getattr(self._theme.colours, severity)))

    def _lay_out(self) -> None:
        self.setProperty("ground", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.facts)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 10, 14, 11)
        self._row.setSpacing(8)
        self._row.addLayout(words, 1)
