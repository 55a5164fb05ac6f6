"""What is known about a node without reading its bytes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.model import python_path
from inspector.core.recognition.outline import layer_of
from inspector.core.summary import facts_of, made_up_facts
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import USUAL, Subject, Viewer
from inspector.gui.viewers.finding_list import FindingList
from inspector.gui.widgets.facts_grid import FactsGrid
from inspector.gui.widgets.line import line

_MOST_OTHERS = 8  # tensors that share a storage, by name
_MOST_TENSORS = 64  # no layer has more


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
        self.grid.show_facts((name, text.printable(shown, 4000)) for name, shown in _facts(subject))
        every = subject.checkpoint.findings
        length = len(subject.path)
        here = [finding for finding in every if finding.path[:length] == subject.path]
        self.findings.show_findings(here)
        self.findings.setVisible(bool(here))
        self._line.setVisible(bool(here))
        self._area.verticalScrollBar().setValue(0)


def _facts(subject: Subject) -> list[tuple[str, str]]:
    node, path = subject.node, subject.path
    made_up = node.kind in ("group", "repeat")
    if subject.facts is not None:
        facts = list(subject.facts)
    elif made_up:
        facts = made_up_facts(node, subject.totals)
    else:
        facts = facts_of(node, subject.checkpoint)
    layer = _layer(subject) if made_up or node.kind in ("mapping", "module") else ""
    if layer and path:
        facts.insert(0, ("Layer", f"{layer} (inferred)"))
    if subject.shared is not None:
        others = [python_path(other) for other in subject.shared.paths if other != path]
        label = "Tied to" if subject.shared.tied else "Shares storage with"
        more = f" and {text.exact(len(others) - _MOST_OTHERS)} more" * (len(others) > _MOST_OTHERS)
        facts.append((label, ", ".join(others[:_MOST_OTHERS]) + more))
    if path and node.kind != "repeat":
        facts.append(("Path", python_path(path)))
    return facts


def _layer(subject: Subject) -> str:
    """Return what the module probably is, by the tensors in it; empty if that is not certain."""
    node = subject.node
    if subject.totals.tensors > _MOST_TENSORS:
        return ""
    if node.kind != "group":
        return layer_of(node) if node.kind == "module" else ""
    return layer_of(node, str(node.value.prefix).removesuffix("."))
