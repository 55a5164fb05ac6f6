"""What there is to know before a checkpoint is loaded elsewhere."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.recognition import Part


class WeightsOnly(NamedTuple):
    """What `torch.load(file, map_location="cpu")` does since 2.6, where `weights_only` is True."""

    loads: bool
    refused: tuple[str, ...] = ()
    """The globals that are not on torch's list, as `module.name`, in order of appearance."""
    reasons: tuple[str, ...] = ()
    """Why not, in sentences; empty if it loads."""


class Resume(NamedTuple):
    """What there is of all that training goes on from."""

    present: tuple[Part, ...]
    missing: tuple[str, ...]
    """Roles, as `Part` names them."""


class Loading(NamedTuple):
    """All that the Loading tab shows."""

    weights_only: WeightsOnly
    classes: tuple[str, ...]
    """Everything outside of torch and Python that unpickling imports, as `module.name`."""
    devices: tuple[str, ...]
    """Where the storages were, as tagged."""
    notes: tuple[str, ...]
    code: str
    """Python that loads the file right, as far as that can be known."""
    resume: Resume | None
    """None where nothing of a training run is there."""
