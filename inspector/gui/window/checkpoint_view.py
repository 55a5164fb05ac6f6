"""An open checkpoint on screen: banner, tree and panel side by side."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from inspector.core.model import Node, Path
from inspector.gui.context import AppContext
from inspector.gui.tree.pane import TreePane
from inspector.gui.viewers import VIEWERS, Subject, ViewerPanel
from inspector.gui.window.banner import Banner
from inspector.gui.window.opening import Opened, node_at

_SHARE = "window/tree_share"
_USUAL_SHARE = 0.64


class CheckpointView(QWidget):
    """Composes the three and passes on what they say."""

    status_changed = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, context: AppContext, opened: Opened) -> None:
        super().__init__()
        self._context = context
        self.opened = opened
        self._share = _remembered_share(context.settings.value(_SHARE))
        checkpoint = opened.checkpoint
        self.banner = Banner(context.theme, opened.headline, checkpoint.findings)
        self.tree = TreePane(
            context,
            checkpoint.root,
            checkpoint.totals,
            checkpoint.recognition.state_dicts,
            opened.first,
        )
        self.panel = ViewerPanel(context, VIEWERS)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.panel)
        self.splitter.setChildrenCollapsible(False)
        self.tree.setMinimumWidth(260)
        self.panel.setMinimumWidth(220)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.splitter, 1)
        self.splitter.splitterMoved.connect(self._keep_share)
        self.banner.findings_requested.connect(self.show_whole)
        self.tree.current_changed.connect(self._show_path)
        self.tree.current_changed.connect(lambda _: self.status_changed.emit())
        self.tree.selection_counted.connect(self.status_changed)
        self.tree.menu_requested.connect(self.menu_requested)
        self.panel.jump_requested.connect(self.tree.go_to)
        self.show_whole()

    def show_whole(self) -> None:
        """Look at the checkpoint as a whole, its findings included."""
        self.tree.view.clear_current()
        self._show_path(None)

    def current_node(self) -> Node | None:
        """Return the node of the current row."""
        path = self.tree.view.current_path()
        return node_at(self.opened.checkpoint.root, path) if path else None

    def status(self) -> str:
        """Return how much is selected, or how much there is."""
        return self.tree.status()

    def stop(self) -> None:
        """Drop running searches and let go of the file."""
        self.tree.stop()
        self.opened.close()

    def _show_path(self, path: Path | None) -> None:
        checkpoint = self.opened.checkpoint
        node = node_at(checkpoint.root, path) if path else None
        if node is None:
            node, path = checkpoint.root, ()
        self.panel.show_subject(Subject(checkpoint, node, path or ()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._divide()

    def _divide(self) -> None:
        """Keep the share of the width that the person gave to the tree, at any width."""
        tree = round(self.width() * self._share)
        self.splitter.setSizes([tree, self.width() - tree])

    def _keep_share(self) -> None:
        sizes = self.splitter.sizes()
        self._share = sizes[0] / max(1, sum(sizes))
        self._context.settings.setValue(_SHARE, self._share)


def _remembered_share(value: object) -> float:
    try:
        share = float(str(value))
    except ValueError:
        return _USUAL_SHARE
    return share if 0.1 < share < 0.9 else _USUAL_SHARE
