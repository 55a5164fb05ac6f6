"""What is worth knowing before the file is written: losses, ties, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.export import Dropped, loss_findings
from inspector.core.export.plan import Loss
from inspector.core.model import Finding, Path
from inspector.core.summary import path_text
from inspector.gui.export.outlook import Outlook
from inspector.gui.theme import Theme
from inspector.gui.viewers.finding_list import FindingList
from inspector.gui.widgets.labels import PlainLabel

_LISTED = 40  # names of what is left out
_REASONS = {
    "not-chosen": "not chosen",
    "does-not-fit": "do not fit the target",
    "duplicate": "stand under another key already",
    "collision": "would have a key that another one has",
    "not-supported": "cannot be written in this format",
    "omitted": "left out as parts of the training run",
    "damaged": "are damaged in this file",
}


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
        self.dropped.set_plain(_dropped_text(outlook.plan.dropped))
        self.dropped.setVisible(bool(outlook.plan.dropped))

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
        self.list.show_findings([finding._replace(path=()) for finding in found])


def _dropped_text(dropped: Sequence[Dropped]) -> str:
    lines = []
    counts = Counter(entry.reason for entry in dropped)
    for reason, number in counts.items():
        names = [entry.source for entry in dropped if entry.reason == reason][:_LISTED]
        more = f" and {text.exact(number - len(names))} more" if number > len(names) else ""
        listed = ", ".join(_name(path) for path in names)
        lines.append(f"{text.plural(number, 'entry')} {_REASONS[reason]}: {listed}{more}.")
    return "\n\n".join(lines)


def _name(path: Path) -> str:
    return text.printable(path_text(path), 120)
