"""The rules of one sort under their heading, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import Finding
from inspector.gui.export.rule_rows import RuleRow
from inspector.gui.theme import scaled
from inspector.gui.widgets.labels import PlainLabel

_MOST_SAID = 4  # findings below a heading; the tab of findings has all


class RuleList(QWidget):
    """Rows that come and go."""

    changed = Signal()

    def __init__(
        self, title: str, hint: str, add: str, make: Callable[[Any], RuleRow], first: Any
    ) -> None:
        super().__init__()
        self._make = make
        self._first = first
        self.rows: list[RuleRow] = []
        self.add = QPushButton(add)
        self.add.setProperty("quiet", True)
        self.add.setAutoDefault(False)
        self.add.clicked.connect(lambda: self._append())
        self.note = PlainLabel(wrap=True, selectable=True)
        self.note.hide()
        heading = QHBoxLayout()
        heading.addWidget(PlainLabel(title, font=scaled(1.0, QFont.Weight.DemiBold)), 1)
        heading.addWidget(self.add)
        self._hint = PlainLabel(hint, tone="muted", wrap=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addLayout(heading)
        self._column.addWidget(self._hint)
        self._column.addWidget(self.note)

    def set_rules(self, rules: Sequence[Any]) -> None:
        """Show these rules instead; what is shown already is left alone."""
        if [row.rule() for row in self.rows] == list(rules):
            return
        for row in list(self.rows):
            self._take(row)
        for rule in rules:
            self._put(rule)
        self._hint.setVisible(not self.rows)

    def rules(self) -> tuple[Any, ...]:
        """Return the rules that say something."""
        return tuple(rule for rule in (row.rule() for row in self.rows) if rule is not None)

    def check(self) -> bool:
        """Say beside every rule what is wrong with it; return whether all can be used."""
        found = [row.check() for row in self.rows]  # every row says what is wrong with it
        return all(found)

    def say(self, findings: Sequence[Finding]) -> None:
        """Say below the heading what came of the rules."""
        shown = [text.printable(finding.message, 400) for finding in findings[:_MOST_SAID]]
        is_error = any(finding.severity == "error" for finding in findings)
        self.note.setProperty("tone", "error" if is_error else "warning")
        self.note.style().polish(self.note)
        self.note.set_plain("\n".join(shown))
        self.note.setVisible(bool(shown))

    def _append(self) -> None:
        row = self._put(self._first)
        self._hint.hide()
        row.first_editor().setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit()

    def _put(self, rule: Any) -> RuleRow:
        row = self._make(rule)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._remove(row))
        row.moved.connect(lambda places: self._move(row, places))
        self._column.insertWidget(self._column.count() - 1, row)
        self.rows.append(row)
        row.show()  # a layout shows it later, and what is not shown cannot have the keyboard
        return row

    def _remove(self, row: RuleRow) -> None:
        self._take(row)
        self._hint.setVisible(not self.rows)
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _move(self, row: RuleRow, places: int) -> None:
        now = self.rows.index(row)
        new = now + places
        if not 0 <= new < len(self.rows):
            return
        self.rows.insert(new, self.rows.pop(now))
        at = self._column.indexOf(row)
        self._column.removeWidget(row)
        self._column.insertWidget(at + places, row)
        self.changed.emit()

    def _take(self, row: RuleRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
