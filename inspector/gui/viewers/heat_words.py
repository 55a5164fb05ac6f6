"""What is said of a heat map: the value at a place, and what a cell stands for."""

from __future__ import annotations

from itertools import starmap
from typing import Any

from inspector.core import text
from inspector.core.analysis.pictures import Picture
from inspector.gui.widgets.heat_scale import number

_ODD = ("NaN", "+Inf", "−Inf")


def value_text(picture: Picture, row: int, column: int) -> str:
    """Return the index at a place with its value, or what its cell amounts to."""
    index = picture.plane.index_at(row, column)
    cell = picture.cell_at(row, column)
    if index is None or cell is None:
        return ""
    if picture.values is not None:
        return f"{_index(index)} = {exact_text(picture.values[cell])}"
    return f"{_covered(picture, cell)}: {_amount(picture, cell)}"


def exact_text(value: Any) -> str:
    """Return a number of numpy with as many digits as tell it from all others of its dtype."""
    if value.dtype.kind == "c":
        real, imaginary = exact_text(value.real), exact_text(value.imag)
        return f"{real} {'−' if imaginary[0] == '−' else '+'} {imaginary.lstrip('−')}i"
    shown = str(value)
    return {"nan": "NaN", "inf": "+Inf", "-inf": "−Inf"}.get(shown) or shown.replace("-", "−")


def cells_text(picture: Picture) -> str:
    """Return how many values there are, and how many of them a cell stands for."""
    elements = int(picture.cells.elements.sum())
    if picture.values is not None:
        said = f"{text.plural(elements, 'value')}, each a cell."
    else:
        said = (
            f"Each cell stands for {text.exact(picture.tall)} × {text.exact(picture.wide)} values."
        )
    down, across = picture.every
    if down > 1 or across > 1:
        said += f" {_thinned(down, across)}"
    if len(picture.plane.down) == 1 and picture.plane.down[0].pace > 1:
        said += f" The axis is folded into rows of {text.exact(picture.plane.columns)}."
    return said


def _thinned(down: int, across: int) -> str:
    parts = ((down, "row"), (across, "column"))
    said = [f"one {noun} of {text.exact(every)}" for every, noun in parts if every > 1]
    verb = "was" if len(said) == 1 else "were"
    return f"Only {' and '.join(said)} {verb} read, and extremes between may be missing: zoom in."


def closer_text(picture: Picture) -> str:
    """Return how many values a cell stands for where one looks closer."""
    if picture.values is not None:
        return "Here each cell is one value."
    tall, wide = text.exact(picture.tall), text.exact(picture.wide)
    return f"Here each cell stands for {tall} × {wide} values."


def _index(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _covered(picture: Picture, cell: tuple[int, int]) -> str:
    """Return the indices that a cell covers, axis by axis where it is a box of them."""
    area, plane = picture.area, picture.plane
    top, left = area.top + cell[0] * picture.tall, area.left + cell[1] * picture.wide
    bottom = min(top + picture.tall, area.top + area.rows) - 1
    right = min(left + picture.wide, area.left + area.columns) - 1
    first, last = plane.index_at(top, left), plane.index_at(bottom, right)
    if first is None:
        return ""
    if last is None:  # the end of a folded axis
        last = tuple(size - 1 for size in plane.tensor.shape)
    if len(plane.down) <= 1 and len(plane.across) <= 1 and not _is_folded(picture):
        return f"[{', '.join(starmap(_span, zip(first, last, strict=True)))}]"
    return f"{_index(first)} … {_index(last)}"


def _is_folded(picture: Picture) -> bool:
    return any(step.pace > 1 for step in picture.plane.down)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _amount(picture: Picture, cell: tuple[int, int]) -> str:
    cells = picture.cells
    elements = int(cells.elements[cell])
    odd = [0, 0, 0] if cells.odd is None else [int(part[cell]) for part in cells.odd]
    finite = elements - sum(odd)
    said = []
    if finite:
        low, high = _short(cells.low[cell]), _short(cells.high[cell])
        mean = number(float(cells.total[cell]) / finite)
        said.append(low if low == high else f"{low} to {high}, mean {mean}")
    said += [f"{text.exact(count)} {name}" for count, name in zip(odd, _ODD, strict=True) if count]
    return f"{', '.join(said)} ({text.plural(elements, 'value')})"


def _short(value: Any) -> str:
    return number(float(value)) if value.dtype.kind == "f" else exact_text(value)
