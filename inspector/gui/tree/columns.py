"""The columns of the tree: one row here is one column on screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from inspector.core import text
from inspector.core.model import (
    NO_TENSORS,
    Attribute,
    Key,
    Node,
    Severity,
    Totals,
    dtype_named,
    natural,
    step_of,
)
from inspector.core.recognition.layers import layer_text
from inspector.core.summary import numbers_text
from inspector.gui.tree.lines import WHOLE, Row
from inspector.gui.tree.marks import NO_MARKS, Marks

_LONGEST_KEY = 1_000  # characters of a key on screen; copying takes all of it
_MOST_IN_A_LAYER = 16  # tensors; no layer has more of its own
_MOST_NUMBERS = 2_000  # of a list that are looked at while it is drawn
_LIMIT = 160  # characters of a value in the tree; the panel shows the rest
_ARRAY_DTYPE = re.compile(r"[<>|=]?([biufcSUVmM])(\d+)(?:\[\w+\])?")
NOTHING: tuple[int, ...] = ()
"""The order of a node without anything in that column: at the end, whatever the direction."""


class Known(NamedTuple):
    """What is known about the nodes of a tree, beside what they say themselves."""

    stored: Mapping[int, Totals]
    """The totals of every node of the file, by `id(node)`."""
    made: Mapping[int, Totals] = {}
    """The totals of groups and repeats."""
    marks: Marks = NO_MARKS
    whole: int = 0
    """The bytes of all tensors, which shares are shares of."""

    def totals_of(self, node: Node) -> Totals:
        """Return how much a node is, or holds."""
        if node.kind == "tensor":
            return Totals(1, node.value.elements, node.value.nbytes)
        return self.stored.get(id(node)) or self.made.get(id(node), NO_TENSORS)


@dataclass(frozen=True)
class Column:
    """A heading, what stands below it, and what it is sorted by."""

    id: str
    title: str
    text: Callable[[Row, Known], str]
    order: Callable[[Node, Known], tuple[Any, ...]]
    width: int
    """Wanted width in characters; 0 takes the rest."""
    numeric: bool = False
    hidden: bool = False
    """True if a person has to ask for it."""
    sacrifice: int = 0
    """The order in which columns are left out where there is no room; 0 stays to the last."""


def key_text(key: Key) -> str:
    """Return a key as it is read: bare where nobody can misread it, quoted otherwise."""
    if isinstance(key, str):
        plain = str(key)
        is_bare = isinstance(key, Attribute) or (plain == plain.strip() and plain)
        return text.printable(plain if is_bare else repr(plain), _LONGEST_KEY)
    return text.printable(repr(key), _LIMIT)


def array_bytes(dtype: str, shape: tuple[int, ...]) -> int | None:
    """Return the bytes of a NumPy array, None where its dtype does not say how large one is."""
    known = dtype_named(dtype)
    if known.kind != "unknown":
        return prod(shape) * known.bits // 8
    spelled = _ARRAY_DTYPE.fullmatch(dtype)
    if spelled is None:
        return None
    return prod(shape) * int(spelled[2]) * (4 if spelled[1] == "U" else 1)


def value_text(node: Node, known: Known) -> str:
    """Return a shape, a value, or how much there is inside, by the kind of the node."""
    return _VALUE_TEXTS.get(node.kind, _contents)(node, known)


def _contents(node: Node, known: Known) -> str:
    totals = known.totals_of(node)
    if totals.tensors:
        return text.plural(totals.tensors, "tensor")
    if len(node.children) <= _MOST_NUMBERS and (numbers := numbers_text(node)):
        return numbers
    noun = {"mapping": "entry", "sequence": "item"}.get(node.kind, "attribute")
    return text.plural(len(node.children), noun) if node.children else "empty"


def _object(node: Node, known: Known) -> str:
    return _contents(node, known) if node.children else ""


def _plain_value(node: Node, _: Known) -> str:
    value = node.value
    if isinstance(value, str | bytes) and len(value) > _LIMIT:
        value = value[:_LIMIT]
    return text.printable(repr(value), _LIMIT)


def _target(node: Node, _: Known) -> str:
    return "→ " + (text.printable(" / ".join(key_text(key) for key in node.value), _LIMIT) or "top")


_VALUE_TEXTS: dict[str, Callable[[Node, Known], str]] = {
    "tensor": lambda node, _: text.shape(node.value.shape),
    "array": lambda node, _: text.shape(node.value.shape),
    "storage": lambda node, _: "",
    "value": _plain_value,
    "global": lambda node, _: "",
    "object": _object,
    "reference": _target,
    "cut": lambda node, _: text.printable(str(node.value), _LIMIT),
}


def _key(row: Row, _: Known) -> str:
    if row.node.kind == "repeat":
        return f"{key_text(row.step)}  × {text.exact(row.node.value.times)}"
    return "whole file" if row.node.key == WHOLE else key_text(row.step)


def aside(row: Row, known: Known) -> str:
    """Return whose state an entry of an optimizer is, to be said after its key."""
    owner = known.marks.owners.get(id(row.node))
    if owner is None or row.node.kind == "tensor":  # the row above it has said so
        return ""
    return f"{'→' if owner.sure else '≈'} {text.printable(owner.name, _LIMIT)}"


def _type_text(node: Node, _: Known) -> str:
    if node.kind == "group":
        return _layer(node)
    if node.kind == "tensor":
        return text.printable(node.value.dtype.name)
    if node.kind == "array":
        return text.printable(node.value.dtype, _LIMIT)
    return text.printable(node.type.rpartition(".")[2], _LIMIT)


def _layer(node: Node) -> str:
    """Return what a group of tensors probably is; only names and shapes say so."""
    children = node.children
    if len(children) > _MOST_IN_A_LAYER or any(child.kind != "tensor" for child in children):
        return ""
    name = str(node.key).removesuffix(".")
    layer = layer_text({step_of(c, node): c.value for c in children}, name)
    return f"≈ {text.printable(layer, _LIMIT)}" if layer else ""


def _nbytes(node: Node, known: Known) -> int | None:
    if node.kind in ("tensor", "storage"):
        return int(node.value.nbytes)
    if node.kind == "array":
        return array_bytes(node.value.dtype, node.value.shape)
    totals = known.totals_of(node)
    return totals.nbytes if totals.tensors else None


def _size_text(node: Node, known: Known) -> str:
    nbytes = _nbytes(node, known)
    return "" if nbytes is None else text.size(nbytes)


def _share_text(node: Node, known: Known) -> str:
    nbytes = known.totals_of(node).nbytes
    if not nbytes or not known.whole:
        return ""
    share = 100 * nbytes / known.whole
    return f"{share:.1f} %" if share >= 0.05 else "< 0.1 %"


def _elements_text(node: Node, known: Known) -> str:
    totals = known.totals_of(node)
    return text.exact(totals.elements) if totals.tensors else ""


def _device_text(node: Node, _: Known) -> str:
    has_device = node.kind in ("tensor", "storage")
    return text.printable(node.value.device) if has_device else ""


def badges(node: Node, known: Known) -> list[tuple[str, str]]:
    """Return the marks of a node as the name of a picture and the word for it."""
    found: list[tuple[str, str]] = []
    worst: Severity | None = known.marks.worst.get(id(node))
    if worst:
        found.append((worst, {"info": "note"}.get(worst, worst)))
    shared = known.marks.shared.get(id(node))
    if shared:
        found.append(("tied", "tied") if shared.tied else ("view", "shares its storage"))
    if node.kind == "tensor" and node.value.parameter:
        found.append(("parameter", "parameter"))
    return found


def _badge_text(node: Node, known: Known) -> str:
    return ", ".join(word for _, word in badges(node, known))


def _shape_order(node: Node, known: Known) -> tuple[Any, ...]:
    if node.kind in ("tensor", "array"):
        return (0, prod(node.value.shape), node.value.shape)
    return (1, *natural(value_text(node, known)))


def _number_order(
    read: Callable[[Node, Known], int | None],
) -> Callable[[Node, Known], tuple[Any, ...]]:
    def order(node: Node, known: Known) -> tuple[Any, ...]:
        number = read(node, known)
        return NOTHING if number is None else (0, number)

    return order


def _text_order(read: Callable[[Node, Known], str]) -> Callable[[Node, Known], tuple[Any, ...]]:
    def order(node: Node, known: Known) -> tuple[Any, ...]:
        shown = read(node, known)
        return natural(shown) if shown else NOTHING

    return order


def _elements(node: Node, known: Known) -> int | None:
    totals = known.totals_of(node)
    return totals.elements if totals.tensors else None


def _of_node(read: Callable[[Node, Known], str]) -> Callable[[Row, Known], str]:
    return lambda row, known: read(row.node, known)


_size_order = _number_order(_nbytes)

COLUMNS = (
    Column("key", "Key", _key, lambda node, _: natural(node.key), 0),
    Column("value", "Shape / value", _of_node(value_text), _shape_order, 16, sacrifice=5),
    Column("type", "Dtype / type", _of_node(_type_text), _text_order(_type_text), 15, sacrifice=3),
    Column("size", "Size", _of_node(_size_text), _size_order, 8, numeric=True),
    Column("share", "Share", _of_node(_share_text), _size_order, 7, True, True, 4),
    Column(
        "elements",
        "Elements",
        _of_node(_elements_text),
        _number_order(_elements),
        13,
        numeric=True,
        hidden=True,
        sacrifice=4,
    ),
    Column("device", "Device", _of_node(_device_text), _text_order(_device_text), 8, sacrifice=1),
    Column("badges", "Marks", _of_node(_badge_text), _text_order(_badge_text), 7, sacrifice=2),
)


def column_number(name: str) -> int:
    """Return where the column of that id stands in `COLUMNS`."""
    return next(number for number, column in enumerate(COLUMNS) if column.id == name)
