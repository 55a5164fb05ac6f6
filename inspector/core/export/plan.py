"""What an export will do, exactly: every tensor with its source and its place in the new file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from inspector.core.export.recipe import Recipe
from inspector.core.model import DType, Finding, Node, Path, Storage, Tensor

DropReason = Literal[
    "not-chosen",  # by ticks, include and exclude
    "does-not-fit",  # the target has no such key, or another shape
    "duplicate",  # the same bytes stand under another key, and the format cannot share them
    "collision",  # another tensor has the same new key
    "not-supported",  # the format, or this program, cannot write it
    "omitted",  # a part of the training run
    "damaged",  # its bytes are not in the file
]


class Row(NamedTuple):
    """One tensor of the new file."""

    source: Path
    """Its path in the checkpoint."""
    target: Path
    """Its path in the new file."""
    key: str
    """Its key in the new state_dict; empty for a tensor beside it."""
    stored: Tensor
    """As the checkpoint has it."""
    made: Tensor
    """As the new file will have it, on a storage of that file."""
    file: int = 0
    """Which file of a sharded set it stands in."""
    tied: bool = False
    """True if a row before it brings the bytes already."""

    @property
    def dtype(self) -> DType:
        """The element type in the new file."""
        return self.made.dtype

    @property
    def device(self) -> str:
        """The location tag in the new file."""
        return self.made.device

    @property
    def nbytes(self) -> int:
        """Bytes that it adds to the new file: none for a tied tensor, and on `meta`."""
        return 0 if self.tied or self.made.device == "meta" else self.made.nbytes

    @property
    def is_cast(self) -> bool:
        """True if its values are converted."""
        return self.made.dtype != self.stored.dtype


class Dropped(NamedTuple):
    """A tensor or value that the new file will not have."""

    source: Path
    reason: DropReason
    message: str
    """Why, in a sentence; empty where nobody would ask."""


class Content(NamedTuple):
    """The bytes of one storage of the new file: what they are made of."""

    storage: Storage
    """In the new file."""
    view: Tensor
    """The elements in the checkpoint, to be written in their own order."""
    dtype: DType
    """What they become; the values stay bit by bit where it is that of `view`."""


class PlannedFile(NamedTuple):
    """One file: what is in it, and the bytes that it needs."""

    suffix: str
    """What distinguishes its name in a sharded set, e.g. `-00001-of-00003`."""
    root: Node
    """The object in it; its tensors are described on the new storages."""
    contents: tuple[Content, ...]
    """In the order in which they are written."""

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(content.storage.nbytes for content in self.contents)


@dataclass(frozen=True)
class Plan:
    """A recipe applied to a checkpoint; nothing has been written, and no value read."""

    recipe: Recipe
    at: Path
    """Where the state_dict is that the rows come from."""
    rows: tuple[Row, ...]
    dropped: tuple[Dropped, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What is worth knowing; one of severity `error` means that nothing can be written."""
    files: tuple[PlannedFile, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The stamp, but for the hash, which is known when all bytes have been written."""

    @property
    def possible(self) -> bool:
        """False if there are errors."""
        return all(finding.severity != "error" for finding in self.findings)

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors in the new files."""
        return sum(file.nbytes for file in self.files)


class Loss(NamedTuple):
    """What casting does to the values of one tensor."""

    row: Row
    overflow: int
    """Finite values that become infinite or NaN, or are cut to the largest there is."""
    underflow: int
    """Values other than zero that become zero."""


class Mismatch(NamedTuple):
    """A key that both sides have, with two shapes or dtypes."""

    key: str
    ours: tuple[int, ...] | str
    theirs: tuple[int, ...] | str


class Fit(NamedTuple):
    """What `load_state_dict` of the target would say about the keys of a plan."""

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    """Keys of the target that the plan does not have."""
    unexpected: tuple[str, ...]
    """Keys of the plan that the target does not have."""
    mismatched: tuple[Mismatch, ...]
    """Same key, another shape: an error even with strict=False."""
    dtypes: tuple[Mismatch, ...]
    """Same key, another dtype: load_state_dict casts while it copies."""

    @property
    def strict(self) -> bool:
        """True if strict=True loads it."""
        return not (self.missing or self.unexpected or self.mismatched)

    @property
    def lenient(self) -> bool:
        """True if strict=False loads it."""
        return not self.mismatched


class Exported(NamedTuple):
    """What was written."""

    paths: tuple[str, ...]
    """The files; of a sharded set the index is the last."""
    nbytes: int
    """Of all files together."""
    content_hash: str = ""
    """SHA-256 over the bytes of all storages in the order of the file, if there is a stamp."""
    findings: tuple[Finding, ...] = ()
    """Storages of the source that are not as their file says: their bytes went over as they are."""
