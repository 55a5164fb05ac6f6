"""The selected tensor as colours: any two of its axes, or the kernels of a convolution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.pictures import Area, Picture, picture_of
from inspector.core.analysis.planes import Grid, unpacked
from inspector.core.analysis.statistics import measured
from inspector.core.errors import FormatError
from inspector.core.model import Tensor, tensor_of
from inspector.gui.context import AppContext
from inspector.gui.theme import tabular
from inspector.gui.viewers.base import UNSUITED, USUAL, Subject
from inspector.gui.viewers.computed import ComputedViewer
from inspector.gui.viewers.heat_words import cells_text, closer_text, value_text
from inspector.gui.viewers.kinds import title_of
from inspector.gui.viewers.plane_controls import PlaneControls
from inspector.gui.widgets.choice_box import choice_box, labelled
from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.heat_picture import HeatPicture, overview_cells
from inspector.gui.widgets.heat_scale import ColourBar, Limits, Showing, scale_of
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save

_SHOWINGS = dict(
    zip(get_args(Showing), ("furthest from zero", "mean", "smallest", "largest"), strict=True)
)
_LIMITS = dict(zip(get_args(Limits), ("all values", "1–99 % of cells"), strict=True))
_HINT = "Point at a cell, or press an arrow, to read it; the wheel or + and − zoom, 0 shows all."
_MOST = 1500  # cells of the overview along each side
_TITLE = "Reading values"
_UNFIT = re.compile(r"[^\w.-]+")  # for the name of a file


class HeatMapViewer(ComputedViewer):
    """An overview that hides no extreme, and smaller cells as soon as one looks closer."""

    title = "Heat map"
    is_large = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.controls = PlaneControls()
        self.showing = _choice("Show of each cell", _SHOWINGS)
        self.limits = _choice("Colours for", _LIMITS)
        self.save = QPushButton("&Save picture…")
        self.save.setProperty("quiet", True)
        self.picture: HeatPicture | None = None
        self.value = PlainLabel(wrap=True, selectable=True, font=tabular())
        self.note = PlainLabel(tone="muted", wrap=True)
        self._bar = ColourBar(context.theme)
        self._tensor: Tensor | None = None
        self._remark = ""
        self._grid: Grid | None = None
        self._overview: Picture | None = None
        self._shown_of: Subject | None = None
        self._show_box = labelled("S&how", self.showing)
        for widget in (self._show_box, labelled("Co&lours", self.limits)):
            self.controls.flow.addWidget(widget)
        self.controls.setContentsMargins(16, 10, 12, 0)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, self.controls)
        self.controls.changed.connect(self._read)
        self.showing.currentIndexChanged.connect(lambda _: self._colour())
        self.limits.currentIndexChanged.connect(lambda _: self._colour())
        self.save.clicked.connect(self._save)

    @staticmethod
    def priority(subject: Subject) -> int:
        return USUAL - 4 if tensor_of(subject.node) is not None else UNSUITED

    def ask(self, subject: Subject) -> None:
        value = tensor_of(subject.node)
        assert value is not None
        same = self._shown_of is not None and _same(self._shown_of, subject)
        if same and self.state == "shown":
            return
        try:
            found = measured(value)
            tensor = unpacked(found.tensor)
        except FormatError as error:
            self._say_nothing_to_show(str(error))
            return
        if 0 in tensor.shape:
            shape = text.shape(tensor.shape)
            self._say_nothing_to_show(
                f"There is nothing to see: the tensor has no elements ({shape})."
            )
            return
        self._remark = found.of_numbers
        self.controls.show()
        if not same:
            self._tensor = tensor
            self.controls.show_tensor(tensor)
        self._shown_of = subject
        self._read()

    def make_body(self) -> Iterator[QWidget]:
        picture = self.picture = HeatPicture(self.context.theme)
        # Always two lines high: the picture must not move while one reads it.
        self.value.setFixedHeight(2 * self.value.fontMetrics().lineSpacing())
        self.value.setAlignment(Qt.AlignmentFlag.AlignTop)
        picture.spot_changed.connect(lambda _: self._say_value())
        picture.wanted.connect(self._read_closer)
        picture.lens_changed.connect(self._look)
        self._sheet = QWidget()
        self._sheet.setProperty("ground", "base")
        sheet = QVBoxLayout(self._sheet)
        sheet.setContentsMargins(0, 0, 0, 0)
        sheet.setSpacing(8)
        sheet.addWidget(self._bar)
        sheet.addWidget(picture, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(6)
        column.addWidget(self._sheet, 1)
        column.addWidget(self.value)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.save, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(foot)
        yield body

    def _say_nothing_to_show(self, sentence: str) -> None:
        self._shown_of = None
        self.controls.hide()
        self.show_empty(sentence)

    def _read(self) -> None:
        """Read the overview of what the controls say."""
        if self.subject is None:
            return
        self._grid = self.controls.grid()
        self.compute(
            _TITLE,
            picture_of,
            self.subject.checkpoint,
            self.controls.plane(),
            overview_cells(self, _MOST),
            self.context.engine,
            None,
            show=self._show,
        )

    def _show(self, found: Picture) -> None:
        assert self.picture is not None
        self._overview = found
        self.picture.show_picture(found, self._grid)
        self._show_box.setVisible(found.values is None)  # of one value, all are the same
        self._colour()
        self._say_cells(found)

    def _say_cells(self, found: Picture) -> None:
        said = cells_text(found) if found is self._overview else closer_text(found)
        self.note.set_plain(f"{said} {self._remark}".strip())

    def _look(self, lens: Lens) -> None:
        if lens.is_whole and self._overview is not None:
            self._say_cells(self._overview)

    def _colour(self) -> None:
        """Find the colours for all of the plane, so that they stay when one looks closer."""
        if self._overview is None or self.picture is None:
            return
        cells = self._overview.cells
        showing: Showing = self.showing.currentData()
        scale = scale_of(cells, showing, self.limits.currentData())
        self.picture.show_scale(scale, showing)
        self._bar.show_scale(scale, 0 if cells.odd is None else int(cells.odd.sum()))

    def _say_value(self) -> None:
        assert self.picture is not None
        best, spot = self.picture.at_spot(), self.picture.spot
        said = value_text(best, *spot) if best is not None and spot is not None else ""
        self.value.set_plain(said or _HINT)
        self.picture.setAccessibleDescription(said)

    def _read_closer(self, area: Area, most: tuple[int, int]) -> None:
        """Read a part of the plane in smaller cells, while the overview stays."""
        if self.subject is None or self._overview is None or self.state != "shown":
            return
        self.compute_more(
            _TITLE,
            picture_of,
            self.subject.checkpoint,
            self._overview.plane,
            most,
            self.context.engine,
            area,
            show=self._show_closer,
        )

    def _show_closer(self, found: Picture) -> None:
        assert self.picture is not None
        self.picture.show_detail(found)
        self._say_cells(found)

    def _save(self) -> None:
        if self.picture is not None and self.subject is not None and self.state == "shown":
            name = _UNFIT.sub("-", title_of(self.subject))
            ask_to_save(self._sheet, name, self._inked())

    def _inked(self) -> QRect:
        """Return what the colour bar and the cells take of the sheet."""
        assert self.picture is not None
        room, (width, height) = self.picture.room(), self.picture.lens.size
        cells = QRectF(0, 0, room.left() + width + 4, room.top() + height + 4).toAlignedRect()
        area = cells.translated(self.picture.pos()).united(self._bar.geometry())
        return area.intersected(self._sheet.rect())


def _choice(name: str, rows: dict[str, str]) -> QComboBox:
    box = choice_box(name)
    for value, words in rows.items():
        box.addItem(words, value)
    return box


def _same(one: Subject, other: Subject) -> bool:
    return one.checkpoint is other.checkpoint and one.node is other.node
