"""What can be done with values: copied, saved, read as something else."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from inspector.core import text
from inspector.core.analysis.array_file import is_widened
from inspector.core.analysis.excerpts import Form
from inspector.core.analysis.sheets import Grid

_COPIES: tuple[tuple[str, Form], ...] = (
    ("Copy for a &spreadsheet (TSV)", "tsv"),
    ("Copy as nested &lists", "lists"),
    ("Copy as &torch.tensor(…)", "tensor"),
)


class ValuesMenu(QMenu):
    """Says of each line what would come of it."""

    copy_requested = Signal(str)  # Form
    save_requested = Signal(bool)  # the whole tensor, or the rows and columns
    reading_requested = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("checks", True)
        for words, form in _COPIES:
            self.addAction(words).triggered.connect(
                lambda _=False, form=form: self.copy_requested.emit(form)
            )
        self.addSeparator()
        self._part = self.addAction("")
        self._part.triggered.connect(lambda: self.save_requested.emit(False))
        self._whole = self.addAction("")
        self._whole.triggered.connect(lambda: self.save_requested.emit(True))
        self.addSeparator()
        self._reading = self.addAction("&Read the bytes as…")
        self._reading.setCheckable(True)
        self._reading.triggered.connect(self.reading_requested)

    def describe(self, grid: Grid, *, reads_otherwise: bool) -> None:
        """Say what would be saved, and as what."""
        dtype = grid.tensor.dtype
        wide = f" as {'complex64' if dtype.kind == 'complex' else 'float32'}"
        note = wide if is_widened(dtype) else ""
        shape = text.shape(grid.squeezed.shape)
        self._part.setText(f"Save these rows and &columns ({shape}) as .npy{note}…")
        self._part.setVisible(len(grid.tensor.shape) > 2)
        self._whole.setText(f"Save the &whole tensor as .npy{note}…")
        self._reading.setChecked(reads_otherwise)
