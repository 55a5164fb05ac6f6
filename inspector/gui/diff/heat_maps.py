"""A, B and their difference as colours: one scale, linked cursors and zoom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core import text
from inspector.core.analysis.difference_pictures import difference_picture_of
from inspector.core.analysis.pictures import Area, Picture, picture_of
from inspector.core.analysis.planes import Plane
from inspector.core.engine import Engine
from inspector.core.errors import FormatError
from inspector.core.model import Tensor
from inspector.core.progress import Progress, part, silent
from inspector.gui.context import AppContext
from inspector.gui.diff.base import PairSubject, PairViewer
from inspector.gui.diff.heat_sheet import HeatSheet
from inspector.gui.diff.opening import Sides
from inspector.gui.theme import tabular
from inspector.gui.viewers.heat_words import cells_text, closer_text, value_text
from inspector.gui.viewers.plane_controls import PlaneControls
from inspector.gui.widgets.heat_drawing import Spot
from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.heat_picture import HeatPicture, overview_cells
from inspector.gui.widgets.heat_scale import ColourBar, Scale, Showing, Strip, scale_of
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.picture_file import ask_to_save

_MOST = 1000  # cells of an overview along each side
_NAMES = ("A", "B", "Δ")
_APART = "Δ = B − A"
_HINT = (
    "Point at a cell, or press an arrow, to read it in all three; the wheel or + and − zoom, 0 "
    "shows all."
)
_SHOWING: Showing = "extreme"
_SETTING = "delta_scale"
_FINER = 1.05  # times, from which another scale is worth telling
_LINES = 3  # of values: A, B and Δ


class Three(NamedTuple):
    """The same part of both, and of their difference."""

    a: Picture
    b: Picture
    apart: Picture


class HeatMapsPage(PairViewer):
    """Overviews, and smaller cells as soon as one looks closer at any of them."""

    title = "Heat maps"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.controls = PlaneControls()
        self.controls.setContentsMargins(16, 10, 12, 0)
        self.own_scale = QCheckBox()
        self.own_scale.setChecked(bool(context.preferences[_SETTING]))
        self.save = QPushButton("&Save picture…")
        self.save.setProperty("quiet", True)
        self.pictures: list[HeatPicture] = []
        self.bar = ColourBar(context.theme)
        self.value = PlainLabel(_HINT, wrap=True, selectable=True, font=tabular())
        self.note = PlainLabel(tone="muted", wrap=True)
        self._tensors: tuple[Tensor, Tensor] | None = None
        self._remark = ""
        self._overview: Three | None = None
        self._shown_of: tuple[object, ...] = ()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, self.controls)
        self.controls.changed.connect(self._read)
        self.own_scale.clicked.connect(lambda on: context.preferences.choose(_SETTING, on))
        context.preferences.changed.connect(self._follow)
        self.save.clicked.connect(self._save)

    @staticmethod
    def applies(pair: PairSubject) -> bool:
        return pair.both

    def look(self, pair: PairSubject) -> None:
        shown_of = pair.shown_of
        if shown_of == self._shown_of and self.state == "shown":
            return
        try:
            ones, others = pair.values()
        except FormatError as error:
            self._shown_of = ()
            self.controls.hide()
            self.show_empty(str(error))
            return
        self._remark = ones.note
        self.controls.show()
        if self._tensors is None or shown_of != self._shown_of:
            self._tensors = (ones.tensor, others.tensor)
            self.controls.show_tensor(ones.tensor)
        self._shown_of = shown_of
        self._read()

    def make_body(self) -> Iterator[QWidget]:
        self.pictures = [self._one(name) for name in _NAMES]
        # At least as high: the pictures must not move while one reads them.
        self.value.setMinimumHeight(_LINES * self.value.fontMetrics().lineSpacing())
        self.value.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sheet = HeatSheet(self.pictures, self._key())
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 10)
        column.addWidget(self._sheet, 1)
        yield body

    def _one(self, name: str) -> HeatPicture:
        picture = HeatPicture(self.context.theme, name, fills=True)
        picture.setAccessibleName(f"Heat map of {name}")
        picture.spot_changed.connect(self._share_spot)
        picture.lens_changed.connect(self._share_lens)
        picture.wanted.connect(self._read_closer)
        return picture

    def _key(self) -> QWidget:
        """Return what the colours mean, the choice between scales, and the values at the spot."""
        key = QWidget()
        column = QVBoxLayout(key)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.bar)
        column.addWidget(self.own_scale)
        column.addWidget(self.value, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.save, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(foot)
        return key

    # Reading.

    def _read(self) -> None:
        if self.pair is None or self._tensors is None:
            return
        self.compute(
            "Reading values",
            _three,
            self.pair.sides,
            self._planes(),
            overview_cells(self, _MOST),
            self.context.engine,
            None,
            show=self._show,
        )

    def _planes(self) -> tuple[Plane, Plane]:
        assert self._tensors is not None
        plane = self.controls.plane()
        return plane, plane._replace(tensor=self._tensors[1])

    def _show(self, found: Three) -> None:
        self._overview = found
        grid = self.controls.grid()
        for picture, one in zip(self.pictures, found, strict=True):
            picture.show_picture(one, grid)
        self._colour()
        exact = found.a.values is not None
        line = self.value.fontMetrics().lineSpacing()
        self._sheet.long_sentences = 0 if exact else _LINES * line
        self.note.set_plain(f"{cells_text(found.apart)} {self._remark}".strip())
        self._sheet.arrange()

    def _read_closer(self, area: Area, most: tuple[int, int]) -> None:
        if self.pair is None or self._overview is None or self.state != "shown":
            return
        planes = self._overview.a.plane, self._overview.b.plane
        self.compute_more(
            "Reading values",
            _three,
            self.pair.sides,
            planes,
            most,
            self.context.engine,
            area,
            show=self._show_closer,
        )

    def _show_closer(self, found: Three) -> None:
        for picture, one in zip(self.pictures, found, strict=True):
            picture.show_detail(one)
        self.note.set_plain(f"{closer_text(found.apart)} {self._remark}".strip())

    # What is on screen.

    def _follow(self, setting: str) -> None:
        if setting == _SETTING:
            self.own_scale.setChecked(bool(self.context.preferences[_SETTING]))
            self._colour()
            if self.pictures:
                self._sheet.arrange()

    def _colour(self) -> None:
        if self._overview is None or not self.pictures:
            return
        a, b, apart = (scale_of(one.cells, _SHOWING, "all") for one in self._overview)
        of_both, own = together(a, b), _of_differences(apart)
        shared = _of_differences(of_both, apart)
        times = shared.high / own.high if own.high else 1.0
        self.own_scale.setText(_own_words(times))
        self.own_scale.setToolTip(
            "Otherwise the same number has the same strength in all three.\n"
            "Kept for all comparisons."
        )
        if self.own_scale.isChecked():
            strips = Strip(of_both, "A, B"), Strip(own, _APART)
        else:
            strips = Strip(shared._replace(differences=False), "A, B"), Strip(shared, _APART)
        first, last = strips
        for picture, strip in zip(self.pictures, (first, first, last), strict=True):
            picture.show_scale(strip.scale, _SHOWING)
        odd = self._overview.apart.cells.odd
        self.bar.show_strips(strips, 0 if odd is None else int(odd.sum()))

    def _share_spot(self, spot: Spot | None) -> None:
        for picture in self.pictures:
            picture.set_spot(spot)
        self._say()

    def _share_lens(self, lens: Lens) -> None:
        for picture in self.pictures:
            picture.show_lens(lens)
        if lens.is_whole and self._overview is not None:
            self.note.set_plain(f"{cells_text(self._overview.apart)} {self._remark}".strip())

    def _say(self) -> None:
        lines: list[str] = []
        for name, picture in zip(("A", "B", "Δ"), self.pictures, strict=False):
            best, spot = picture.at_spot(), picture.spot
            if best is not None and spot is not None:
                words = value_text(best, *spot)
                lines.append(f"{name}  {words if not lines else _value_only(words)}")
                picture.setAccessibleDescription(words)
        self.value.set_plain("\n".join(lines) or _HINT)

    def _save(self) -> None:
        if self.state == "shown":
            parts = (*self.pictures, self.bar)
            area = QRect()
            for part in parts:
                area |= QRect(part.mapTo(self._sheet, QPoint()), part.size())
            ask_to_save(self._sheet, "difference", area, parts)


def _of_differences(*scales: Scale) -> Scale:
    """Return a scale around zero that has all values of others."""
    reach = max(max(abs(one.low), abs(one.high)) for one in scales)
    return Scale(-reach, reach, diverging=True, differences=True)


def _own_words(times: float) -> str:
    """Return the words of the choice: how many times finer such a scale is, to two digits."""
    said = f"{times:.2g}" if times < 10 else text.exact(int(float(f"{times:.2g}")))
    finer = f" ({said} × finer)" if times > _FINER else ""
    return f"&Own scale for Δ{finer}"


def together(a: Scale, b: Scale) -> Scale:
    """Return a scale that has the values of both."""
    if a.diverging or b.diverging:
        reach = max(abs(end) for end in (a.low, a.high, b.low, b.high))
        return Scale(-reach, reach, diverging=True)
    return Scale(min(a.low, b.low), max(a.high, b.high), diverging=False)


def _value_only(words: str) -> str:
    """Leave out the index, which stands in the line above."""
    for mark in (" = ", ": "):
        if mark in words:
            return words.partition(mark)[2]
    return words


def _three(
    sides: Sides,
    planes: tuple[Plane, Plane],
    most: tuple[int, int],
    engine: Engine,
    area: Area | None,
    *,
    progress: Progress = silent,
) -> Three:
    a, b = planes
    return Three(
        picture_of(sides.a, a, most, engine, area, part(progress, 0.0, 0.25)),
        picture_of(sides.b, b, most, engine, area, part(progress, 0.25, 0.5)),
        difference_picture_of(
            (sides.a, sides.b), planes, most, engine, area, part(progress, 0.5, 1.0)
        ),
    )
