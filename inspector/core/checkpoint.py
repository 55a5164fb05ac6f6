"""An open checkpoint: its tree, its bytes within reach, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from inspector.core.errors import SourceError
from inspector.core.model import Finding, Node, Storage, Totals
from inspector.core.recognition import Recognition
from inspector.core.sources import Source, read_exactly

Locate = Callable[[Storage], tuple[Source, int]]
"""Return where the first byte of a storage lies: in which source, and at which offset."""
Checksum = Callable[[Storage], int | None]
"""Return the CRC-32 of a storage's bytes as its file states it, None where it does not."""
ByteOrder = Literal["little", "big"]


def no_checksum(storage: Storage) -> None:
    """Return nothing: the checksum of formats that carry none."""


class PickleDemands(NamedTuple):
    """What the main pickle of a checkpoint asks of the program that loads it."""

    protocol: int
    globals: Mapping[tuple[str, str], int]
    """Module and name of everything that it would import, and how often it says so."""
    opcodes: frozenset[int]
    """The opcodes that occur, but for the few that every torch pickle has."""


@dataclass(frozen=True)
class Checkpoint:
    """What a reader made of a source; close it, or use it in a `with` statement."""

    source: Source
    format: str
    """The reader's name, e.g. `torch-zip`."""
    format_text: str
    """The same for people, with the version where the file carries one."""
    root: Node
    totals: Mapping[int, Totals]
    """How much lies under each node that has children, by `id(node)`."""
    storages: Mapping[str, Storage]
    """Every storage that the structure names, by key."""
    locate: Locate
    """Raises InspectorError for a storage whose bytes are not there."""
    recognition: Recognition
    findings: tuple[Finding, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """Source code that the file carries, by class name."""
    demands: PickleDemands | None = None
    """None where nothing is pickled."""
    byte_order: ByteOrder = "little"
    """How the numbers in the storages are stored."""
    checksum: Checksum = no_checksum
    directories: tuple[dict[Any, Any], ...] = ()
    """What lists where everything lies; no bytes are found any more once they are emptied."""
    storages_alone: bool = False
    """True if it is known that every tensor has a storage of its own and uses all of it."""

    def read(self, storage: Storage, start: int, stop: int) -> bytes:
        """Return the bytes `start`..`stop` of a storage; raises SourceError if there are none."""
        if not 0 <= start <= stop <= storage.nbytes:
            raise SourceError(
                f"{self.source.uri}: storage {storage.key!r} has {storage.nbytes} bytes; "
                f"{start} to {stop} was asked for."
            )
        source, offset = self.locate(storage)
        return read_exactly(source, offset + start, stop - start, f"storage {storage.key!r}")

    def close(self) -> None:
        """Close the source; the tree stays usable."""
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
