"""The line above the tree that says what the checkpoint is, with badges for its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import Finding, Severity
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

    def __init__(self, theme: Theme, headline: str, findings: Sequence[Finding]) -> None:
        super().__init__()
        self._theme = theme
        title, _, rest = text.printable(headline).partition(" · ")
        self.title = PlainLabel(title, font=scaled(1.25, QFont.Weight.DemiBold))
        self.facts = PlainLabel(rest, tone="muted", wrap=True)
        self.badges = {
            severity: self._badge(severity, noun, number)
            for severity, noun in _BADGES
            if (number := Counter(finding.severity for finding in findings)[severity])
        }
        for severity, badge in self.badges.items():
            messages = [finding.message for finding in findings if finding.severity == severity]
            badge.setToolTip(plain_tool_tip("\n".join(map(text.printable, messages[:8]))))
        self._lay_out()
        self.facts.setVisible(bool(rest))  # not before it has a parent: it would be a window
        self._dress()
        theme.changed.connect(self._dress)

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
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 14, 11)
        row.setSpacing(8)
        row.addLayout(words, 1)
        for badge in self.badges.values():
            row.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
