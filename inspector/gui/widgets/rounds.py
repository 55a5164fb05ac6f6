"""Many labels that are one stop of the Tab key; keys go from one to the next."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from inspector.gui.widgets.labels import PlainLabel


class Round(QObject):
    """Knows the labels from first to last; only the one that was visited last is a stop."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self._labels: list[PlainLabel] = []

    def add(self, label: PlainLabel) -> None:
        """Put a selectable label behind the others."""
        self._labels.append(label)
        label.visited.connect(self._visit)
        label.stepped.connect(self._step)
        label.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def settle(self) -> None:
        """Let there be a stop, whichever labels are hidden by now."""
        there = self._there()
        stops = [label for label in there if label.focusPolicy() == Qt.FocusPolicy.StrongFocus]
        if there and not stops:
            self._stop_at(there[0])

    def forget(self) -> None:
        """Begin anew, with other labels."""
        self._labels = []

    def _there(self) -> list[PlainLabel]:
        return [label for label in self._labels if label.isVisibleTo(self._around)]

    def _stop_at(self, stop: PlainLabel) -> None:
        for label in self._labels:
            is_stop = label is stop
            label.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if is_stop else Qt.FocusPolicy.ClickFocus
            )

    def _visit(self) -> None:
        label = self.sender()
        if isinstance(label, PlainLabel):
            self._stop_at(label)

    def _step(self, by: int) -> None:
        there, label = self._there(), self.sender()
        if not isinstance(label, PlainLabel) or label not in there:
            return
        number = there.index(label) + by
        if 0 <= number < len(there):
            there[number].setFocus(Qt.FocusReason.TabFocusReason)
            _bring_into_sight(there[number])


def _bring_into_sight(label: QWidget) -> None:
    around = label.parentWidget()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parentWidget()
    if around is not None:
        around.ensureWidgetVisible(label, 0, 24)
