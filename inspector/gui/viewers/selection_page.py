"""What several selected rows amount to."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.widgets.facts_grid import FactsGrid


class SelectionPage(QWidget):
    """A grid of facts about all of them together."""

    def __init__(self) -> None:
        super().__init__()
        self.grid = FactsGrid()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.addWidget(self.grid)
        column.addStretch()

    def show_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Replace what is shown."""
        self.grid.show_facts(facts)
