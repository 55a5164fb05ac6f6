"""The panel beside the table: a tab for every page that has something to show."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal

from inspector.core import text
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.columns import dtype_text, shape_text
from inspector.gui.widgets.tab_panel import TabPanel


class DiffPanel(TabPanel[PairViewer]):
    """Keeps to the page that the person chose, of a tensor and of the whole apart."""

    made = Signal(object)  # a PairViewer, the first time that it is needed

    def __init__(self, context: AppContext, pages: Sequence[type[PairViewer]]) -> None:
        super().__init__("Ways to look at the difference", 420)
        self._context = context
        self._pages = pages
        self._chosen: dict[bool, type[PairViewer]] = {}
        self._pair: PairSubject | None = None

    def show_pair(self, pair: PairSubject) -> None:
        """Look at another row, or at the whole."""
        self._pair = pair
        row = pair.row
        if row is None:
            self.title.set_text("The comparison as a whole")
            number = sum(pair.run.counts.values()) or len(pair.sides.matching.pairs)
            self.facts.setText(text.plural(number, "row"))
        else:
            self.title.set_text(text.printable(row.pair.name, 400))
            self.facts.setText(f"{shape_text(row)} · {dtype_text(row)}")
        fitting = [page for page in self._pages if page.applies(pair)]
        wanted = self._chosen.get(row is None, fitting[0])
        self.offer(fitting, wanted if wanted in fitting else fitting[0])

    def prefer(self, page: type[PairViewer], *, whole: bool) -> None:
        """Show a page whenever a row, or the whole, is looked at."""
        self._chosen[whole] = page

    def forget(self) -> None:
        """Let go of what is looked at."""
        self.stop()
        self._pair = None
        for page in self._made.values():
            page.cancel()
            page.pair = None

    def make(self, kind: type[PairViewer]) -> PairViewer:
        page = kind(self._context)
        self.made.emit(page)
        return page

    def fill(self, page: PairViewer) -> None:
        if self._pair is not None:
            page.show_pair(self._pair)

    def keep(self, kind: type[PairViewer]) -> None:
        if self._pair is not None:
            self._chosen[self._pair.row is None] = kind
