"""Values besides tensors as a tree of both sides: what is shown in which order, and in which words.

Pure functions, run as jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inspector.core import text
from inspector.core.analysis.comparison import Matching, ValueChange
from inspector.core.analysis.comparison.values import Change
from inspector.core.model import Node, Path, natural
from inspector.core.progress import Progress, part, silent
from inspector.gui.diff.columns import number_text
from inspector.gui.diff.lines import Column, Entry, closed_at_first
from inspector.gui.diff.statuses import StatusLook, differ_words
from inspector.gui.tree.search import Held, matcher

_PULSE = 500  # rows between two progress calls, at which the window is let go first
_LONGEST = 400

VALUE_LOOKS: dict[Change, StatusLook] = {
    "same": StatusLook("same", "=", "faint", "The same in both.", True),
    "changed": StatusLook("changed", "Δ", "tensor", "Another value of the same type."),
    "added": StatusLook("added", "+", "added", "Only the second has it."),
    "removed": StatusLook("removed", "−", "removed", "Only the first has it."),
    "type": StatusLook("other type", "◇", "warning", "A value of another type."),
}


class ValueFilter(NamedTuple):
    """Which values are shown."""

    words: str
    meaning: str
    changes: frozenset[Change]


VALUE_FILTERS = (
    ValueFilter("All", "Show every value of either side", frozenset(VALUE_LOOKS)),
    ValueFilter("Changes", "Show only what differs", frozenset(VALUE_LOOKS) - {"same"}),
    ValueFilter("Unchanged", "Show only what is the same in both", frozenset(("same",))),
)


@dataclass(slots=True)
class Group:
    """A container and all values below it, shown or not."""

    path: Path
    total: int = 0
    differing: Counter[Change] = field(default_factory=Counter)


class ValuesRequest(NamedTuple):
    """What the person asked to see."""

    pattern: str = ""
    filter: ValueFilter = VALUE_FILTERS[1]
    column: int = -1
    """The column to sort by; -1 for the order of the first checkpoint."""
    descending: bool = False

    @property
    def in_containers(self) -> bool:
        """True for a tree; what is sorted by a value is a ranking of all."""
        return self.column <= 0


class ValuesPlan(NamedTuple):
    """The answer to a request: lines as if everything were open, parents before children."""

    request: ValuesRequest
    changes: Sequence[ValueChange]
    entries: Sequence[Entry]
    groups: Mapping[str, Group]
    closed: frozenset[str]


class _Folder:
    """A container, and what is shown of it in order."""

    __slots__ = ("members", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members: list[int | _Folder] = []


def arrange_values(
    changes: Sequence[ValueChange],
    matching: Matching,
    request: ValuesRequest,
    *,
    progress: Progress = silent,
) -> ValuesPlan:
    """Filter, sort and nest values; what only the second has stands where the first would have it.

    Raises BadPattern if nothing can be searched so.
    """
    paths = [_place(change, matching) for change in changes]
    groups = _groups(changes, paths, part(progress, 0.0, 0.4))
    kept = [number for number, one in enumerate(changes) if one.change in request.filter.changes]
    if request.pattern:
        kept = _found(kept, paths, request.pattern, part(progress, 0.4, 0.7))
    if request.in_containers:
        entries = _tree(changes, paths, kept, request, part(progress, 0.7, 1.0))
    else:
        ranked = _ranked(kept, lambda n: VALUE_COLUMNS[request.column].order(changes[n]), request)
        names = ((number, path_name(paths[number])) for number in ranked)
        entries = [Entry(n, name, name, 0, place + 1) for place, (n, name) in enumerate(names)]
    closed = frozenset() if request.pattern else closed_at_first(entries)
    named = {_identity(path): group for path, group in groups.items()}
    return ValuesPlan(request, changes, entries, named, closed)


def path_name(path: Path) -> str:
    """Return the steps of a path, joined."""
    return ".".join(map(str, path)) or "the whole"


def _identity(path: Path) -> str:
    """Return what no other container has: joined keys may, as a key can hold dots."""
    return repr(path)


def _place(change: ValueChange, matching: Matching) -> Path:
    """Return where a value stands in the tree of the first."""
    path, depth = change.path, len(matching.root_b)
    if change.change == "added" and path[:depth] == matching.root_b:
        return (*matching.root_a, *path[depth:])
    return path


def _groups(
    changes: Sequence[ValueChange], paths: Sequence[Path], progress: Progress
) -> dict[Path, Group]:
    groups: dict[Path, Group] = {}
    for number, path in enumerate(paths):
        if number % _PULSE == 0:
            progress(number / len(paths), "Arranging")
        change = changes[number].change
        for depth in range(1, len(path)):
            group = groups.get(path[:depth])
            if group is None:
                group = groups[path[:depth]] = Group(path[:depth])
            group.total += 1
            if change != "same":
                group.differing[change] += 1
    return groups


def _found(
    numbers: Iterable[int], paths: Sequence[Path], pattern: str, progress: Progress
) -> list[int]:
    known: dict[Path, Held] = {}
    below = matcher(pattern, "auto", ())
    whole = below(())
    found = []
    for number in numbers:
        if number % _PULSE == 0:
            progress(number / len(paths), "Searching")
        above = paths[number][:-1]
        held = known.get(above)
        if held is None:
            held = known[above] = below(above)
        if held(path_name(paths[number][-1:])) or whole(path_name(paths[number])):
            found.append(number)
    return found


def _tree(
    changes: Sequence[ValueChange],
    paths: Sequence[Path],
    numbers: Sequence[int],
    request: ValuesRequest,
    progress: Progress,
) -> list[Entry]:
    top = _Folder(())
    folders = {(): top}
    for count, number in enumerate(numbers):
        if count % _PULSE == 0:
            progress(count / len(numbers), "Arranging")
        folder = top
        for depth in range(1, len(paths[number])):
            path = paths[number][:depth]
            inner = folders.get(path)
            if inner is None:
                inner = folders[path] = _Folder(path)
                folder.members.append(inner)
            folder = inner
        folder.members.append(number)
    entries: list[Entry] = []

    def order(member: int | _Folder) -> Any:
        path = paths[member] if isinstance(member, int) else member.path
        return natural(path[-1]) if path else ()

    def lay_out(folder: _Folder, depth: int) -> None:
        # Recursion is bounded by the depth of trees, which are cut below 100 levels.
        said = len(folder.path)
        for member in _ranked(folder.members, order, request):
            if isinstance(member, int):
                path = paths[member]
                name, step = path_name(path), path_name(path[said:])
                entries.append(Entry(member, name, step, depth, len(entries) + 1))
                continue
            # `config` that only holds `optimizer` reads as `config.optimizer`.
            while len(member.members) == 1 and isinstance(below := member.members[0], _Folder):
                member = below
            place = len(entries)
            step = path_name(member.path[said:])
            entries.append(Entry(-1, _identity(member.path), step, depth, place))
            lay_out(member, depth + 1)
            entries[place] = entries[place]._replace(end=len(entries))

    lay_out(top, 0)
    return entries


def _ranked(members: Sequence[Any], order: Any, request: ValuesRequest) -> Sequence[Any]:
    """Return members in the order that is asked for; what has no value comes last."""
    if request.column < 0:
        return members
    keyed = [(order(member), member) for member in members]
    filled = [pair for pair in keyed if pair[0] is not None]
    filled.sort(key=lambda pair: pair[0], reverse=request.descending)
    return [*(pair[1] for pair in filled), *(member for key, member in keyed if key is None)]


# Words.


def value_text(node: Node | None, *, short: bool = False) -> str:
    """Return a value on one line, a number with few digits if `short`; a dash for none."""
    if node is None:
        return "–"
    if short and type(node.value) is float:
        return f"{node.value:.5g}".replace("-", "−")
    shown = node.value if isinstance(node.value, str) else repr(node.value)
    if node.value is None and node.kind != "value":
        shown = node.type or node.kind
    return text.printable(shown, _LONGEST)


def _side_text(change: ValueChange, node: Node | None) -> str:
    """Return one side in a few characters; the text '6' is told from the number 6."""
    if change.change == "type" and node is not None and isinstance(node.value, str):
        return text.printable(repr(node.value), _LONGEST)
    return value_text(node, short=True)


def differing_words(changes: Sequence[ValueChange]) -> str:
    """Return how many values differ, or that one side alone has them; empty for none."""
    if not changes:
        return ""
    kinds = {change.change for change in changes}
    number = text.plural(len(changes), "other value")
    if kinds <= {"added"} or kinds <= {"removed"}:
        return f"{number} only in {'A' if 'removed' in kinds else 'B'}"
    return f"{number} {'differs' if len(changes) == 1 else 'differ'}"


def type_text(change: ValueChange) -> str:
    """Return the types of both sides where they differ."""
    if change.a is None or change.b is None or change.a.type == change.b.type:
        return ""
    return text.printable(f"{change.a.type} → {change.b.type}", _LONGEST)


def apart(change: ValueChange) -> float | None:
    """Return by how much a number grew; None where that means nothing."""
    one, other = (side.value if side else None for side in (change.a, change.b))
    if type(one) in (int, float) and type(other) in (int, float):
        try:
            return float(other - one)  # type: ignore[operator]
        except OverflowError:
            return None
    return None


def _apart_text(change: ValueChange) -> str:
    by = apart(change)
    if by is None or change.change == "same":
        return ""
    return f"{'+' if by > 0 else ''}{number_text(by)}"


def _apart_order(change: ValueChange) -> float | None:
    by = apart(change)
    return None if by is None or by != by else abs(by)


def _value_order(node: Node | None) -> Any:
    if node is None:
        return None
    number = type(node.value) in (int, float) and node.value == node.value
    return (not number, node.value if number else 0, natural(value_text(node)))


def _nothing(_: Group) -> str:
    return ""


def _side(name: str, read: Callable[[ValueChange], Node | None]) -> Column[ValueChange, Group]:
    """Return the column of the values of one side."""
    return Column(
        name,
        name.upper(),
        lambda change: _side_text(change, read(change)),
        _nothing,
        lambda change: _value_order(read(change)),
        11,
        sacrifice=3,
        narrow=6,
        elastic=True,
        calm=(),
    )


VALUE_COLUMNS: tuple[Column[ValueChange, Group], ...] = (
    Column(
        "key",
        "Value",
        lambda change: text.printable(path_name(change.path), _LONGEST),
        lambda group: text.printable(path_name(group.path), _LONGEST),
        lambda change: natural(path_name(change.path)),
        0,
        numeric=False,
    ),
    Column(
        "status",
        "Status",
        lambda change: VALUE_LOOKS[change.change].words,
        lambda group: differ_words(
            {VALUE_LOOKS[one].words: number for one, number in group.differing.items()},
            group.total,
        ),
        lambda change: list(VALUE_LOOKS).index(change.change),
        12,
        numeric=False,
        help="Status: whether a value is the same in both, and if not, in which way.",
        sacrifice=2,
        narrow=2,
        short="≠",
    ),
    _side("a", lambda change: change.a),
    _side("b", lambda change: change.b),
    Column(
        "apart",
        "Δ",
        _apart_text,
        _nothing,
        _apart_order,
        8,
        help="By how much a number grew.",
        sacrifice=1,
        calm=(),
    ),
)
