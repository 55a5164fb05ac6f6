"""The settings, line by line from their table; what is chosen is in force at once."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.core.settings import SETTINGS, Setting, settings_path
from inspector.gui.context import Preferences
from inspector.gui.theme import scaled
from inspector.gui.widgets.labels import PlainLabel


class SettingsDialog(QDialog):
    """One line per row of `SETTINGS`, under the headings of their sections."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self._preferences = preferences
        self.editors: dict[str, QWidget] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for section, rows in groupby(SETTINGS, key=lambda row: row.section):
            if grid.rowCount() > 1:
                grid.setRowMinimumHeight(grid.rowCount(), 10)
            heading = PlainLabel(section, font=scaled(1.1, QFont.Weight.DemiBold))
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for row in rows:
                self._add(grid, row)
        where = PlainLabel(f"Kept in {settings_path()}", tone="muted", wrap=True, selectable=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(18)
        column.addLayout(grid)
        column.addStretch()
        column.addWidget(where)
        column.addWidget(buttons)
        self.setMinimumWidth(560)

    def _add(self, grid: QGridLayout, row: Setting) -> None:
        number = grid.rowCount()
        editor = self.editors[row.id] = self._editor(row)
        editor.setAccessibleName(row.text)
        editor.setAccessibleDescription(row.help)
        if isinstance(editor, QCheckBox):
            editor.setText(row.text)
            grid.addWidget(editor, number, 0, 1, 2)
        else:
            label = PlainLabel(row.text)
            label.setBuddy(editor)
            grid.addWidget(label, number, 0)
            grid.addWidget(editor, number, 1)
        if row.help:
            words = PlainLabel(row.help, tone="muted", wrap=True)
            words.setContentsMargins(24 if isinstance(editor, QCheckBox) else 0, 0, 0, 4)
            grid.addWidget(words, number + 1, 0, 1, 2)

    def _editor(self, row: Setting) -> QWidget:
        now = self._preferences[row.id]
        if row.choices:
            box = QComboBox()
            for value, words in row.choices:
                box.addItem(words, value)
            box.setCurrentIndex(box.findData(now))
            box.activated.connect(lambda _: self._choose(row, box.currentData()))
            return box
        if isinstance(row.default, bool):
            tick = QCheckBox()
            tick.setChecked(bool(now))
            tick.toggled.connect(lambda on: self._choose(row, on))
            return tick
        number = QSpinBox()
        number.setRange(row.least, row.most)
        number.setValue(int(now))
        number.valueChanged.connect(lambda value: self._choose(row, value))
        return number

    def _choose(self, row: Setting, value: object) -> None:
        if isinstance(value, bool | int | str):
            self._preferences.choose(row.id, value)
