"""What can be done with values: copied, saved, read as something else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from inspector.core import text
from inspector.core.analysis.array_file import is_widened
from inspector.core.analysis.excerpts import Form
from inspector.core.analysis.sheets import Grid
from inspector.core.model import Tensor
from inspector.gui.actions import ActionOfPart
from inspector.gui.theme import Theme


class ValuesMenu(QMenu):
    """Says of each line what would come of it."""

    copy_requested = Signal(str)  # Form
    save_requested = Signal(bool)  # the whole tensor, or what is selected of it
    reading_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("checks", True)
        for form in get_args(Form):
            self._offer(form, theme, partial(self.copy_requested.emit, form))
        self.addSeparator()
        self._part = self._offer("save_part", theme, partial(self.save_requested.emit, False))
        self._whole = self._offer("save_whole", theme, partial(self.save_requested.emit, True))
        self.addSeparator()
        self._reading = self._offer("read_as", theme, self.reading_requested.emit)

    def describe(self, grid: Grid, part: Tensor, *, reads_otherwise: bool) -> None:
        """Say what would be saved, and as what; `part` is selected, or all rows and columns."""
        dtype = grid.tensor.dtype
        wide = f" as {'complex64' if dtype.kind == 'complex' else 'float32'}"
        note = wide if is_widened(dtype) else ""
        what = "these rows and &columns" if part == grid.part() else "the selected &cells"
        self._part.setText(f"Save {what} ({text.shape(part.shape)}) as .npy{note}…")
        self._part.setVisible(part.elements < grid.tensor.elements)
        self._whole.setText(f"Save the &whole tensor as .npy{note}…")
        self._reading.setChecked(reads_otherwise)

    def _offer(self, name: str, theme: Theme, do: Callable[[], object]) -> ActionOfPart:
        """Add a line, whose keys hold in the whole viewer."""
        action = ActionOfPart(name, theme, self)
        action.triggered.connect(lambda: do())
        self.addAction(action)
        viewer = self.parentWidget()
        assert viewer is not None
        viewer.addAction(action)
        return action
