"""What a person wants of an export: a plain value, the same for window, command line and file.

A pattern is a glob in which `*` crosses dots, or a regular expression behind `re:`; a tensor
matches if its key inside the state_dict does, or its whole path joined with `/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inspector.core.export.renaming import RenameRule
from inspector.core.model import Path

Weights = Literal["model", "ema"]
Container = Literal["state_dict", "stored"]
Tied = Literal["split", "drop"]
Ownership = Literal["as_stored", "tensors", "parameters"]
Omitted = Literal["optimizer", "scheduler", "scaler", "rng", "ema"]

OMITTED: tuple[Omitted, ...] = ("optimizer", "scheduler", "scaler", "rng", "ema")


@dataclass(frozen=True, slots=True)
class Choice:
    """Tensors that are put in or left out; of several choices the last that matches counts."""

    pattern: str
    keep: bool = True


@dataclass(frozen=True, slots=True)
class DTypeRule:
    """Which tensors are cast; of several rules the last that matches counts."""

    dtype: str
    """torch's name without `torch.`."""
    pattern: str = "*"
    any_kind: bool = False
    """Cast from every kind; otherwise floats to floats only, integers to integers and so on."""


@dataclass(frozen=True, slots=True)
class DeviceRule:
    """Which location tags become another; held against the tag as stored, the last one counts."""

    device: str
    """The new tag; `meta` leaves the values out."""
    pattern: str = "*"
    """A glob over location tags, e.g. `cuda:*`."""


@dataclass(frozen=True)
class Recipe:
    """What to take out of a checkpoint, under which names, and what file to make of it."""

    at: Path | None = None
    """Where the state_dict is; None for the one that the checkpoint obviously has."""
    weights: Weights = "model"
    """`ema` takes the averaged weights instead of the trained ones."""
    ticks: tuple[Path, ...] | None = None
    """Paths of tensors, or of what contains them, that alone are considered; None for all."""
    choices: tuple[Choice, ...] = ()
    """Applied in order; if the first one keeps, everything else is left out."""
    match: str = ""
    """Address of a checkpoint; what does not fit its state_dict is left out."""
    renames: tuple[RenameRule, ...] = ()
    """Each is applied to the keys that the one before has made."""
    dtypes: tuple[DTypeRule, ...] = ()
    devices: tuple[DeviceRule, ...] = ()
    ownership: Ownership = "as_stored"
    """Whether tensors are Parameters in the file; of a pickled module, as state_dict() has them."""
    requires_grad: bool | None = None
    """None for what the file says."""
    container: Container = "state_dict"
    """`stored` keeps everything around the state_dict but what `omit` names."""
    wrap: str = ""
    """The key that the state_dict stands under; empty for a bare one."""
    omit: tuple[Omitted, ...] = OMITTED
    """Parts of a training run that `stored` leaves out."""
    extras: tuple[str, ...] = ()
    """Patterns over paths of other values to keep beside the state_dict, such as `epoch`."""
    stamp: bool = False
    """Say in the file when and from what it was made, with a hash of its content."""
    format: str = "torch-zip"
    """The name of a row in WRITERS."""
    max_shard_size: int = 0
    """Bytes of tensors in one file; 0 for one file, whatever its size."""
    tied: Tied = "split"
    """What becomes of tensors that share bytes in a format that cannot say so."""
