"""What a writer is: one file format that an export can make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from inspector.core.export.plan import Content, PlannedFile
from inspector.core.model import DType, Tensor

UNKNOWN_HASH = "this will be the hash of the content when all of it is written".ljust(64, ".")
"""Stands in a header for the hash, of the same length, until all bytes have been written."""

Fill = Callable[[Content], Iterable[bytes]]
"""Gives the bytes of a storage, block by block."""


class Output(Protocol):
    """A new file, written from its begin to its end."""

    @property
    def position(self) -> int:
        """Where the next byte goes."""
        ...

    @property
    def content_hash(self) -> str:
        """SHA-256 over the contents so far; empty if nobody asks for it."""
        ...

    def write(self, data: bytes) -> None:
        """Go on with these bytes."""
        ...

    def fill(self, content: Content, *, checksum: bool = False) -> int:
        """Go on with the bytes of a storage; return their CRC-32, zero if nobody asks for it."""
        ...

    def patch(self, position: int, data: bytes) -> None:
        """Replace bytes that were written before."""
        ...


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
    write: Callable[[Document, Output], None]
    shards: bool = False
    """There is a way to say that several files belong together."""


def with_hash(head: bytes, content_hash: str) -> bytes:
    """Return a header with the hash in its place."""
    return head.replace(UNKNOWN_HASH.encode(), content_hash.encode()) if content_hash else head
