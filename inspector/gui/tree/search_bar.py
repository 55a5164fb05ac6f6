"""The search box with its mode, how many matches there are, and what is wrong with a pattern."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from inspector.core import text
from inspector.gui.theme import Theme
from inspector.gui.tree.search import MODES, Mode
from inspector.gui.widgets.labels import PlainLabel
from inspector.gui.widgets.search_box import SearchBox


class SearchBar(QWidget):
    """Asks for what to search and how."""

    searched = Signal()
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.mode: Mode = "auto"
        self.box = SearchBox(MODES[0].hint)
        self.mode_button = QToolButton()
        self.mode_button.setObjectName("mode")
        self.mode_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.mode_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.mode_button)
        self.menu.setProperty("checks", True)
        group = QActionGroup(self.menu)
        for row in MODES:
            action = group.addAction(self.menu.addAction(row.text))
            action.setCheckable(True)
            action.setChecked(row.mode == self.mode)
            action.setData(row.mode)
            action.triggered.connect(lambda _, mode=row.mode: self.set_mode(mode))
        self.mode_button.setMenu(self.menu)
        self.count = PlainLabel(tone="muted")
        self.count.hide()
        row_ = QHBoxLayout(self)
        row_.setContentsMargins(0, 0, 0, 0)
        row_.setSpacing(6)
        row_.addWidget(self.box, 1)
        row_.addWidget(self.mode_button)
        row_.addWidget(self.count)
        self.setFocusProxy(self.box)
        self.box.searched.connect(lambda _: self.searched.emit())
        self.box.left.connect(self.left)
        self._name_mode()
        self.dress()
        theme.changed.connect(self.dress)

    def set_mode(self, mode: Mode) -> None:
        """Search in another way from now on."""
        if mode == self.mode:
            return
        self.mode = mode
        for action in self.menu.actions():
            action.setChecked(action.data() == mode)
        self._name_mode()
        if self.box.text():
            self.searched.emit()

    def pattern(self) -> str:
        """Return what is typed."""
        return self.box.text().strip()

    def show_matches(self, number: int | None) -> None:
        """Say how many there are; nothing if nothing is searched."""
        self.count.setVisible(number is not None)
        if number is not None:
            self.count.setText("1 match" if number == 1 else f"{text.exact(number)} matches")

    def dress(self) -> None:
        """Draw the icons in the colours of the theme."""
        self.box.set_icons(self._theme.icon("search"), self._theme.icon("close"))

    def _name_mode(self) -> None:
        row = next(row for row in MODES if row.mode == self.mode)
        self.mode_button.setText(row.sign)
        name = row.text.replace("&", "")
        self.mode_button.setToolTip(f"How to search: {name}")
        self.mode_button.setAccessibleName(f"How to search: {name}")
        self.box.setPlaceholderText(row.hint)
