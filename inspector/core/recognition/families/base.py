"""What a family is: a program that writes checkpoints of its own shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from inspector.core.model import Node
from inspector.core.recognition.base import CheckpointKind, Fact, Role
from inspector.core.recognition.named_facts import finite
from inspector.core.recognition.survey import Survey, child

_PLAIN = (str, int, float, bool)


def _nothing(seen: Survey) -> Iterable[Fact]:
    return ()


class Family(NamedTuple):
    """One row: how its files are told, and what they say that others do not."""

    name: str
    """For programs, e.g. `lightning`; stable."""
    title: str
    """For people, e.g. `Lightning checkpoint`; empty to leave the name of the kind."""
    matches: Callable[[Survey], bool]
    facts: Callable[[Survey], Iterable[Fact]] = _nothing
    kind: CheckpointKind | None = None
    """Set where the parts of the file do not tell."""
    role: Role | None = None
    """What the whole file is in a training run."""
    inferred: bool = False
    """True if the family is concluded from names of tensors rather than from its own marks."""


def keys(*names: str) -> Callable[[Survey], bool]:
    """Return a test: the root has all of these keys."""
    return lambda seen: seen.top.keys() >= set(names)


def stated(node: Node | None, *rows: tuple[str, str, str]) -> Iterable[Fact]:
    """Yield a fact for every row of key, name and label whose key has a plain value."""
    for key, name, label in rows:
        found = child(node, key) if node is not None else None
        if found is not None and found.kind == "value" and type(found.value) in _PLAIN:
            yield Fact(name, label, finite(found.value))
