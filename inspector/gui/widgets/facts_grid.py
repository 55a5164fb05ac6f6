"""Two columns, labels and texts, that can be selected and copied."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from inspector.gui.widgets.labels import PlainLabel


class FactsGrid(QWidget):
    """Rows of a muted label and a selectable plain text."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[PlainLabel, PlainLabel]] = []
        self._shown = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Replace the rows; the texts are shown as they are."""
        shown = list(facts)
        while len(self._rows) < len(shown):
            self._rows.append(self._add(len(self._rows)))
        # Labels are used again: making and dressing new ones takes longer than anything else here.
        for number, (label, value) in enumerate(self._rows):
            there = number < len(shown)
            label.setVisible(there)
            value.setVisible(there)
            if there:
                name, text = shown[number]
                label.set_plain(name)
                value.set_plain(text)
                value.setAccessibleName(f"{name}: {text}")
        self._shown = len(shown)

    def facts(self) -> list[tuple[str, str]]:
        """Return what is on screen."""
        return [(name.plain(), text.plain()) for name, text in self._rows[: self._shown]]

    def _add(self, row: int) -> tuple[PlainLabel, PlainLabel]:
        label = PlainLabel(tone="muted")
        value = PlainLabel(wrap=True, selectable=True)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(label, row, 0, top | Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(value, row, 1, top)
        return label, value
