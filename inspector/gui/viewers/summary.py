"""What is known about a node without reading its bytes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import python_path
from inspector.core.summary import facts_of
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import USUAL, Subject, Viewer
from inspector.gui.viewers.finding_list import FindingList
from inspector.gui.widgets.facts_grid import FactsGrid
from inspector.gui.widgets.line import line


class SummaryViewer(Viewer):
    """The findings that concern the node, a grid of facts, and the path as Python."""

    title = "Summary"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.grid = FactsGrid()
        self.findings = FindingList(context.theme)
        self.findings.jump_requested.connect(self.jump_requested)
        self._line = line()
        inside = QWidget()
        inside.setProperty("ground", "base")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(14)
        column.addWidget(self.findings)
        column.addWidget(self._line)
        column.addWidget(self.grid)
        column.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self._area = area
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    @staticmethod
    def priority(subject: Subject) -> int:
        return USUAL

    def show_subject(self, subject: Subject) -> None:
        facts = [
            (name, text.printable(shown, 4000))
            for name, shown in facts_of(subject.node, subject.checkpoint)
        ]
        if subject.path:
            facts.append(("Path", text.printable(python_path(subject.path), 4000)))
        self.grid.show_facts(facts)
        every = subject.checkpoint.findings
        length = len(subject.path)
        here = [finding for finding in every if finding.path[:length] == subject.path]
        self.findings.show_findings(here)
        self.findings.setVisible(bool(here))
        self._line.setVisible(bool(here))
        self._area.verticalScrollBar().setValue(0)
