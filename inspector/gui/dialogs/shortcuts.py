"""All shortcuts on one page, made from the tables of actions and keys."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import ACTIONS, PART_ACTIONS
from inspector.gui.keys import KEYS
from inspector.gui.theme import scaled
from inspector.gui.widgets.labels import PlainLabel


def rows() -> list[tuple[str, str, str]]:
    """Return section, what it does, and the keys of everything that can be done by keyboard."""
    made: list[tuple[str, str, str]] = [
        *((row.menu, _plain(row.text), _spelled(row.shortcuts)) for row in ACTIONS),
        *((row.part, row.does, row.keys) for row in KEYS),
        *((row.part, _plain(row.text), _spelled((row.shortcut,))) for row in PART_ACTIONS),
    ]
    sections = list(dict.fromkeys(section for section, _, _ in made))
    return sorted(made, key=lambda row: sections.index(row[0]))


def _plain(words: str) -> str:
    return words.replace("&", "").rstrip("…")


class ShortcutsDialog(QDialog):
    """Two columns of plain text, by menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        for section, lines in groupby(rows(), key=lambda row: row[0]):
            number = grid.rowCount()
            heading = PlainLabel(section, font=scaled(1.1, QFont.Weight.DemiBold))
            heading.setContentsMargins(0, 10 if number > 1 else 0, 0, 2)
            grid.addWidget(heading, number, 0, 1, 2)
            for _, words, keys in lines:
                number = grid.rowCount()
                top = Qt.AlignmentFlag.AlignTop
                grid.addWidget(PlainLabel(words, wrap=True), number, 0, top)
                grid.addWidget(PlainLabel(keys, tone="muted", wrap=True), number, 1, top)
        area = QScrollArea()
        area.setWidget(inside)
        area.setAccessibleName("Keyboard shortcuts")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        inside.setProperty("ground", "base")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(0, 10, 16, 12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area, 1)
        column.addWidget(buttons)
        self.resize(600, 640)


def _spelled(shortcuts: tuple[str, ...]) -> str:
    form = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(keys).toString(form) for keys in shortcuts)
