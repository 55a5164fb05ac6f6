"""What recognising a checkpoint yields."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from inspector.core.model import Finding, Path

CheckpointKind = Literal["state_dict", "training", "module", "tensor", "other"]
Role = Literal["model", "optimizer", "scheduler", "scaler", "rng", "progress", "ema"]


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


class StateDict(NamedTuple):
    """Weights under their names: a mapping, or a pickled module that has them as attributes."""

    path: Path
    pickled_module: bool
    wrappers: tuple[str, ...] = ()
    """What wrappers put in front of every key, e.g. `module.`, the outermost first."""
    lead: str = ""
    """What else every key begins with, e.g. `model.`; empty if there is only one key."""
    inner_wrappers: tuple[str, ...] = ()
    """Wrappers around parts of the model, e.g. `_orig_mod.` in the middle of keys."""
    has_versions: bool = True
    """False if `_metadata`, torch's version of every module, is missing."""


class Part(NamedTuple):
    """Something that training goes on from, and where it is."""

    role: Role
    path: Path


class Recognition(NamedTuple):
    """What a tree was found to be."""

    kind: CheckpointKind
    title: str
    """The kind in words, e.g. `Training checkpoint`."""
    facts: tuple[Fact, ...] = ()
    state_dicts: tuple[Path, ...] = ()
    """Where the weights are; the one a person would mean by "the model" first."""
    weights: tuple[StateDict, ...] = ()
    """The same, each with what is known about its keys."""
    parts: tuple[Part, ...] = ()
    failed: tuple[str, ...] = ()
    """Recognisers that broke on this file; what they would have said is missing."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A note for every recogniser that broke."""
        return tuple(
            Finding(
                "recogniser-failed",
                "info",
                f"This may be more than is told: the recogniser “{name}” made a mistake.",
            )
            for name in self.failed
        )
