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
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Replace the rows; the texts are shown as they are."""
        for pair in self._rows:
            for label in pair:
                self._grid.removeWidget(label)
                label.deleteLater()
        self._rows = [self._add(row, *fact) for row, fact in enumerate(facts)]

    def facts(self) -> list[tuple[str, str]]:
        """Return what is on screen."""
        return [(name.plain(), text.plain()) for name, text in self._rows]

    def _add(self, row: int, name: str, text: str) -> tuple[PlainLabel, PlainLabel]:
        label = PlainLabel(name, tone="muted")
        value = PlainLabel(text, wrap=True, selectable=True)
        value.setAccessibleName(f"{name}: {text}")
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(label, row, 0, top | Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(value, row, 1, top)
        return label, value
