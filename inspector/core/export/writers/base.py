"""What a writer is: one file format that an export can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from inspector.core.export.plan import Content, PlannedFile
from inspector.core.model import DType, Tensor

UNKNOWN_HASH = "this will be the hash of the content when all of it is written".ljust(64, ".")
"""Stands in a header for the hash, of the same length, until all bytes have been written."""


class Output(Protocol):
    """A new file, written from its begin to its end."""

    @property
    def position(self) -> int:
        """Where the next byte goes."""
        ...

    def write(self, data: bytes) -> None:
        """Go on with these bytes."""
        ...

    def fill(self, content: Content) -> None:
        """Go on with the bytes of a storage; they are asked for in the order of the plan."""
        ...

    def patch(self, position: int, data: bytes) -> None:
        """Replace bytes that were written before."""
        ...


class Sums(NamedTuple):
    """What is known when all contents were written, read again and compared."""

    crcs: tuple[int, ...]
    """The CRC-32 of each content."""
    content_hash: str = ""
    """SHA-256 over all contents; empty if nobody asks for it."""


Finish = Callable[[Sums], None]
"""Writes what depends on the content: checksums, the hash, a directory at the end."""


class Document(NamedTuple):
    """What goes into one file."""

    file: PlannedFile
    metadata: Mapping[str, Any]
    """What formats say that hold tensors only, and texts about them."""
    name: str = "archive"


class Writer(NamedTuple):
    """One format."""

    name: str
    """The name of its reader, which the JSON contract uses too."""
    label: str
    extensions: tuple[str, ...]
    """The first is for new files without one."""
    shares: bool
    """Tensors may share bytes, have any stride, and lie on devices."""
    objects: bool
    """There may be values beside the tensors."""
    refuses: Callable[[Tensor, DType], str]
    """Why a tensor cannot be written as a dtype; empty if it can."""
    write: Callable[[Document, Output], Finish]
    shards: bool = False
    """There is a way to say that several files belong together."""


def with_hash(head: bytes, content_hash: str) -> bytes:
    """Return a header with the hash in its place."""
    return head.replace(UNKNOWN_HASH.encode(), content_hash.encode()) if content_hash else head
