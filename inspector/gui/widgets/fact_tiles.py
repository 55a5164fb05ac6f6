"""Facts side by side, each a label above a number, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.theme import scaled, tabular
from inspector.gui.widgets.flow import Flow
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.rounds import Round

_LEAST = 76  # pixels of a tile


class Tile(NamedTuple):
    """A fact; an alarming one is in the colour of errors."""

    name: str
    text: str
    alarming: bool = False


class FactTiles(Flow):
    """Selectable plain texts; all of them are as wide as the widest."""

    def __init__(self, usual: int = 0) -> None:
        """Make so many tiles at once, unseen: when facts come, little is left to do."""
        super().__init__(spacing=6)
        self._shown: list[Tile] = []
        self._round = Round(self)
        self._made = [self._make() for _ in range(usual)]

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Replace what is shown."""
        self._shown = list(tiles)
        while len(self._made) < len(tiles):
            self._made.append(self._make())
        widest = _LEAST
        for number, (box, name, text) in enumerate(self._made):
            box.setVisible(number < len(tiles))
            if number < len(tiles):
                tile = tiles[number]
                name.set_plain(tile.name)
                text.set_plain(tile.text)
                text.setAccessibleName(f"{tile.name}: {tile.text}")
                text.setProperty("tone", "error" if tile.alarming else "")
                text.style().polish(text)
                widest = max(widest, name.sizeHint().width(), text.sizeHint().width())
        for box, _, _ in self._made:
            box.setFixedWidth(widest)
        self._round.settle()

    def tiles(self) -> list[Tile]:
        """Return what is on screen."""
        return list(self._shown)

    def _make(self) -> tuple[QWidget, PlainLabel, PlainLabel]:
        box = QWidget()
        name = PlainLabel(tone="muted", font=scaled(0.9))
        text = PlainLabel(selectable=True, font=tabular())
        self._round.add(text)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(name)
        column.addWidget(text)
        self.flow.addWidget(box)
        box.hide()
        return box, name, text
