"""Quick filters beside the search: a menu to tick them in, and a chip for each that is on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from inspector.core import text
from inspector.gui.actions import ActionOfPart
from inspector.gui.theme import Theme
from inspector.gui.tree.filters import NO_FILTERS, SIZES, Filters
from inspector.gui.tree.marks import NO_MARKS, Marks
from inspector.gui.widgets.staying_menu import StayingMenu

_MOST_OFFERED = 24  # dtypes or devices in the menu; a hostile file can name thousands


class FilterBar(QWidget):
    """Says what is filtered, and changes it."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._marks = NO_MARKS
        self.filters = NO_FILTERS
        self.button = QToolButton()
        self.button.setObjectName("filters")
        self.button.setToolTip("Quick filters")
        self.button.setAccessibleName("Quick filters")
        self.button.setIconSize(QSize(18, 18))
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = StayingMenu(self.button)
        self.menu.setProperty("checks", True)
        self.menu.aboutToShow.connect(self._fill)
        self.everything = ActionOfPart("show_everything", theme, self)
        self.everything.setEnabled(False)
        self.everything.triggered.connect(lambda: self.clear())
        self.button.setMenu(self.menu)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 0, 8, 8)
        self._row.setSpacing(6)
        self._row.addStretch()
        self._chips: list[QPushButton] = []
        self.hide()
        self.dress()
        theme.changed.connect(self.dress)

    def offer(self, marks: Marks) -> None:
        """Offer what there is in this checkpoint."""
        self._marks = marks

    def set_filters(self, filters: Filters) -> None:
        """Filter by something else, and say so."""
        if filters == self.filters:
            return
        self.filters = filters
        self.everything.setEnabled(filters.any)
        self._show_chips()
        self.dress()
        self.changed.emit()

    def clear(self) -> None:
        """Let everything pass."""
        self.set_filters(NO_FILTERS)

    def chips(self) -> list[QPushButton]:
        """Return the chips on screen, from left to right."""
        return list(self._chips)

    def dress(self) -> None:
        """Draw the icons in the colours of the theme."""
        colours = self._theme.colours
        on = self.filters.any
        self.button.setIcon(self._theme.icon("filter", colours.accent if on else ""))
        for chip in self._chips:
            chip.setIcon(self._theme.icon("close", colours.accent))

    # The menu.

    def _fill(self) -> None:
        self.menu.clear()
        self._offer_names("Dtype", self._marks.dtypes, "dtypes")
        self._offer_names("Device", self._marks.devices, "devices")
        self._head("Size")
        sizes = QActionGroup(self.menu)
        for size in (0, *SIZES):
            words = f"At least {text.size(size)}" if size else "Any size"
            on = self.filters.at_least == size
            larger = partial(self._set, at_least=size)
            self._tick(words, on, larger).setActionGroup(sizes)
        self._head("Only")
        self._offer_only("Tied weights and views", "shared", bool(self._marks.shared))
        self._offer_only("With findings", "found", bool(self._marks.found))
        self.menu.addSeparator()
        self.menu.addAction(self.everything)

    def _offer_names(self, title: str, there: Mapping[str, int], field: str) -> None:
        self._head(title)
        for name, number in list(there.items())[:_MOST_OFFERED]:
            shown = text.printable(name, 60).replace("&", "&&").replace("\t", " ")
            chosen: frozenset[str] = getattr(self.filters, field)
            self._tick(
                f"{shown}\t{text.exact(number)}",
                name in chosen,
                partial(self._name, field, name),
            )
        if not there:
            self.menu.addAction("None").setEnabled(False)

    def _head(self, title: str) -> None:
        if self.menu.actions():
            self.menu.addSeparator()
        self.menu.addAction(title).setEnabled(False)

    def _offer_only(self, words: str, name: str, there: bool) -> None:
        on = bool(getattr(self.filters, name))
        action = self._tick(
            words if there else f"{words}  (none here)", on, partial(self._only, name)
        )
        action.setEnabled(there or on)

    def _set(self, *_: object, **change: Any) -> None:
        self.set_filters(self.filters._replace(**change))

    def _only(self, field: str, ticked: bool) -> None:
        self._set(**{field: ticked})

    def _name(self, field: str, name: str, ticked: bool) -> None:
        chosen: frozenset[str] = getattr(self.filters, field)
        self._set(**{field: chosen | {name} if ticked else chosen - {name}})

    def _tick(self, words: str, on: bool, slot: Callable[[bool], object]) -> QAction:
        action = self.menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda ticked: slot(ticked))
        return action

    # The chips.

    def _show_chips(self) -> None:
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(words, without) for words, without in self._parts()]
        for number, chip in enumerate(self._chips):
            self._row.insertWidget(number, chip)
        self.setVisible(bool(self._chips))

    def _chip(self, words: str, without: Filters) -> QPushButton:
        chip = QPushButton(text.printable(words, 60).replace("&", "&&"))
        chip.setProperty("chip", True)
        chip.setAccessibleDescription("Removes this filter")
        chip.setToolTip("Remove this filter")
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross stands behind the words
        chip.setIconSize(QSize(12, 12))
        chip.clicked.connect(lambda: self.set_filters(without))
        return chip

    def _parts(self) -> list[tuple[str, Filters]]:
        """Return each filter that is on in words, and what is left without it."""
        now = self.filters
        parts = [(n, now._replace(dtypes=now.dtypes - {n})) for n in sorted(now.dtypes)]
        parts += [(n, now._replace(devices=now.devices - {n})) for n in sorted(now.devices)]
        if now.at_least:
            parts.append((f"at least {text.size(now.at_least)}", now._replace(at_least=0)))
        if now.shared:
            parts.append(("tied or view", now._replace(shared=False)))
        if now.found:
            parts.append(("with findings", now._replace(found=False)))
        return parts
