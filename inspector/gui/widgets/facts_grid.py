"""Two columns, labels and texts, that can be selected and copied; some lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.rounds import Round


class FactsGrid(QWidget):
    """Rows of a muted label and a selectable plain text, with a button where there is a target."""

    jump_requested = Signal(object)  # the target of a row

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[PlainLabel, PlainLabel]] = []
        self._buttons: dict[int, QPushButton] = {}
        self._targets: dict[int, object] = {}
        self._round = Round(self)
        self._shown = 0
        # Not `Maximum`: how high texts are that wrap, only the width says, and they would be cut.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def show_facts(
        self, facts: Iterable[tuple[str, str]], targets: Mapping[str, object] | None = None
    ) -> None:
        """Replace the rows; the texts are shown as they are. `targets` are named by the labels."""
        shown = list(facts)
        self._targets = {}
        while len(self._rows) < len(shown):
            self._rows.append(self._add(len(self._rows)))
        # Labels are used again: making and dressing new ones takes longer than anything else here.
        for number, (label, value) in enumerate(self._rows):
            there = number < len(shown)
            label.setVisible(there)
            value.setVisible(there)
            if there:
                name, text = shown[number]
                label.set_plain(name)
                value.set_plain(text)
                value.setAccessibleName(f"{name}: {text}")
        self._shown = len(shown)
        for number, (name, text) in enumerate(shown):
            if targets and name in targets:
                self._targets[number] = targets[name]
                self._button(number).setAccessibleName(f"Show {text}")
        for number, button in self._buttons.items():
            button.setVisible(number in self._targets)
        self._round.settle()

    def label_width(self) -> int:
        """Return the pixels that the labels take."""
        shown = self._rows[: self._shown]
        return max((label.sizeHint().width() for label, _ in shown), default=0)

    def set_label_width(self, pixels: int) -> None:
        """Give the labels at least so much room, so that two grids line up."""
        self._grid.setColumnMinimumWidth(0, pixels)

    def facts(self) -> list[tuple[str, str]]:
        """Return what is on screen."""
        return [(name.plain(), text.plain()) for name, text in self._rows[: self._shown]]

    def jump_buttons(self) -> list[QPushButton]:
        """Return the buttons that lead somewhere, from top to bottom."""
        return [self._buttons[number] for number in sorted(self._targets)]

    def _button(self, row: int) -> QPushButton:
        if row not in self._buttons:
            button = self._buttons[row] = QPushButton("Show")
            button.setProperty("quiet", True)
            button.clicked.connect(lambda: self.jump_requested.emit(self._targets[row]))
            self._grid.addWidget(button, row, 2, Qt.AlignmentFlag.AlignTop)
        return self._buttons[row]

    def _add(self, row: int) -> tuple[PlainLabel, PlainLabel]:
        label = PlainLabel(tone="muted")
        value = PlainLabel(wrap=True, selectable=True)
        self._round.add(value)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(label, row, 0, top | Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(value, row, 1, top)
        return label, value
