"""What is worth knowing before the file is written: losses, ties, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from inspector.core.export import loss_findings
from inspector.core.export.plan import Loss
from inspector.core.model import Finding, index_findings
from inspector.gui.export.outlook import Outlook
from inspector.gui.theme import Theme
from inspector.gui.viewers.finding_list import FindingList
from inspector.gui.widgets.labels import PlainLabel


class FindingsPage(QScrollArea):
    """Sentences; casts are looked at by a job of their own, as that reads values."""

    look_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._losses: Sequence[Loss] | None = None
        self._outlook: Outlook | None = None
        self.list = FindingList(theme)
        self.casts = PlainLabel(tone="muted", wrap=True)
        self.look = QPushButton("Look for values that the cast loses")
        self.look.setAutoDefault(False)
        self.look.clicked.connect(self.look_requested)
        self.dropped = PlainLabel(tone="muted", wrap=True, selectable=True)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(12)
        for widget in (self.list, self.casts, self.look, self.dropped):
            column.addWidget(widget)
        column.addStretch()
        inside.setProperty("ground", "base")
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.show_casts("", can_look=False)

    def findings(self) -> list[Finding]:
        """Return what is known, the losses of casts included."""
        plan = self._outlook.plan if self._outlook else None
        found = list(plan.findings) if plan else []
        return [*found, *loss_findings(self._losses or ())]

    def show_outlook(self, outlook: Outlook) -> None:
        """Show the findings of a plan; nothing is known yet of its casts."""
        self._outlook, self._losses = outlook, None
        self._show()
        self.dropped.set_plain(outlook.dropped)
        self.dropped.setVisible(bool(outlook.dropped))

    def forget(self) -> None:
        """Let go of a plan; what is on screen stays until the next one."""
        self._outlook, self._losses = None, None

    def show_losses(self, losses: Sequence[Loss]) -> None:
        """Show what casts lose."""
        self._losses = losses
        self._show()

    def show_casts(self, words: str, *, can_look: bool) -> None:
        """Say how far the look at the casts is."""
        self.casts.set_plain(words)
        self.casts.setVisible(bool(words))
        self.look.setVisible(can_look)

    def _show(self) -> None:
        found = self.findings()
        if not found:
            found = [Finding("nothing", "info", "Nothing stands in the way.", ())]
        # A place in the file is no place in this window.
        self.list.show_findings(
            index_findings(finding._replace(path=()) for finding in found).every
        )
