"""The rows of a scan for Qt: which of them, in what order, and what stands in each column."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.core import text
from inspector.core.analysis.health import ScanRow
from inspector.core.analysis.statistics import measured
from inspector.core.model import RANKS, Finding, Node, Path, Severity, natural
from inspector.core.progress import Progress, silent, sorted_in_parts
from inspector.gui.theme import Theme, pixmap
from inspector.gui.viewers.breakdown import tensors_below
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_LONGEST = 300
_PULSE = 200  # rows between two progress calls, at which the window is let go first
_ICON = 14


class Line(NamedTuple):
    """A row of the scan below the selected node."""

    row: ScanRow
    name: str
    """Its path from there."""
    findings: tuple[Finding, ...]
    """Its own, and what several tensors together say of it."""

    @property
    def worst(self) -> Severity | None:
        """The worst severity; None without findings."""
        if self.row.is_lost:
            return "error"
        if not self.findings:
            return None
        return min((finding.severity for finding in self.findings), key=RANKS.__getitem__)

    @property
    def said(self) -> str:
        """What was found, or why the values could not be read."""
        return self.row.error or " ".join(finding.message for finding in self.findings)

    @property
    def named(self) -> str:
        """The same in a word or two, as `inspector check` calls it."""
        codes = dict.fromkeys(finding.code for finding in self.findings)
        names = ("NaN" if code == "nan" else code.replace("-", " ") for code in codes)
        return "not read" if self.row.error else ", ".join(names)


@dataclass(frozen=True)
class StatisticColumn:
    """A heading, what stands below it, and what it is sorted by; None comes last."""

    title: str
    text: Callable[[Line], str]
    order: Callable[[Line], Any]
    width: int
    numeric: bool = True
    whole: Callable[[Line], str] | None = None
    """What is meant, where `text` is short."""
    is_alarming: Callable[[Line], bool] = lambda _: False


def number_text(value: float | int | None) -> str:
    """Return a number with four significant digits, or a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, int):
        shown = text.exact(value) if abs(value) < 10**9 else f"{value:.4g}"
        return shown.replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def _value(title: str, name: str, width: int = 12) -> StatisticColumn:
    def read(line: Line) -> Any:
        found = getattr(line.row.statistics, name) if line.row.statistics else None
        return None if isinstance(found, float) and math.isnan(found) else found

    return StatisticColumn(title, lambda line: number_text(read(line)), read, width)


def _count(title: str, read: Callable[[ScanRow], int | None], alarming: bool) -> StatisticColumn:
    def written(line: Line) -> str:
        number = read(line.row)
        return "–" if number is None else text.exact(number)

    return StatisticColumn(
        title,
        written,
        lambda line: read(line.row),
        9,
        is_alarming=lambda line: alarming and bool(read(line.row)),
    )


STATISTIC_COLUMNS = (
    StatisticColumn(
        "Tensor",
        lambda line: text.printable(line.name, _LONGEST),
        lambda line: natural(line.name),
        24,
        numeric=False,
    ),
    StatisticColumn(
        "Finding",
        lambda line: text.printable(line.named, _LONGEST),
        lambda line: None if line.worst is None else RANKS[line.worst],
        17,
        numeric=False,
        whole=lambda line: text.printable(line.said, _LONGEST),
    ),
    _value("Min", "min"),
    _value("Max", "max"),
    _value("Mean", "mean"),
    _value("Std", "std"),
    _value("L2", "l2"),
    _value("Max |x|", "absmax"),
    _count("NaN", lambda row: row.statistics and row.statistics.nan, True),
    _count("+Inf", lambda row: row.statistics and row.statistics.posinf, True),
    _count("−Inf", lambda row: row.statistics and row.statistics.neginf, True),
    _count("Zeros", lambda row: row.statistics and row.statistics.zero, False),
    StatisticColumn(
        "Shape",
        lambda line: text.shape(line.row.tensor.shape),
        lambda line: line.row.tensor.shape,
        13,
        numeric=False,
    ),
    StatisticColumn(
        "Dtype",
        lambda line: text.printable(line.row.tensor.dtype.name, 40),
        lambda line: line.row.tensor.dtype.name,
        9,
        numeric=False,
    ),
    StatisticColumn(
        "Elements",
        lambda line: text.exact(line.row.tensor.elements),
        lambda line: line.row.tensor.elements,
        11,
    ),
    StatisticColumn(
        "In words",
        lambda line: text.printable(line.said, _LONGEST),
        lambda line: line.said or None,
        60,
        numeric=False,
    ),
)

