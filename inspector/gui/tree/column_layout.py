"""Which columns the tree shows and how wide: as chosen, as far as there is room."""

from __future__ import annotations

import json
from collections.abc import Mapping

from PySide6.QtCore import QObject, QPoint, QSettings
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView

from inspector.gui.actions import ActionOfPart
from inspector.gui.theme import Theme, tabular
from inspector.gui.tree.columns import COLUMNS, column_number

_CHOSEN = "tree/columns"
_WIDTHS = "tree/widths"
_ORDER = "tree/order"
_LEAST_KEY = 190  # pixels of keys, below which columns that the panel repeats are left out
_WIDEST = 2_000


class ColumnLayout(QObject):
    """Keeps the columns of one table as chosen, and tells the next table of it by the settings."""

    def __init__(self, table: QTableView, settings: QSettings, theme: Theme) -> None:
        super().__init__(table)
        self._settings = settings
        self._usually = ActionOfPart("usual_columns", theme, self)
        self._usually.triggered.connect(self.reset)
        table.addAction(self._usually)
        unit = QFontMetrics(tabular()).horizontalAdvance("0")
        self._usual = {
            number: column.width * unit + 20
            for number, column in enumerate(COLUMNS)
            if column.width
        }
        self._widths = self._usual | _remembered_widths(settings.value(_WIDTHS))
        self._hidden = _remembered_hidden(settings.value(_CHOSEN))
        header = table.horizontalHeader()
        header.sectionResized.connect(self._keep_width)
        header.sectionMoved.connect(self._keep_order)

    @property
    def _table(self) -> QTableView:
        # Not kept: the two would hold each other, and with them the tree, after a tab is closed.
        table = self.parent()
        assert isinstance(table, QTableView)
        return table

    def hidden(self) -> frozenset[str]:
        """Return the ids of the columns that the person does without."""
        return frozenset(self._hidden)

    def choose(self, name: str, shown: bool) -> None:
        """Show or hide a column, here and in every tree to come."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        self._settings.setValue(_CHOSEN, json.dumps(sorted(self._hidden)))
        self.fit()

    def reset(self) -> None:
        """Go back to the columns, widths and places of the first day."""
        for kept in (_CHOSEN, _WIDTHS, _ORDER):
            self._settings.remove(kept)
        self._hidden = _remembered_hidden(None)
        self._widths = dict(self._usual)
        self.apply()

    def apply(self) -> None:
        """Give every column its width, once there is a model."""
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for number, width in self._widths.items():
            self._table.setColumnWidth(number, width)
        for place, name in enumerate(_remembered_order(self._settings.value(_ORDER))):
            header.moveSection(header.visualIndex(column_number(name)), place)
        self.fit()

    def fit(self) -> None:
        """Leave columns out where the keys would become too narrow."""
        if self._table.model() is None:
            return
        wanted = [n for n, column in enumerate(COLUMNS) if column.id not in self._hidden]
        room = self._table.viewport().width() - _LEAST_KEY
        room -= sum(self._widths.get(number, 0) for number in wanted)
        left_out = set()
        sacrifices = sorted((COLUMNS[n].sacrifice, n) for n in wanted if COLUMNS[n].sacrifice)
        for _, number in sacrifices:
            if room < 0:
                left_out.add(number)
                room += self._widths[number]
        for number in range(1, len(COLUMNS)):
            self._table.setColumnHidden(number, number not in wanted or number in left_out)

    def fill_menu(self, menu: QMenu) -> None:
        """Offer every column but the keys, and the way back."""
        for column in COLUMNS[1:]:
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(column.id not in self._hidden)
            action.toggled.connect(lambda on, name=column.id: self.choose(name, on))
        menu.setProperty("checks", True)
        menu.addSeparator()
        menu.addAction(self._usually)

    def ask(self, place: QPoint) -> None:
        """Show the menu at a place of the header."""
        menu = QMenu(self._table)
        menu.setAccessibleName("Columns of the tree")
        menu.aboutToHide.connect(menu.deleteLater)
        self.fill_menu(menu)
        menu.popup(self._table.horizontalHeader().mapToGlobal(place))

    def _keep_order(self) -> None:
        header = self._table.horizontalHeader()
        places = range(header.count())
        names = [COLUMNS[header.logicalIndex(place)].id for place in places]
        self._settings.setValue(_ORDER, json.dumps(names))

    def _keep_width(self, column: int, _: int, width: int) -> None:
        if column and width and self._widths.get(column) != width:
            self._widths[column] = width
            named = {COLUMNS[n].id: w for n, w in self._widths.items() if w != self._usual[n]}
            self._settings.setValue(_WIDTHS, json.dumps(named))


def _remembered_order(value: object) -> list[str]:
    """Return the columns from left to right; the keys are always the first."""
    usual, found = [column.id for column in COLUMNS], _parsed(value)
    if not isinstance(found, list) or found[:1] != usual[:1]:
        return usual
    kept = [name for name in found if name in usual]
    return kept if sorted(kept) == sorted(usual) else usual


def _remembered_widths(value: object) -> dict[int, int]:
    found = _parsed(value)
    if not isinstance(found, Mapping):
        return {}
    return {
        number: found[column.id]
        for number, column in enumerate(COLUMNS)
        if column.width and type(found.get(column.id)) is int and 20 < found[column.id] < _WIDEST
    }


def _remembered_hidden(value: object) -> set[str]:
    found = _parsed(value)
    if isinstance(found, list):
        return {column.id for column in COLUMNS[1:] if column.id in found}
    return {column.id for column in COLUMNS if column.hidden}


def _parsed(value: object) -> object:
    try:
        return json.loads(str(value)) if value else None
    except ValueError:
        return None
