"""What file is made: its format, what stands around the state_dict, and how large it may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.export import OMITTED, WRITERS, Recipe
from inspector.core.model import Path
from inspector.core.model.address import Address, print_address
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.scroll_down import ScrollDown

_CONTAINERS = (
    ("bare", "The state_dict alone"),
    ("wrapped", "The state_dict under a key"),
    ("stored", "Everything as stored, but for …"),
)
_OMITTED_WORDS = {
    "optimizer": "optimizer",
    "scheduler": "scheduler",
    "scaler": "gradient scaler",
    "rng": "random states",
    "ema": "averaged weights",
}
_OWNERSHIP = (
    ("as_stored", "As stored"),
    ("tensors", "Plain tensors"),
    ("parameters", "Parameters"),
)
_GRADS = ((None, "As stored"), (True, "Yes, where floats"), (False, "No"))
_TIED = (("split", "Write each"), ("drop", "Write the first, drop the others"))
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmMgGtT]?)i?[bB]?")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class FilePage(ScrollDown):
    """A form; what a format cannot do is not offered."""

    changed = Signal()
    place_chosen = Signal(object)  # Path of another state_dict
    format_chosen = Signal(str)

    def __init__(self, places: Sequence[Path], at: Path) -> None:
        super().__init__()
        self.place = QComboBox()
        self._places: Sequence[Path] = ()
        self.place.activated.connect(lambda n: self.place_chosen.emit(self._places[n]))
        self.format = _choices((writer.name, writer.label) for writer in WRITERS)
        self.container = _choices(_CONTAINERS)
        self.wrap = QLineEdit()
        self.wrap.setPlaceholderText("state_dict")
        self.extras = QLineEdit()
        self.extras.setPlaceholderText("epoch, config*")
        self.omit = {name: QCheckBox(_OMITTED_WORDS[name]) for name in OMITTED}
        self.ownership = _choices(_OWNERSHIP)
        self.grads = _choices(_GRADS)
        self.tied = _choices(_TIED)
        self.shard = QLineEdit()
        self.shard.setPlaceholderText("One file; or at most 5 GB each")
        self.shard.setAccessibleName("Size of a file")
        self.shard_problem = PlainLabel(tone="error", wrap=True)
        self.stamp = QCheckBox("Say in the file when and from what it was made")
        self._rows: dict[str, QWidget] = {}
        self._form = QFormLayout()
        self._lay_out()
        self.format.activated.connect(lambda _: self.format_chosen.emit(self.format.currentData()))
        # Told of first, so that the name has the ending of the format before anybody compares them.
        self.format.activated.connect(lambda _: self._tell())
        self.format.currentIndexChanged.connect(lambda _: self._show_what_applies())
        for box in (self.container, self.ownership, self.grads, self.tied):
            box.currentIndexChanged.connect(lambda _: self._tell())
        for edit in (self.wrap, self.extras, self.shard):
            edit.textChanged.connect(lambda _: self._tell())
        for tick in (*self.omit.values(), self.stamp):
            tick.toggled.connect(lambda _: self._tell())
        self.show_places(places, at)

    def show_places(self, places: Sequence[Path], at: Path) -> None:
        """Offer these state_dicts; the one at `at` is on screen."""
        self._places = places
        self.place.clear()
        for path in places:
            self.place.addItem(_place(path))
        self.place.setCurrentIndex(list(places).index(at))
        self._show_what_applies()

    def put_into(self, recipe: Recipe) -> Recipe:
        """Return a recipe with what the form says."""
        writer = next(row for row in WRITERS if row.name == self.format.currentData())
        container = self.container.currentData() if writer.objects else "bare"
        size = _bytes_of(self.shard.text()) if writer.shards else 0
        return replace(
            recipe,
            format=self.format.currentData(),
            container="stored" if container == "stored" else "state_dict",
            wrap=self.wrap.text().strip() or "state_dict" if container == "wrapped" else "",
            extras=_listed(self.extras.text()) if container == "wrapped" else (),
            omit=tuple(name for name in OMITTED if self.omit[name].isChecked())
            if container == "stored"
            else OMITTED,
            ownership=self.ownership.currentData(),
            requires_grad=self.grads.currentData(),
            tied=self.tied.currentData(),
            max_shard_size=size or 0,
            stamp=self.stamp.isChecked(),
        )

    def show_recipe(self, recipe: Recipe) -> None:
        """Show what a recipe says."""
        self.blockSignals(True)
        container = "stored" if recipe.container == "stored" else "bare"
        container = "wrapped" if recipe.wrap else container
        for box, value in (
            (self.format, recipe.format),
            (self.container, container),
            (self.ownership, recipe.ownership),
            (self.grads, recipe.requires_grad),
            (self.tied, recipe.tied),
        ):
            box.setCurrentIndex(max(0, box.findData(value)))
        if recipe.wrap != (self.wrap.text().strip() or "state_dict"):
            self.wrap.setText(recipe.wrap)
        if recipe.extras != _listed(self.extras.text()):
            self.extras.setText(", ".join(recipe.extras))
        for name, tick in self.omit.items():
            tick.setChecked(name in recipe.omit)
        if recipe.max_shard_size != (_bytes_of(self.shard.text()) or 0):
            self.shard.setText(str(recipe.max_shard_size) if recipe.max_shard_size else "")
        self.stamp.setChecked(recipe.stamp)
        self._show_what_applies()
        self.blockSignals(False)

    def check(self) -> bool:
        """Say what is wrong with the form; return whether it can be used."""
        is_wrong = _bytes_of(self.shard.text()) is None
        self.say_of_shards("Say a size such as 5GB or 500 MB." if is_wrong else "")
        return not is_wrong

    def say_of_shards(self, problem: str) -> None:
        """Say what is wrong with the size of files."""
        self.shard_problem.set_plain(problem)
        self.shard_problem.setVisible(bool(problem))

    def _tell(self) -> None:
        self._show_what_applies()
        self.changed.emit()

    def _show_what_applies(self) -> None:
        writer = next(row for row in WRITERS if row.name == self.format.currentData())
        container = self.container.currentData()
        for name, applies in {
            "place": self.place.count() > 1,
            "container": writer.objects,
            "wrap": writer.objects and container == "wrapped",
            "extras": writer.objects and container == "wrapped",
            "omit": writer.objects and container == "stored",
            "ownership": writer.shares,
            "grads": writer.shares,
            "tied": not writer.shares,
            "shard": writer.shards,
        }.items():
            self._form.setRowVisible(self._rows[name], applies)

    def _lay_out(self) -> None:
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(10)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        omit = QWidget()
        column = QVBoxLayout(omit)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for tick in self.omit.values():
            tick.setChecked(True)
            column.addWidget(tick)
        shard = QWidget()
        column = QVBoxLayout(shard)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.shard)
        column.addWidget(self.shard_problem)
        self.shard_problem.hide()
        for name, words, widget in (
            ("place", "Taken from", self.place),
            ("format", "Format", self.format),
            ("container", "Holds", self.container),
            ("wrap", "Key", self.wrap),
            ("extras", "Keep besides", self.extras),
            ("omit", "Left out", omit),
            ("ownership", "Tensors are", self.ownership),
            ("grads", "requires_grad", self.grads),
            ("tied", "Tied tensors", self.tied),
            ("shard", "Size of a file", shard),
            ("stamp", "", self.stamp),
        ):
            label = PlainLabel(words, tone="muted")
            label.setBuddy(widget)
            if words:
                widget.setAccessibleName(words)
            self._rows[name] = widget
            self._form.addRow(label, widget)
        inside = QWidget()
        outer = QVBoxLayout(inside)
        outer.setContentsMargins(16, 14, 16, 16)
        outer.addLayout(self._form)
        outer.addStretch()
        inside.setProperty("ground", "base")
        self.setWidget(inside)


def _choices(rows: Any) -> QComboBox:
    box = QComboBox()
    for value, words in rows:
        box.addItem(words, value)
    return box


def _listed(typed: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in typed.split(",") if part.strip())


def _bytes_of(typed: str) -> int | None:
    """Return the bytes that a text says, 0 for an empty one, None if it says no size."""
    if not typed.strip():
        return 0
    found = _SIZE.fullmatch(typed.strip())
    if found is None:
        return None
    return int(float(found[1]) * _UNITS[found[2].lower()]) or None


def _place(path: Path) -> str:
    said = print_address(Address("", path)).removeprefix("::")
    return text.printable(said, 80) or "the whole file"
