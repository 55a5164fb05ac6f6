"""The tensors of a series as a table: how far each moved, and whether NaN came into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from inspector.core import text
from inspector.core.analysis.series import Point, Series
from inspector.core.model import natural
from inspector.core.progress import Progress, silent
from inspector.gui.diff.columns import number_text
from inspector.gui.theme import Theme
from inspector.gui.widgets.labels import plain_tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_PULSE = 500
_LAST = {"optimizer": 1, "random": 2}


class Curve(NamedTuple):
    """A tensor along the snapshots; None where one does not have it."""

    name: str
    points: Sequence[Point | None]

    @property
    def last(self) -> Point | None:
        """The latest that there is."""
        return next((point for point in reversed(self.points) if point is not None), None)

    @property
    def odd(self) -> int:
        """The most elements that were not finite in one snapshot."""
        return max((point.nan + point.inf for point in self.points if point), default=0)


@dataclass(frozen=True)
class Quantity:
    """One thing that a curve can show."""

    words: str
    meaning: str
    read: Callable[[Point], float | None]
    logarithmic: bool = False


QUANTITIES = (
    Quantity("Norm", "Norm (L2)", lambda point: point.norm),
    Quantity(
        "To first",
        "Relative change to the first",
        lambda point: point.to_first,
        logarithmic=True,
    ),
    Quantity(
        "To previous",
        "Relative change to the previous",
        lambda point: point.to_previous,
        logarithmic=True,
    ),
    Quantity("NaN, Inf", "Elements that are not finite", lambda p: float(p.nan + p.inf)),
)
_TITLES = ("Key", "Norm", "To first", "NaN, Inf")


def curves_of(
    series: Series, pattern: str, column: int, descending: bool, *, progress: Progress = silent
) -> list[Curve]:
    """Return the curves whose name has a part, sorted by a column; -1 for their order."""
    wanted = pattern.casefold()
    found = []
    for number, (name, points) in enumerate(series.curves.items()):
        if number % _PULSE == 0:
            progress(0.5, "Sorting")
        if wanted in name.casefold():
            found.append(Curve(name, points))
    if column < 0:  # what a person comes for is first, whatever the file begins with
        return sorted(found, key=lambda curve: _LAST.get(series.roles.get(curve.name, ""), 0))
    keyed = [(_order(curve, column), curve) for curve in found]
    filled = [pair for pair in keyed if pair[0] is not None]
    filled.sort(key=lambda pair: pair[0], reverse=descending)
    return [pair[1] for pair in filled] + [curve for key, curve in keyed if key is None]


class CurveModel(QAbstractTableModel):
    """Curves in the order that was asked for last."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.curves: Sequence[Curve] = ()

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self.curves = curves
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.curves)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        curve = self.curves[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(curve, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(_text(curve, index.column()))
        if role == Qt.ItemDataRole.ForegroundRole:
            alarming = curve.odd and index.column() in (0, 3)
            return QColor(self._theme.colours.error) if alarming else None
        return _side(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None


def _text(curve: Curve, column: int) -> str:
    if column == 0:
        return text.printable(curve.name, 400)
    if column == 3:
        return text.exact(curve.odd)
    last = curve.last
    if last is None:
        return number_text(None)
    if last.nan or last.inf:  # neither has a norm, nor a distance from what it was
        return "NaN" if last.nan else "∞"
    return number_text(last.norm if column == 1 else last.to_first)


def _order(curve: Curve, column: int) -> Any:
    if column == 0:
        return natural(curve.name)
    if column == 3:
        return curve.odd
    last = curve.last
    return None if last is None else (last.norm if column == 1 else last.to_first)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
