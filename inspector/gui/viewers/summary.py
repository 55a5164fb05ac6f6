"""What is known about a node without reading its bytes."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.space import Shared
from inspector.core.model import Node, Path, python_path
from inspector.core.recognition.outline import layer_around, layer_of
from inspector.core.summary import facts_of, made_up_facts, path_text
from inspector.gui.context import AppContext
from inspector.gui.viewers.base import USUAL, Subject, Viewer
from inspector.gui.viewers.finding_list import FindingList
from inspector.gui.viewers.value_facts import ValueFacts
from inspector.gui.widgets.facts_grid import FactsGrid
from inspector.gui.widgets.line import line
from inspector.gui.widgets.scroll_down import ScrollDown

_MOST_OTHERS = 8  # tensors that share a storage, by name
_MOST_TENSORS = 64  # no layer has more
_OWNER = "Belongs to"


class SummaryViewer(Viewer):
    """The findings that concern the node, a grid of facts, and the path as Python."""

    title = "Summary"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.grid = FactsGrid()
        self.findings = FindingList(context.theme)
        self.findings.jump_requested.connect(self.jump_requested)
        self.grid.jump_requested.connect(self.jump_requested)
        self.values = ValueFacts(context)
        self._line = line()
        inside = QWidget()
        inside.setProperty("ground", "base")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(14)
        column.addWidget(self.findings)
        column.addWidget(self._line)
        column.addWidget(self.grid)
        column.addWidget(self.values)
        column.addStretch()
        self._area = ScrollDown(inside, "Facts")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._area)

    @staticmethod
    def priority(subject: Subject) -> int:
        return USUAL

    def show_subject(self, subject: Subject) -> None:
        facts = [(name, text.printable(shown, 4000)) for name, shown in _facts(subject)]
        self.grid.show_facts(facts, _targets(subject))
        here = subject.findings.at(subject.path)
        self.findings.show_findings(here, subject.path)
        self.findings.setVisible(bool(here))
        self._line.setVisible(bool(here))
        self.values.grid.set_label_width(self.grid.label_width())
        self.values.show_subject(subject)
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
    own = _place_in_layer(subject) if node.kind == "tensor" else ""
    if own:
        facts.insert(0, ("Layer", own))
    if subject.shared is not None:
        others = [python_path(other) for other in subject.shared.paths if other != path]
        label = _shared_label(subject.shared)
        more = f" and {text.exact(len(others) - _MOST_OTHERS)} more" * (len(others) > _MOST_OTHERS)
        facts.append((label, ", ".join(others[:_MOST_OTHERS]) + more))
    facts += _optimizer_facts(subject)
    if path and node.kind != "repeat":
        facts.append(("Path", python_path(path)))
    return facts


def _shared_label(shared: Shared) -> str:
    return "Tied to" if shared.tied else "Shares storage with"


def _optimizer_facts(subject: Subject) -> list[tuple[str, str]]:
    """Return whose state this is, or what optimizers keep for this parameter."""
    facts = []
    if subject.owner is not None:
        doubt = "" if subject.owner.sure else " (by the order alone: others have the same shape)"
        facts.append((_OWNER, subject.owner.name + doubt))
    for kept, label in zip(subject.kept, _kept_labels(subject), strict=True):
        facts.append((label, ", ".join(kept.names)))
    if subject.note:
        facts.append(("Names", subject.note))
    return facts


def _kept_labels(subject: Subject) -> list[str]:
    """Return a label for each optimizer that keeps something, with its place if there are more."""
    if len(subject.kept) == 1:
        return ["Optimizer state"]
    return [f"State in {path_text(kept.path[:-2])}" for kept in subject.kept]


def _targets(subject: Subject) -> dict[str, Path]:
    """Return where rows lead, by their labels."""
    labels = _kept_labels(subject)
    targets = {label: kept.path for label, kept in zip(labels, subject.kept, strict=True)}
    if subject.owner is not None and subject.owner.path is not None:
        targets[_OWNER] = subject.owner.path
    if subject.shared is not None:
        others = [other for other in subject.shared.paths if other != subject.path]
        targets |= {_shared_label(subject.shared): other for other in others[:1]}
    return targets


def _layer(subject: Subject) -> str:
    """Return what the module probably is, by the tensors in it; empty if that is not certain."""
    node = subject.node
    if subject.totals.tensors > _MOST_TENSORS:
        return ""
    if node.kind != "group":
        return layer_of(node) if node.kind == "module" else ""
    return layer_of(node, str(node.value.prefix).removesuffix("."))


def _place_in_layer(subject: Subject) -> str:
    """Return what the tensor is of what its layer probably is; empty if that is not certain."""
    parent: Node | None = subject.checkpoint.root
    for key in subject.path[:-1]:
        children = parent.children if parent else ()
        parent = next((child for child in children if child.key == key), None)
    if parent is None or not subject.path or type(subject.path[-1]) is not str:
        return ""
    own, layer = layer_around(parent, subject.path[-1])
    return f"{own} of ≈ {layer}" if layer else ""