GRAVEST_FIRST = 1
"""The column of findings: sorted by it, what is worst comes first, the rest as it is stored."""


def lines_below(
    rows: Mapping[Path, ScanRow],
    across: Sequence[Finding],
    node: Node,
    path: Path,
    column: int,
    descending: bool,
    *,
    progress: Progress = silent,
) -> list[Line]:
    """Return the rows there are below a node, sorted by a column; -1 for the stored order."""
    together: dict[Path, list[Finding]] = {}
    for finding in across:
        together.setdefault(finding.path, []).append(finding)
    base = path[:-1] if node.kind in ("group", "repeat") else path
    lines = []
    for number, (below, _) in enumerate(tensors_below(node, arrays=True)):
        if number % _PULSE == 0:
            progress(0.3, "Sorting")
        row = rows.get((*base, *below))
        if row is not None:
            name = ".".join(map(str, below)) or "whole"
            lines.append(Line(row, name, (*row.findings, *together.get(row.path, ()))))
    return _sorted(lines, column, descending, progress) if column >= 0 else lines


def _sorted(lines: list[Line], column: int, descending: bool, progress: Progress) -> list[Line]:
    order = STATISTIC_COLUMNS[column].order
    filled: list[tuple[Any, Line]] = []
    nothing: list[Line] = []
    for line in lines:
        key = order(line)
        if key is None:
            nothing.append(line)
        else:
            filled.append((key, line))
    seen = iter(range(len(filled) + 1))

    def pulse() -> None:
        if next(seen, 0) % _PULSE == 0:
            progress(0.7, "Sorting")

    pairs = sorted_in_parts(filled, descending=descending, pulse=pulse)
    return [*(pair[1] for pair in pairs), *nothing]


class StatisticModel(QAbstractTableModel):
    """Lines in the order that was asked for last."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines: Sequence[Line] = ()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(STATISTIC_COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, line = STATISTIC_COLUMNS[index.column()], self.lines[index.row()]
        answers: Mapping[int, Callable[[], Any]] = {
            Qt.ItemDataRole.DisplayRole: lambda: column.text(line),
            Qt.ItemDataRole.ToolTipRole: lambda: plain_tool_tip(_tip(column, line)),
            Qt.ItemDataRole.TextAlignmentRole: lambda: _alignment(index.column()),
            Qt.ItemDataRole.AccessibleTextRole: lambda: f"{column.title}: {_whole(column, line)}",
            Qt.ItemDataRole.ForegroundRole: lambda: self._colour(column, line),
        }
        answer = answers.get(role)
        return answer() if answer else None

    def _colour(self, column: StatisticColumn, line: Line) -> QColor | None:
        colours = self._theme.colours
        if column.is_alarming(line):
            return QColor(colours.error)
        return QColor(colours.faint) if column.text(line) == "–" else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return STATISTIC_COLUMNS[section].title
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None


class NameDelegate(QStyledItemDelegate):
    """The name, and behind it the picture of the worst that was found."""

    def __init__(self, theme: Theme, model: StatisticModel) -> None:
        super().__init__()
        self._theme = theme
        self._model = model

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus  # the row is what has it
        # Names begin alike and are told apart by their ends.
        option.textElideMode = Qt.TextElideMode.ElideMiddle

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        worst = self._model.lines[index.row()].worst
        if worst is None:
            super().paint(painter, option, index)
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(self._theme.colours.selection))
        inner = QStyleOptionViewItem(option)
        inner.rect = option.rect.adjusted(0, 0, -_ICON - 6, 0)
        super().paint(painter, inner, index)
        top = option.rect.center().y() - _ICON // 2 + 1
        colour = getattr(self._theme.colours, worst)
        picture = pixmap(worst, colour, _ICON, painter.device().devicePixelRatio())
        painter.drawPixmap(option.rect.right() - _ICON - 6, top, picture)


def _tip(column: StatisticColumn, line: Line) -> str:
    """Return the whole text of a cell, and below a number what it is of."""
    known = column.numeric and line.row.statistics is not None
    note = measured(line.row.tensor).of_numbers if known else ""
    return f"{_whole(column, line)}\n{note}".strip()


def _whole(column: StatisticColumn, line: Line) -> str:
    return column.whole(line) if column.whole else column.text(line)


def _alignment(column: int) -> Qt.AlignmentFlag:
    is_numeric = STATISTIC_COLUMNS[column].numeric
    side = Qt.AlignmentFlag.AlignRight if is_numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
