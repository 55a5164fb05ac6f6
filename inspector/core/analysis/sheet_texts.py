"""Rectangles of a sheet as texts, worked out where the bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.core.analysis.notation import Notation, texts_of
from inspector.core.analysis.sheets import Sheet
from inspector.core.arrays import Window, load_window, values_of
from inspector.core.checkpoint import ByteOrder, Checkpoint
from inspector.core.model import Tensor
from inspector.core.sources import Source, innermost

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

ORDINARY, ZERO, INFINITE, NAN, MISSING, GAP = range(6)
"""What a cell holds; missing are those behind the end of the file, gaps those left out."""


class Place(NamedTuple):
    """Where the bytes of a tensor are, for any process."""

    source: Source
    offset: int
    byte_order: ByteOrder

    @classmethod
    def of(cls, checkpoint: Checkpoint, tensor: Tensor) -> Place:
        """Find the storage of a tensor that has one; raises InspectorError if it is not there."""
        assert tensor.storage is not None
        return cls(*innermost(*checkpoint.locate(tensor.storage)), checkpoint.byte_order)

    def window(self, tensor: Tensor) -> Window:
        """Return what is to be read of a description that looks at the same storage."""
        return Window(self.source, self.offset, tensor, self.byte_order == "big")


class Request(NamedTuple):
    """A rectangle of a sheet: where it begins, and the windows in it."""

    row: int
    column: int
    rows: int
    columns: int
    windows: tuple[tuple[int, int, Window], ...]
    """Each with its row and its column in the rectangle."""
    notation: Notation


class Texts(NamedTuple):
    """The texts of a rectangle, row by row, and what each cell holds."""

    row: int
    column: int
    rows: int
    columns: int
    texts: tuple[str, ...]
    kinds: bytes


def request(place: Place, sheet: Sheet, rows: range, columns: range, notation: Notation) -> Request:
    """Return what a process needs to know to work out a rectangle."""
    windows = tuple(
        (row - rows.start, column - columns.start, place.window(tensor))
        for row, column, tensor in sheet.pieces(rows, columns)
    )
    return Request(rows.start, columns.start, len(rows), len(columns), windows, notation)


def read_texts(wanted: Request) -> Texts:
    """Worker: read a rectangle; raises SourceError, FormatError."""
    texts = [""] * (wanted.rows * wanted.columns)
    kinds = bytearray([GAP]) * len(texts)
    for row, column, window in wanted.windows:
        stored, there = load_window(window)
        found = texts_of(stored, window.tensor, wanted.notation)
        held = _kinds(stored, there, window.tensor)
        height, width = stored.shape
        for line in range(height):
            start = (row + line) * wanted.columns + column
            texts[start : start + width] = found[line * width : (line + 1) * width]
            kinds[start : start + width] = held[line * width : (line + 1) * width]
    for number, kind in enumerate(kinds):
        if kind == MISSING:
            texts[number] = ""
    place = wanted.row, wanted.column, wanted.rows, wanted.columns
    return Texts(*place, tuple(texts), bytes(kinds))


def _kinds(stored: Array, there: Array | None, tensor: Tensor) -> bytes:
    import numpy as np

    values = values_of(stored, tensor)
    held = np.zeros(stored.shape, np.uint8)
    zero = values == 0
    held[zero.all(axis=-1) if values.ndim > stored.ndim else zero] = ZERO
    if values.dtype.kind in "fc" and values.ndim == stored.ndim:
        held[np.isinf(values)] = INFINITE
        held[np.isnan(values)] = NAN
    if there is not None:
        held[~there] = MISSING
    return held.tobytes()
