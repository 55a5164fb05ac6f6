"""Which indices are written beside a heat map, and where."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.planes import Grid, Plane
from inspector.gui.widgets.heat_lens import Lens
from inspector.gui.widgets.ticks import round_step


def row_marks(
    plane: Plane, lens: Lens, grid: Grid | None, height: int
) -> Iterator[tuple[float, str]]:
    """Yield rows, as places of their middles, with the index that they begin with."""
    if not plane.down:
        return
    tile = grid.tile[0] if grid else 1
    first, _, stop, _ = lens.seen
    for row in _starts(first, stop, tile, lens.scale[1], 1.3 * height):
        index = plane.index_at(row, 0)
        if index is not None:
            yield row + tile / 2, str(index[plane.down[0].axis])


def column_marks(
    plane: Plane, lens: Lens, grid: Grid | None, width: int
) -> Iterator[tuple[float, str]]:
    """Yield columns in the same way; none where several indices of axis 0 stand in a row."""
    if not plane.across or (grid and plane.across[0].size > 1):
        return
    tile = grid.tile[1] if grid else 1
    axis = plane.across[1 if grid else 0].axis
    _, first, _, stop = lens.seen
    for column in _starts(first, stop, tile, lens.scale[0], 1.5 * width):
        index = plane.index_at(0, column)
        if index is not None:
            yield column + tile / 2, str(index[axis])


def _starts(first: int, stop: int, tile: int, scale: float, room: float) -> Iterator[int]:
    """Yield round multiples of a tile between two places, so far apart that texts have room."""
    most = max(1, int((stop - first) * scale / room))
    step = max(1, round(round_step((stop - first) / tile, most)))
    step *= tile
    yield from range(-(-first // step) * step, stop, step)
