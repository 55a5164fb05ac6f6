"""The columns of the tree: one row here is one column on screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from inspector.core import text
from inspector.core.model import Attribute, Key, Node, Totals

_LONGEST_KEY = 1_000  # characters of a key on screen; copying takes all of it
_LIMIT = 160  # characters of a value in the tree; the panel shows the rest
_NUMBER = re.compile(r"(\d+)")
NOTHING: tuple[int, ...] = ()
"""The order of a node without anything in that column: at the end, whatever the direction."""

Rollup = Mapping[int, Totals]


@dataclass(frozen=True)
class Column:
    """A heading, what stands below it, and what it is sorted by."""

    title: str
    text: Callable[[Node, Rollup], str]
    order: Callable[[Node, Rollup], tuple[Any, ...]]
    width: int
    """Wanted width in characters; 0 takes the rest."""
    numeric: bool = False


def key_text(key: Key) -> str:
    """Return a key as it is read: bare where nobody can misread it, quoted otherwise."""
    if isinstance(key, str):
        plain = str(key)
        is_bare = isinstance(key, Attribute) or (plain == plain.strip() and plain)
        return text.printable(plain if is_bare else repr(plain), _LONGEST_KEY)
    return text.printable(repr(key), _LIMIT)


def natural(key: Key) -> tuple[Any, ...]:
    """Return what sorts `layer.2` before `layer.10`, and numbers before names."""
    if isinstance(key, int | float) and key == key:
        return (0, key)
    parts = _NUMBER.split(str(key).casefold())
    parts[1::2] = [part.zfill(20) for part in parts[1::2]]
    return (1, *parts)


def value_text(node: Node, rollup: Rollup) -> str:
    """Return a shape, a value, or how much there is inside, by the kind of the node."""
    return _VALUE_TEXTS.get(node.kind, _contents)(node, rollup)


def _contents(node: Node, rollup: Rollup) -> str:
    totals = rollup.get(id(node))
    if totals and totals.tensors:
        return text.plural(totals.tensors, "tensor")
    noun = {"mapping": "entry", "sequence": "item"}.get(node.kind, "attribute")
    return text.plural(len(node.children), noun) if node.children else "empty"


def _object(node: Node, rollup: Rollup) -> str:
    return _contents(node, rollup) if node.children else ""


def _plain_value(node: Node, _: Rollup) -> str:
    value = node.value
    if isinstance(value, str | bytes) and len(value) > _LIMIT:
        value = value[:_LIMIT]
    return text.printable(repr(value), _LIMIT)


def _target(node: Node, _: Rollup) -> str:
    return "→ " + (text.printable(" / ".join(key_text(key) for key in node.value), _LIMIT) or "top")


_VALUE_TEXTS: dict[str, Callable[[Node, Rollup], str]] = {
    "tensor": lambda node, _: text.shape(node.value.shape),
    "array": lambda node, _: text.shape(node.value.shape),
    "storage": lambda node, _: "",
    "value": _plain_value,
    "global": lambda node, _: "",
    "object": _object,
    "reference": _target,
    "cut": lambda node, _: text.printable(str(node.value), _LIMIT),
}


def _type_text(node: Node, _: Rollup) -> str:
    if node.kind == "tensor":
        return text.printable(node.value.dtype.name)
    if node.kind == "array":
        return text.printable(node.value.dtype, _LIMIT)
    return text.printable(node.type.rpartition(".")[2], _LIMIT)


def _nbytes(node: Node, rollup: Rollup) -> int | None:
    if node.kind in ("tensor", "storage"):
        return int(node.value.nbytes)
    totals = rollup.get(id(node))
    return totals.nbytes if totals and totals.tensors else None


def _size_text(node: Node, rollup: Rollup) -> str:
    nbytes = _nbytes(node, rollup)
    return "" if nbytes is None else text.size(nbytes)


def _device_text(node: Node, _: Rollup) -> str:
    has_device = node.kind in ("tensor", "storage")
    return text.printable(node.value.device) if has_device else ""


def _shape_order(node: Node, rollup: Rollup) -> tuple[Any, ...]:
    if node.kind in ("tensor", "array"):
        return (0, prod(node.value.shape), node.value.shape)
    return (1, *natural(value_text(node, rollup)))


def _size_order(node: Node, rollup: Rollup) -> tuple[Any, ...]:
    nbytes = _nbytes(node, rollup)
    return NOTHING if nbytes is None else (0, nbytes)


def _text_order(read: Callable[[Node, Rollup], str]) -> Callable[[Node, Rollup], tuple[Any, ...]]:
    def order(node: Node, rollup: Rollup) -> tuple[Any, ...]:
        shown = read(node, rollup)
        return natural(shown) if shown else NOTHING

    return order


COLUMNS = (
    Column("Key", lambda node, _: key_text(node.key), lambda node, _: natural(node.key), 0),
    Column("Shape / value", value_text, _shape_order, 16),
    Column("Dtype / type", _type_text, _text_order(_type_text), 13),
    Column("Size", _size_text, _size_order, 8, numeric=True),
    Column("Device", _device_text, _text_order(_device_text), 8),
)
