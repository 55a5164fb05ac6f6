"""What recognising a checkpoint yields."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from inspector.core.model import Path

CheckpointKind = Literal["state_dict", "training", "module", "tensor", "other"]


class Fact(NamedTuple):
    """One thing known about a checkpoint."""

    name: str
    """For programs, e.g. `epoch`."""
    label: str
    """For people, e.g. `Epoch`."""
    value: Any
    """A plain value with a JSON form."""
    inferred: bool = False
    """True if it was concluded from names or shapes rather than read."""


class Recognition(NamedTuple):
    """What a tree was found to be."""

    kind: CheckpointKind
    title: str
    """The kind in words, e.g. `Training checkpoint`."""
    facts: tuple[Fact, ...] = ()
    state_dicts: tuple[Path, ...] = ()
    """Where the weights are; the one a person would mean by "the model" first."""
