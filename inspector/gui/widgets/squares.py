"""Where the tiles of a treemap go: as square as they can be, the largest first; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_SMALLEST = 24.0  # square pixels; smaller tiles are merged, nobody could point at them
_HEAD = 20.0
_LEAST_HEADED = 46.0  # pixels of height from which a group has a headline


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def inside(self, margin: float, head: float = 0.0) -> Box:
        """Return what a margin, and a headline at the top, leave of it."""
        return Box(
            self.left + margin,
            self.top + margin + head,
            max(0.0, self.width - 2 * margin),
            max(0.0, self.height - 2 * margin - head),
        )


class Part(NamedTuple):
    """Something that has a size; `members` of more than one says how many it stands for."""

    group: str
    name: str
    """Below the group; empty where the group is one part."""
    nbytes: int
    target: object = None
    """What choosing it leads to; None if it leads nowhere."""
    members: int = 1


class Tile(NamedTuple):
    """A part in its place."""

    part: Part
    box: Box
    group: int
    """The number of its group, in the order in which groups come."""


def arranged(parts: Sequence[Part], area: Box) -> tuple[list[Tile], list[tuple[str, Box]]]:
    """Return the tiles of all parts, by group, and the headlines of groups with their place."""
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part)
    sizes = {name: sum(part.nbytes for part in some) for name, some in groups.items()}
    numbers = {name: number for number, name in enumerate(groups)}
    names = sorted(groups, key=lambda name: -sizes[name])
    tiles: list[Tile] = []
    heads: list[tuple[str, Box]] = []
    small: list[Part] = []
    for name, box in zip(names, squarified([sizes[n] for n in names], area), strict=True):
        inner = box.inside(1.0)
        if box.area < _SMALLEST and tiles:
            small += groups[name]
            continue
        if len(groups[name]) > 1 and box.height >= _LEAST_HEADED:
            heads.append((name, inner._replace(height=_HEAD)))
            inner = box.inside(1.0, _HEAD)
        some = _merged(sorted(groups[name], key=lambda part: -part.nbytes), inner.area)
        places = squarified([part.nbytes for part in some], inner)
        tiles += [Tile(p, place, numbers[name]) for p, place in zip(some, places, strict=True)]
    if small:
        # They have no place that could be seen: a strip of the largest tile stands for them.
        number = max(range(len(tiles)), key=lambda n: tiles[n].box.area)
        members, nbytes = sum(part.members for part in small), sum(part.nbytes for part in small)
        kept, strip = _cut(tiles[number].box)
        others = small[0] if members == 1 else Part("", "", nbytes, None, members)
        tiles[number] = tiles[number]._replace(box=kept)
        tiles.append(Tile(others, strip, numbers[small[0].group]))
    return tiles, heads


def _cut(box: Box) -> tuple[Box, Box]:
    """Return most of a box, and a strip at its end that can just be pointed at."""
    share = min(0.5, _SMALLEST / box.area) if box.area else 0.0
    if box.width >= box.height:
        width = box.width * (1 - share)
        kept = box._replace(width=width)
        return kept, Box(box.left + width, box.top, box.width - width, box.height)
    height = box.height * (1 - share)
    kept = box._replace(height=height)
    return kept, Box(box.left, box.top + height, box.width, box.height - height)


def _merged(parts: list[Part], area: float) -> list[Part]:
    """Return parts, descending, with those that would be too small to see as one."""
    whole = sum(part.nbytes for part in parts)
    least = _SMALLEST * whole / area if area > 0 else float("inf")
    kept = [part for part in parts if part.nbytes >= least and part.members == 1]
    rest = [part for part in parts if part.nbytes < least or part.members > 1]
    if len(rest) == 1 and rest[0].members == 1:
        return parts
    if rest:
        members = sum(part.members for part in rest)
        nbytes = sum(part.nbytes for part in rest)
        kept.append(Part(rest[0].group, "", nbytes, None, members))
        kept.sort(key=lambda part: -part.nbytes)
    return kept


def squarified(sizes: Sequence[float], box: Box) -> list[Box]:
    """Return a box for each size, their areas in proportion; `sizes` is descending and positive."""
    whole = sum(sizes)
    if not whole or box.area <= 0:
        return [Box(box.left, box.top, 0.0, 0.0) for _ in sizes]
    scale = box.area / whole
    areas = [size * scale for size in sizes]
    placed: list[Box] = []
    start = 0
    while start < len(areas):
        side = min(box.width, box.height)
        stop, total = start + 1, areas[start]
        while stop < len(areas) and _stays_square(areas, start, stop, total, side):
            total += areas[stop]
            stop += 1
        row, box = _row(areas[start:stop], total, box)
        placed += row
        start = stop
    return placed


def _stays_square(areas: Sequence[float], start: int, stop: int, total: float, side: float) -> bool:
    """Return whether one more area makes the worst tile of the row no longer than it was."""
    now = _worst(areas[start], areas[stop - 1], total, side)
    more = total + areas[stop]
    return _worst(areas[start], areas[stop], more, side) <= now


def _worst(largest: float, smallest: float, total: float, side: float) -> float:
    """Return the ratio of the sides of the least square tile in a row along `side`."""
    if not smallest or not side:
        return float("inf")
    return max(side * side * largest / (total * total), total * total / (side * side * smallest))


def _row(areas: Sequence[float], total: float, box: Box) -> tuple[list[Box], Box]:
    """Lay a row along the shorter side; return it, and what is left of the box."""
    left, top, width, height = box
    row = []
    if width >= height:
        deep = min(width, total / height) if height else 0.0
        for area in areas:
            length = area / deep if deep else 0.0
            row.append(Box(left, top, deep, length))
            top += length
        return row, Box(box.left + deep, box.top, width - deep, height)
    deep = min(height, total / width) if width else 0.0
    for area in areas:
        length = area / deep if deep else 0.0
        row.append(Box(left, top, length, deep))
        left += length
    return row, Box(box.left, box.top + deep, width, height - deep)
