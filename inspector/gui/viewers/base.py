"""What every viewer is: a way to look at one node, that says how well it fits."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.core.analysis.optimizer_names import Kept, Owner
from inspector.core.analysis.space import Shared
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import NO_TENSORS, FindingIndex, Node, Path, Totals
from inspector.gui.context import AppContext
from inspector.gui.viewers.scan import ValueScan

UNSUITED = -1
USUAL = 100
PREFERRED = 1000


@dataclass(frozen=True)
class Subject:
    """The node to look at, and where it is; the root with an empty path is the whole checkpoint."""

    checkpoint: Checkpoint
    node: Node
    path: Path
    totals: Totals = NO_TENSORS
    """How much the node is or holds."""
    facts: tuple[tuple[str, str], ...] | None = None
    """What is to be said of it, where that has been found out already."""
    shared: Shared | None = None
    """The storage that it looks at together with others, once that is known."""
    owner: Owner | None = None
    """The parameter whose state an optimizer keeps here."""
    kept: tuple[Kept, ...] = ()
    """What optimizers keep for this parameter."""
    scan: ValueScan | None = None
    """What has been read of all values."""
    note: str = ""
    """Why the parameters of this optimizer are not known by name."""
    findings: FindingIndex = field(default_factory=FindingIndex)
    """What was found in the checkpoint."""


class Viewer(QWidget):
    """One tab of the panel; its widget is made when it is first needed.

    Subclasses set `title` and implement `priority` and `show_subject`.
    """

    title = ""
    is_large = False
    """True if making it and showing it take a turn of the event loop each."""
    jump_requested = Signal(object)  # Path of another node

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context

    @staticmethod
    def priority(subject: Subject) -> int:
        """Return how well this viewer fits; negative where it does not apply at all."""
        raise NotImplementedError

    def show_subject(self, subject: Subject) -> None:
        """Replace what is shown."""
        raise NotImplementedError
