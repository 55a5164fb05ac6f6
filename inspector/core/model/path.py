"""Where a node is: the keys from the root, exact whatever they contain."""

from __future__ import annotations

import re
from collections.abc import Callable
from keyword import iskeyword
from typing import Any


class Attribute(str):
    """An attribute of an object, as a step of a path; never equal to the item of that name."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Attribute) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Attribute, str(self)))


class OpaqueKey(str):
    """The text of a mapping's key that has no exact plain form, such as a pickled object."""

    __slots__ = ()


class Prefix(str):
    """What the keys of a group begin with, as the last step of a path; never equal to a key."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prefix) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Prefix, str(self)))


# str, int, float, bool, None, bytes, complex or a tuple of these; an Attribute, OpaqueKey, Prefix.
Key = Any
Path = tuple[Key, ...]

_NUMBER = re.compile(r"(\d+)")


def natural(key: Key) -> tuple[Any, ...]:
    """Return what sorts `layer.2` before `layer.10`, and numbers before names."""
    if isinstance(key, int | float) and key == key:
        return (0, key)
    parts = _NUMBER.split(str(key).casefold())
    parts[1::2] = [part.zfill(20) for part in parts[1::2]]
    return (1, *parts)


def json_key(key: Key) -> str | int:
    """Return the key as the JSON contract spells it: strings and integers as they are."""
    kind = type(key)
    return key if kind is str or kind is int else str(key) if isinstance(key, str) else repr(key)


def json_path(path: Path) -> list[str | int]:
    """Return the path as an array of keys."""
    return [json_key(key) for key in path]


def python_path(path: Path, root: str = "checkpoint", spell: Callable[[object], str] = repr) -> str:
    """Return the Python expression that reaches the node from the loaded object `root`.

    `spell` writes a plain key as Python reads it.
    """
    expression = root
    for key in path:
        if isinstance(key, Prefix):
            # The values of a dict whose keys begin so: no expression is shorter than a new dict.
            expression = (
                f"{{key: value for key, value in {expression}.items()"
                f" if key.startswith({spell(str(key))})}}"
            )
        elif not isinstance(key, Attribute):
            expression += f"[{key if isinstance(key, OpaqueKey) else spell(key)}]"
        elif key.isidentifier() and not iskeyword(str(key)):
            expression += f".{key}"
        else:
            expression = f"getattr({expression}, {spell(str(key))})"
    return expression
