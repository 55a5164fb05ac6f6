"""An open checkpoint on screen: banner, tree and panel side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Finding, FindingIndex, Node, Path, index_findings
from inspector.core.progress import Progress, paced, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.tree.lines import Row
from inspector.gui.tree.marks import NO_MARKS, Marks, marks_of, marks_with
from inspector.gui.tree.pane import TreePane
from inspector.gui.tree.selection import Sum, add_up, describe_totals
from inspector.gui.turns import Turns
from inspector.gui.viewers import VIEWERS, Subject, ViewerPanel
from inspector.gui.viewers.scan import ValueScan
from inspector.gui.viewers.statistics import StatisticsViewer
from inspector.gui.widgets.divider import Divided
from inspector.gui.window.banner import Banner
from inspector.gui.window.opening import Opened, let_go
from inspector.gui.window.scan_bar import ScanBar

_SHARE = "window/tree_share"
_USUAL_SHARE = 0.64
_MOST_LISTED = 12  # dtypes or devices of a selection


class CheckpointView(QWidget):
    """Composes the three and passes on what they say; begins with `show_whole`."""

    status_changed = Signal()
    menu_requested = Signal(QPoint)
    marked = Signal()  # findings, ties and what filters offer are known
    looked = Signal()  # the panel shows what is selected
    scanned = Signal()  # what a scan has found is on screen
    reload_requested = Signal()

    def __init__(
        self, context: AppContext, opened: Opened, tree: TreePane, parent: QWidget | None = None
    ) -> None:
        """`tree` shows `opened`, and is made before: both in one go would be felt."""
        super().__init__(parent)
        self._context = context
        self.opened = opened
        self._status = ""
        self._looked_at: object = None
        self._adding: Job | None = None
        checkpoint = opened.checkpoint
        self.scan = ValueScan(context, checkpoint)
        self.scan_bar = ScanBar(context.theme, self.scan)
        self.banner = Banner(context.theme, opened.headline, opened.findings)
        self.tree = tree
        self.panel = ViewerPanel(context, VIEWERS)
        sides = Qt.Orientation.Horizontal
        between = ("Tree", "panel")
        self.splitter = Divided(sides, context.settings, _SHARE, _USUAL_SHARE, between)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.panel)
        self.tree.setMinimumWidth(260)
        self.panel.setMinimumWidth(300)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.scan_bar)
        column.addWidget(self.splitter, 1)
        self.banner.findings_requested.connect(self.show_whole)
        self.tree.current_changed.connect(lambda _: self._look())
        self.tree.selection_counted.connect(self._look)
        self.tree.menu_requested.connect(self.menu_requested)
        self.tree.view.drag_requested.connect(self._drag_out)
        self.panel.jump_requested.connect(self.tree.go_to)
        self.scan.settled.connect(self._mark_findings)
        self.scan_bar.statistics_requested.connect(self.show_statistics)
        self.scan_bar.findings_requested.connect(self._filter_findings)
        self.scan_bar.reload_requested.connect(self.reload_requested)
        # A timer of its own: what `singleShot` is to call lives on if the view ends first.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.start_marking)
        self._turns = Turns(self)
        self._marking: Job | None = None
        self._marks = NO_MARKS
        self._findings = opened.findings

    def start_marking_soon(self) -> None:
        """Start it once the first rows are on screen: beside a job, they would come later."""
        self._soon.start()

    def start_marking(self) -> None:
        """Look for shared storages; called when the view is shown, which is not to wait for it."""
        checkpoint = self.opened.checkpoint
        self._marking = self._context.jobs.start(
            "Looking for shared storages", marks_of, checkpoint
        )
        self._marking.succeeded.connect(self._show_marks)

    def take_place_of(self, before: CheckpointView) -> None:
        """Look at the same row in the same way as another view of the file did."""
        self.panel.prefer(before.panel.preferred())
        path = before.current_path()
        while path and not self.tree.view.go_to(path):
            path = path[:-1]
        scroll = before.tree.view.verticalScrollBar().value()
        self.tree.view.verticalScrollBar().setValue(scroll)

    def show_whole(self) -> None:
        """Look at the checkpoint as a whole, its findings included."""
        self.tree.view.clear_current()
        self._look()

    def show_statistics(self) -> None:
        """Look at the table of all values that have been read."""
        self.panel.prefer(StatisticsViewer)
        self._looked_at = None
        self.show_whole()

    def current_node(self) -> Node | None:
        """Return the node of the current row."""
        row = self.tree.view.current_row()
        return row.node if row else None

    def current_path(self) -> Path:
        """Return where the current row is; nowhere stands for the whole."""
        return self.tree.view.current_path() or ()

    def places(self) -> list[dict[Path, list[Finding]]]:
        """Return what leads to the findings, of a million tensors too much to free in one go."""
        return [self.opened.findings.places, self._findings.places]

    def status(self) -> str:
        """Return how much is selected, or how much there is."""
        return self._status

    def stop(self) -> None:
        """Drop running searches and let go of the file."""
        self._soon.stop()
        self._turns.stop()
        for job in (self._marking, self._adding):
            if job is not None:
                job.cancel()
        self.panel.stop()
        self.tree.stop()
        self.scan.drop()
        self.opened.close()

    def _show_marks(self, marks: Marks) -> None:
        self._marks = marks
        self.tree.show_marks(marks)
        self._looked_at = None
        self._look()
        self.marked.emit()
        if self.scan.state not in ("idle", "busy", "stopping"):
            self._mark_findings()

    def _mark_findings(self) -> None:
        """Mark in the tree what a scan has found, however far it has come."""
        if self._marks is NO_MARKS:
            return  # the marks of the file come first; they call this again
        if self._marking is not None:
            self._marking.cancel()
        checkpoint = self.opened.checkpoint
        self._marking = self._context.jobs.start(
            "Marking findings", _with_findings, self._marks, checkpoint, self.scan
        )
        self._marking.succeeded.connect(self._take_findings)

    def _take_findings(self, found: tuple[Marks, FindingIndex, bool]) -> None:
        self._turns.take(self._show_findings(*found))

    def _show_findings(
        self, marks: Marks, findings: FindingIndex, has_places: bool
    ) -> Iterator[None]:
        """Mark what was found, and list it: together they would be felt."""
        self._marking = None
        before, self._findings = self._findings, findings
        self.tree.show_marks(marks)
        self.banner.show_findings(findings)
        by_scan = Counter(findings.counts) - Counter(self.opened.findings.counts)
        self.scan_bar.tell(by_scan, has_places=has_places)
        yield
        self._looked_at = None
        self._look()
        if before is not self.opened.findings:
            self._context.jobs.start("Letting go", let_go, [], [before.places])
        self.status_changed.emit()
        self.scanned.emit()

    def _filter_findings(self) -> None:
        self.tree.filter_bar.set_filters(self.tree.filter_bar.filters._replace(found=True))

    def _look(self) -> None:
        """Show what is selected; Qt tells of one change of the selection in several ways."""
        view = self.tree.view
        ranges, row = tuple(view.selected_ranges()), view.current_row()
        looked_at = (ranges, row.number if row else -1, id(view.tree_model().lines))
        if looked_at == self._looked_at:
            return
        self._looked_at = looked_at
        if self._adding is not None:
            self._adding.cancel()
            self._adding = None
        if view.selected_count() > 1:
            model = view.tree_model()
            self._adding = self._context.jobs.start(
                "Adding up the selection", add_up, model.lines, ranges, model.known
            )
            self._adding.succeeded.connect(self._show_sum)
            return
        self._show_row(row)
        known = view.tree_model().known
        self._status = describe_totals(known.totals_of(self.opened.checkpoint.root))
        self.status_changed.emit()
        self.looked.emit()

    def _show_row(self, row: Row | None) -> None:
        checkpoint, known = self.opened.checkpoint, self.tree.model.known
        node, path = (row.node, row.path) if row else (checkpoint.root, ())
        facts = None
        if not path:
            node, facts = checkpoint.root, self.opened.facts
        marks = known.marks
        subject = Subject(
            checkpoint,
            node,
            path,
            known.totals_of(node),
            facts,
            marks.shared.get(id(node)),
            marks.owners.get(id(node)),
            marks.kept.get(id(node), ()),
            self.scan,
            marks.notes.get(id(node), ""),
            self._findings,
        )
        self.panel.show_subject(subject)

    def _show_sum(self, found: Sum) -> None:
        self._adding = None
        title = f"{text.plural(found.rows, 'row')} selected"
        self.panel.show_selection(title, _facts(found))
        self._status = f"{title}: {describe_totals(found.totals)}"
        self.status_changed.emit()
        self.looked.emit()

    def _drag_out(self) -> None:
        """Let the selected rows be dropped elsewhere, as a file; the status bar says what of it."""
        # Imported here: the window is on screen without it a tenth of a second earlier.
        from inspector.gui.export.dragging import Handout, drag_out, rows_of, why_not

        view = self.tree.view
        rows = rows_of(self.opened.checkpoint.source.uri, self.tree.model, view.selected_ranges())
        reason = why_not(rows, self.tree.model.known)
        if reason:
            self._say(reason)
            return
        handout = Handout(self._context, rows)
        handout.told.connect(self._say)
        drag_out(view, handout, view.picture_of_current())

    def _say(self, words: str) -> None:
        self._status = words
        self.status_changed.emit()


def _with_findings(
    marks: Marks, checkpoint: Checkpoint, scan: ValueScan, *, progress: Progress = silent
) -> tuple[Marks, FindingIndex, bool]:
    """Return the marks and all findings, and whether the scan found anything at a place."""
    found = list(paced(scan.findings(), progress, "Marking findings"))
    findings = index_findings(chain(checkpoint.findings, found), progress)
    has_places = any(finding.path for finding in paced(found, progress, "Marking findings"))
    return marks_with(marks, checkpoint.root, found, progress=progress), findings, has_places


def _facts(found: Sum) -> list[tuple[str, str]]:
    """Return what several rows amount to, as labels and texts."""
    totals = found.totals
    facts = [("Rows", text.exact(found.rows)), ("Tensors", text.exact(totals.tensors))]
    if totals.tensors:
        exact = f"{text.size(totals.nbytes)} ({text.exact(totals.nbytes)} bytes)"
        facts += [
            ("Elements", text.exact(totals.elements)),
            ("Size", exact),
            ("Dtypes", _listed(found.dtypes)),
            ("Devices", _listed(found.devices)),
        ]
    return facts


def _listed(sizes: Counter[str], size: Callable[[int], str] = text.size) -> str:
    """Return each name with its bytes, the most first."""
    shown = [f"{text.printable(name, 60)} ({size(n)})" for name, n in sizes.most_common()]
    more = len(shown) - _MOST_LISTED
    return ", ".join(shown[:_MOST_LISTED]) + (f" and {text.exact(more)} more" if more > 0 else "")
