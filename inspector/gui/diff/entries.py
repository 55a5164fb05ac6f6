"""Which rows of a comparison are shown and in what order; pure functions, run as jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from inspector.core.analysis.comparison import Module, Row, rollup
from inspector.core.model import natural
from inspector.core.progress import Progress, part, silent, sorted_in_parts
from inspector.gui.diff.columns import COLUMNS
from inspector.gui.diff.conditions import Condition
from inspector.gui.diff.lines import Entry, closed_at_first
from inspector.gui.diff.statuses import EVERYTHING, Filter
from inspector.gui.diff.strip import NO_MARK, Mark, mark_of
from inspector.gui.tree.search import Held, Mode, matcher

_PULSE = 500  # rows between two progress calls, at which the window is let go first
_MOST_DEPTH = 32  # folders that one name makes, as many as `rollup` has


class Request(NamedTuple):
    """What the person asked to see."""

    pattern: str = ""
    mode: Mode = "auto"
    filter: Filter = EVERYTHING
    grouped: bool = True
    column: int = -1
    """The column to sort by; -1 for the order of the first checkpoint."""
    descending: bool = False
    conditions: tuple[Condition, ...] = ()

    @property
    def in_modules(self) -> bool:
        """True if names are grouped; what is sorted by a measure is a ranking of all tensors."""
        return self.grouped and self.column <= 0

    @property
    def narrows(self) -> bool:
        """True if not everything is shown."""
        return bool(self.pattern or self.conditions) or self.filter != EVERYTHING


class Arrangement(NamedTuple):
    """The answer to a request: lines as if everything were open, parents before children."""

    request: Request
    entries: Sequence[Entry]
    modules: Mapping[str, Module]
    places: Mapping[int, int]
    """Where the entry of each row is, by its number."""
    whole: Module
    marks: Sequence[Mark]
    """What the strip beside the table shows of each entry."""
    closed: frozenset[str]
    """The modules to close at first, so that what is open fits on a few screens."""

    @property
    def matches(self) -> int:
        """How many rows are shown, open or not."""
        return len(self.places)


def arrange(rows: Sequence[Row], request: Request, *, progress: Progress = silent) -> Arrangement:
    """Filter, sort and group rows; `rows` is a copy that nobody changes meanwhile."""
    progress(0.0, "Arranging")
    modules = {module.name: module for module in rollup(_pulsed(rows, part(progress, 0.0, 0.3)))}
    kept = [row for row in _pulsed(rows, part(progress, 0.3, 0.5)) if row.into is None]
    kept = [row for row in kept if request.filter.passes(row)]
    for condition in request.conditions:
        kept = [row for row in _pulsed(kept, part(progress, 0.5, 0.6)) if condition.passes(row)]
    if request.pattern:
        kept = _found(kept, request, part(progress, 0.6, 0.8))
    report = part(progress, 0.8, 1.0)
    if request.in_modules:
        entries = _tree(kept, request, report)
    else:
        entries = [
            Entry(row.number, row.pair.name, row.pair.name, 0, place + 1)
            for place, row in enumerate(_sorted([*kept], request, report))
            if not isinstance(row, _Folder)
        ]
    places = {entry.number: place for place, entry in enumerate(entries) if entry.number >= 0}
    marks = [mark_of(rows[entry.number] if entry.number >= 0 else None) for entry in entries]
    for place in range(len(entries) - 1, -1, -1):
        if entries[place].number < 0:  # a closed module shows the strongest of what is inside
            inside = marks[place + 1 : entries[place].end]
            marks[place] = max(inside, default=NO_MARK)
    closed = frozenset() if request.narrows else closed_at_first(entries)
    return Arrangement(request, entries, modules, places, modules[""], marks, closed)


def same_lines(one: Arrangement, other: Arrangement) -> bool:
    """Return whether two arrangements have the same lines, whatever is known of them."""
    return one.request == other.request and one.entries == other.entries


def _pulsed(rows: Sequence[Row], progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % _PULSE == 0:
            progress(number / len(rows), "Arranging")
        yield row


def _found(rows: Sequence[Row], request: Request, progress: Progress) -> list[Row]:
    """Return the rows whose name, or new name, is what is searched for."""
    below = matcher(request.pattern, request.mode, ())
    known: dict[str, Held] = {}

    def holds(name: str) -> bool:
        above, _, key = name.rpartition(".")
        held = known.get(above)
        if held is None:
            held = known[above] = below(tuple(above.split(".")) if above else ())
        return held(key) or (request.mode in ("auto", "substring") and below(())(name))

    return [row for row in _pulsed(rows, progress) if any(map(holds, names_of(row)))]


def names_of(row: Row) -> tuple[str, ...]:
    """Return what a row is called: twice if it was renamed."""
    if row.status == "renamed" and row.pair.b is not None:
        return row.pair.name, ".".join(map(str, row.pair.b.path))
    return (row.pair.name,)


class _Folder:
    """A beginning of names, and what is below it in order."""

    __slots__ = ("members", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: list[Row | _Folder] = []


_Member = Row | _Folder


def _tree(rows: Sequence[Row], request: Request, progress: Progress) -> list[Entry]:
    top = _Folder("")
    folders = {"": top}
    for row in _pulsed(rows, progress):
        folder = top
        steps = row.pair.name.split(".")[:-1][:_MOST_DEPTH]
        for depth in range(1, len(steps) + 1):
            name = ".".join(steps[:depth])
            inner = folders.get(name)
            if inner is None:
                inner = folders[name] = _Folder(name)
                folder.members.append(inner)
            folder = inner
        folder.members.append(row)
    entries: list[Entry] = []
    _lay_out(top, 0, 0, entries, request, progress)
    return entries


def _lay_out(
    folder: _Folder,
    depth: int,
    said: int,
    entries: list[Entry],
    request: Request,
    progress: Progress,
) -> None:
    """Append what is in a folder; `said` is how much of the names the lines above have said."""
    # Recursion is bounded by the depth of folders.
    for member in _sorted(folder.members, request, progress):
        if not isinstance(member, _Folder):
            name = member.pair.name
            entries.append(Entry(member.number, name, name[said:], depth, len(entries) + 1))
            continue
        inner = member
        # `encoder` that only holds `layers` reads as `encoder.layers`.
        while len(inner.members) == 1 and isinstance(below := inner.members[0], _Folder):
            inner = below
        place = len(entries)
        entries.append(Entry(-1, inner.name, inner.name[said:], depth, place))
        after = len(inner.name) + 1
        _lay_out(inner, depth + 1, after, entries, request, progress)
        entries[place] = entries[place]._replace(end=len(entries))


def _sorted(members: list[_Member], request: Request, progress: Progress) -> list[_Member]:
    """Return rows and folders in the order that is asked for; what has no value comes last."""
    if request.column < 0 or len(members) < 2:
        return members
    order = COLUMNS[request.column].order
    filled: list[tuple[Any, _Member]] = []
    nothing: list[_Member] = []
    for member in members:
        key = natural(member.name) if isinstance(member, _Folder) else order(member)
        if key is None:
            nothing.append(member)
        else:
            filled.append((key, member))
    seen = iter(range(len(filled) * 2 + 2))

    def pulse() -> None:
        if next(seen, 0) % _PULSE == 0:
            progress(0.9, "Sorting")

    pairs = sorted_in_parts(filled, descending=request.descending, pulse=pulse)
    return [*(pair[1] for pair in pairs), *nothing]
