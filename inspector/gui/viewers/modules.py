"""What a container is made of: its modules as a table, as a treemap, and as a chart of layers."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.model import Node, Path
from inspector.core.progress import Progress, silent
from inspector.gui.context import AppContext
from inspector.gui.jobs import Job
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject, Viewer
from inspector.gui.viewers.breakdown import ALL, Part, breakdown, largest
from inspector.gui.viewers.kinds import title_of
from inspector.gui.viewers.layers import LayersChart
from inspector.gui.viewers.modules_table import PartModel, PartTable
from inspector.gui.widgets import squares
from inspector.gui.widgets.labels import ElidedLabel, plain_tool_tip
from inspector.gui.widgets.picture_file import ask_to_save
from inspector.gui.widgets.segments import Segments
from inspector.gui.widgets.treemap import Treemap

_MOST = 20_000  # rows; more than the largest of them nobody reads
_MOST_TILES = 3_000  # the others are merged into one tile of each group
_DEPTHS = ((1, "1 step"), (2, "2 steps"), (3, "3 steps"), (4, "4 steps"), (ALL, "every tensor"))
_LONGEST_NAME = 80
_SHARED = (
    "Bytes that several tensors look at (tied ones), or one tensor over and over (expanded ones), "
    "count once, with the first of them."
)
TABLE, TREEMAP, LAYERS = range(3)


class _Found(NamedTuple):
    """What was added up."""

    parts: tuple[Part, ...]
    number: int
    tiles: tuple[squares.Part, ...]
    again: int


class ModulesViewer(Viewer):
    """Parts of the selected container down to a depth; choosing one goes to it."""

    title = "Modules"
    listed = Signal()  # table and treemap show what was asked last

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._subject: Subject | None = None
        self._job: Job | None = None
        self.model = PartModel()
        self.table = PartTable(context.theme, self.model)
        self.treemap = Treemap(context.theme)
        self.layers = LayersChart(context)
        self.look = Segments(("Table", "Treemap", "Layers"), "How to show the modules")
        self.steps = QComboBox()
        self.steps.setAccessibleName("Depth")
        for depth, words in _DEPTHS:
            self.steps.addItem(words, depth)
        self.note = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.save = QToolButton()
        self.save.setToolTip("Save picture…")
        self.save.setAccessibleName("Save picture")
        self.save.setIconSize(QSize(18, 18))
        self.save.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.save.clicked.connect(self._save)
        self._label = QLabel("&Depth")
        self._label.setBuddy(self.steps)
        self._label.setProperty("tone", "muted")
        self._lay_out()
        self._dress()
        context.theme.changed.connect(self._dress)
        self.steps.currentIndexChanged.connect(lambda _: self._list())
        self.look.changed.connect(self._switch)
        self.table.chosen.connect(
            lambda number: self.jump_requested.emit(self.model.part_at(number).path)
        )
        self.treemap.chosen.connect(self.jump_requested)
        self.layers.jump_requested.connect(self.jump_requested)
        self.layers.settled.connect(self._allow)
        self._switch(TABLE)

    @staticmethod
    def priority(subject: Subject) -> int:
        holds = subject.node.kind != "tensor" and subject.totals.tensors > 0
        return USUAL - 2 if holds else UNSUITED

    def show_subject(self, subject: Subject) -> None:
        self._subject = subject
        self._list()
        self._ask_layers()

    def _switch(self, number: int) -> None:
        self._pages.setCurrentIndex(number)
        for widget in (self.steps, self._label, self.note):
            widget.setVisible(number != LAYERS)
        self._allow()
        self._ask_layers()

    def _ask_layers(self) -> None:
        """Read values only for somebody who looks at them."""
        if self._subject is not None and self.look.current() == LAYERS:
            self.layers.show_subject(self._subject)

    def _list(self) -> None:
        if self._subject is None:
            return
        if self._job is not None:
            self._job.cancel()
        self.note.set_text("Adding up…")
        self._job = self.context.jobs.start(
            "Adding up modules",
            _parts,
            self._subject.node,
            self._subject.path,
            self.steps.currentData(),
        )
        self._job.succeeded.connect(self._show)

    def _show(self, found: _Found) -> None:
        self._job = None
        self.table.show_parts(found.parts)
        self.treemap.show_parts(found.tiles)
        shown = len(found.parts)
        more = f", the {text.exact(shown)} largest shown" if shown < found.number else ""
        self.note.set_text(text.plural(found.number, "part") + more + _told_again(found.again))
        if found.again > 0:
            self.note.setToolTip(plain_tool_tip(_SHARED))
        self._allow()
        self.listed.emit()

    def _allow(self) -> None:
        look = self.look.current()
        self.save.setVisible(look != TABLE)
        drawn = bool(self.treemap.tiles) if look == TREEMAP else self.layers.state == "shown"
        self.save.setEnabled(drawn)

    def _save(self) -> None:
        assert self._subject is not None
        name = text.printable(title_of(self._subject), _LONGEST_NAME).replace("/", "-")
        if self.look.current() == TREEMAP:
            ask_to_save(self.treemap, f"{name} treemap")
        else:
            self.layers.ask_to_save(f"{name} layers")

    def _dress(self) -> None:
        self.save.setIcon(self.context.theme.icon("save"))

    def _lay_out(self) -> None:
        bar, below = QHBoxLayout(), QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 4)
        bar.addWidget(self.look)
        bar.addStretch()
        bar.addWidget(self.save)
        below.setContentsMargins(16, 2, 12, 6)
        below.setSpacing(8)
        below.addWidget(self.note, 1)
        below.addWidget(self._label)
        below.addWidget(self.steps)
        self._pages = QStackedWidget()
        framed = QWidget()
        inside = QVBoxLayout(framed)
        inside.setContentsMargins(12, 2, 12, 12)
        inside.addWidget(self.treemap)
        for page in (self.table, framed, self.layers):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(below)
        column.addWidget(self._pages, 1)


def _parts(node: Node, path: Path, depth: int, *, progress: Progress = silent) -> _Found:
    parts = breakdown(node, path, depth, progress=progress)
    again = sum(part.again for part in parts)
    return _Found(largest(parts, _MOST), len(parts), tiles_of(parts, _MOST_TILES), again)


def _told_again(nbytes: int) -> str:
    """Say what tied and expanded tensors would take besides, where there is something."""
    return f", without {text.size(nbytes)} shared" if nbytes > 0 else ""


def tiles_of(parts: tuple[Part, ...], most: int) -> tuple[squares.Part, ...]:
    """Return the parts by their first step that differs; all but the largest merged by group."""
    steps = [part.name.split(".") for part in parts]
    common = 0
    while len({tuple(names[: common + 1]) for names in steps}) == 1 and all(
        len(names) > common + 2 for names in steps
    ):
        common += 1
    kept = {part.path for part in largest(parts, most)}
    tiles: list[squares.Part] = []
    rest: dict[str, list[int]] = {}
    for names, part in zip(steps, parts, strict=True):
        group, name = ".".join(names[: common + 1]), ".".join(names[common + 1 :])
        if part.path in kept:
            tiles.append(squares.Part(group, name, part.nbytes, part.path))
        else:
            rest.setdefault(group, []).append(part.nbytes)
    groups = {tile.group for tile in tiles}
    others: list[int] = []  # of groups that have no tile of their own
    for group, some in rest.items():
        if group in groups:
            tiles.append(squares.Part(group, "", sum(some), None, len(some)))
        else:
            others += some
    if others:
        tiles.append(squares.Part("", "", sum(others), None, len(others)))
    return tuple(tiles)
