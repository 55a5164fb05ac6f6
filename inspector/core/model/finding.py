"""Something wrong with a checkpoint, or worth knowing about it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from inspector.core.model.path import Path

Severity = Literal["info", "warning", "error"]
RANKS: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
"""The worst first."""


class Finding(NamedTuple):
    """One observation, in a plain sentence."""

    code: str
    """A stable, hyphenated name for programs, e.g. `missing-storage`."""
    severity: Severity
    message: str
    path: Path = ()
    """The node that it is about; empty for the whole file."""
