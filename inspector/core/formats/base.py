"""What a reader is, and what it makes of a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from inspector.core.checkpoint import Locate, PickleDemands
from inspector.core.model import Finding, Node, Storage
from inspector.core.progress import Progress
from inspector.core.sources import Source


class Structure(NamedTuple):
    """What a reader found: everything but the meaning."""

    format: str
    """The name in the JSON contract; a reader of archives may find a special kind."""
    format_text: str
    root: Node
    storages: Mapping[str, Storage]
    locate: Locate
    findings: tuple[Finding, ...] = ()
    texts: Mapping[str, str] = {}
    demands: PickleDemands | None = None


class Reader(NamedTuple):
    """One on-disk format."""

    name: str
    label: str
    """For people, e.g. in the README's table of formats."""
    extensions: tuple[str, ...]
    """Endings that such files usually have; they never decide how a file is read."""
    accepts: Callable[[bytes, Source], bool]
    """Tell by the first bytes, and more of the source where they are not enough."""
    read: Callable[[Source, Progress], Structure]
