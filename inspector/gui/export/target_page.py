"""How the new file fits a network: missing keys, unexpected keys, size mismatches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core import text
from inspector.core.export import Fit
from inspector.core.export.fit import strictly
from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import ElidedLabel, PlainLabel, plain_tool_tip
from inspector.gui.widgets.progress_strip import ProgressStrip
from inspector.gui.widgets.segments import Segments
from inspector.gui.widgets.table import Table

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_SORTS = ("Missing", "Unexpected", "Size mismatch", "Cast")


class TargetPage(QWidget):
    """Asks for a checkpoint of the network, and lists what does not fit it."""

    choose_requested = Signal()
    forgotten = Signal()
    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._fit: Fit | None = None
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self.choose_requested)
        self.forget = QPushButton("Forget")
        self.forget.setProperty("quiet", True)
        self.forget.setAutoDefault(False)
        self.forget.clicked.connect(self.forgotten)
        self.name = ElidedLabel()
        self.only_fitting = QCheckBox("Leave out what does not fit")
        self.only_fitting.toggled.connect(lambda _: self.changed.emit())
        self.strip = ProgressStrip()
        self.problem = PlainLabel(tone="error", wrap=True, selectable=True)
        self.verdict = PlainLabel(wrap=True, selectable=True)
        self.segments = Segments(_SORTS, "What does not fit")
        self.segments.changed.connect(lambda _: self._list())
        self.model = _KeyModel(theme)
        self.table = Table(theme, self.model, "Keys that do not fit")
        self.table.horizontalHeader().setSortIndicatorShown(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._lay_out()
        self.show_target("")

    def show_target(self, address: str, problem: str = "") -> None:
        """Say what the new file is held against, or why it is not."""
        said = text.printable(address, 1000)
        self.name.set_text(said or "No target chosen")
        self.forget.setVisible(bool(address))
        self.only_fitting.setVisible(bool(address))
        self.problem.set_plain(text.printable(problem, 600))
        self.problem.setVisible(bool(problem))
        if not address:
            self._fit = None
            self.verdict.set_plain(
                "Choose a checkpoint of the network that is to load the new file: this page then"
                " says what load_state_dict would."
            )
        self._show_lists()

    def show_fit(self, fit: Fit | None) -> None:
        """List what does not fit."""
        self._fit = fit
        if fit is not None:
            matched = text.plural(len(fit.matched), "key")
            verb = "fits" if len(fit.matched) == 1 else "fit"
            self.verdict.set_plain(f"{matched} {verb}. {strictly(fit)}")
        self._show_lists()

    def lists(self) -> dict[str, list[str]]:
        """Return the keys of every list."""
        return {name: [row[0] for row in self._rows(n)] for n, name in enumerate(_SORTS)}

    def _show_lists(self) -> None:
        has_fit = self._fit is not None
        for widget in (self.segments, self.table):
            widget.setVisible(has_fit)
        if not has_fit:
            return
        counts = [len(self._rows(number)) for number in range(len(_SORTS))]
        for number, name in enumerate(_SORTS):
            button = self.segments.button(number)
            button.setText(f"{name} {text.exact(counts[number])}")
            button.setEnabled(True)
        if not counts[self.segments.current()] and any(counts):
            self.segments.choose(next(n for n, count in enumerate(counts) if count))
        self._list()

    def _list(self) -> None:
        self.model.show_rows(self._rows(self.segments.current()), self.segments.current())
        self.table.setColumnHidden(1, self.segments.current() < 2)
        self.table.setColumnHidden(2, self.segments.current() < 2)

    def _rows(self, sort: int) -> Sequence[tuple[str, ...]]:
        fit = self._fit
        if fit is None:
            return ()
        if sort < 2:
            return [(key,) for key in (fit.unexpected if sort else fit.missing)]
        found = fit.dtypes if sort == 3 else fit.mismatched
        return [(row.key, _side(row.ours), _side(row.theirs)) for row in found]

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(16, 14, 16, 0)
        top.setSpacing(8)
        top.addWidget(self.name, 1)
        top.addWidget(self.forget)
        top.addWidget(self.choose)
        words = QVBoxLayout()
        words.setContentsMargins(16, 8, 16, 8)
        words.setSpacing(8)
        for widget in (self.only_fitting, self.problem, self.verdict):
            words.addWidget(widget)
        words.addWidget(self.segments, 0, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.strip)
        column.addLayout(words)
        column.addWidget(self.table, 1)
        column.addStretch()
        self.setProperty("ground", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


class _KeyModel(QAbstractTableModel):
    """Keys, and both sides where they differ."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: Sequence[tuple[str, ...]] = ()

    def show_rows(self, rows: Sequence[tuple[str, ...]], sort: int) -> None:
        """Show other keys."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 3

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        said = text.printable(row[index.column()], 300) if index.column() < len(row) else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return said
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(said)
        is_muted = role == Qt.ItemDataRole.ForegroundRole and index.column()
        return QColor(self._theme.colours.muted) if is_muted else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return ("Key", "In the new file", "In the target")[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


def _side(side: tuple[int, ...] | str) -> str:
    return side if isinstance(side, str) else text.shape(tuple(side))
