"""How the tests look at the window."""

from pytestqt.qtbot import QtBot

from inspector.gui.tree.columns import COLUMNS
from inspector.gui.tree.pane import TreePane
from inspector.gui.viewers.summary import SummaryViewer
from inspector.gui.window.checkpoint_view import CheckpointView
from inspector.gui.window.main_window import MainWindow


def wait_until_open(qtbot: QtBot, window: MainWindow) -> None:
    """Return when no tab is busy any more."""
    qtbot.waitUntil(lambda: not any(tab.is_busy for tab in window.all_tabs()), timeout=20_000)


def view_of(window: MainWindow) -> CheckpointView:
    """Return the open checkpoint on screen."""
    tab = window.current_tab()
    assert tab is not None
    assert tab.view is not None
    return tab.view


def keys(tree: TreePane) -> list[object]:
    """Return the keys on screen, from top to bottom."""
    return [tree.model.row_at(number).node.key for number in range(tree.model.rowCount())]


def texts(tree: TreePane, number: int) -> list[str]:
    """Return what stands in a line, in the columns of the first day."""
    columns = [n for n, column in enumerate(COLUMNS) if not column.hidden]
    return [tree.model.index(number, column).data() for column in columns]


def facts_on_screen(view: CheckpointView) -> dict[str, str]:
    """Return what the summary in the panel says."""
    viewer = view.panel.viewer()
    assert isinstance(viewer, SummaryViewer)
    return dict(viewer.grid.facts())
