"""What a reader is, what it is asked about, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from inspector.core.checkpoint import ByteOrder, Checksum, Locate, PickleDemands, no_checksum
from inspector.core.errors import Damaged
from inspector.core.formats.pickling.arrays import ArrayPlace
from inspector.core.formats.torch_archive import TorchArchive
from inspector.core.model import Finding, Key, Node, Path, Storage
from inspector.core.progress import Progress, part, silent
from inspector.core.sources import Inflated, Source, TarIndex, ZipIndex

_HEAD = 4096  # bytes that tell every format apart
_MAX_NESTING = 5  # `.tar.gz` in a zip, with torch zips inside: four
_LONG = 16 << 20  # bytes that take long enough to inflate that one may want to cancel
_MAX_MEMBERS = 2000  # structures inside one file, over all its archives
# Bytes of pickle that one file may hold, however often it is compressed: a stream takes up to two
# hundred times its size in memory, and the streams of real checkpoints compress to a fifth.
_MAX_STREAMS = 2 << 20
_MAX_GROWTH = 16


class _Budget:
    """What the parts of one file may cost together."""

    def __init__(self, size: int) -> None:
        self.members = _MAX_MEMBERS
        self.streams = max(_MAX_STREAMS, _MAX_GROWTH * size)


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
    byte_order: ByteOrder = "little"
    """How the numbers in the storages are stored."""
    checksum: Checksum = no_checksum
    directories: tuple[dict[Any, Any], ...] = ()
    """As in `Checkpoint`."""
    arrays: Mapping[str, ArrayPlace] = {}
    """Where the bytes of numpy arrays are; `locate` need not know them."""


class Subject:
    """A source that looks for its reader: the whole file, or a member of an archive."""

    def __init__(
        self, source: Source, read: Callable[[Subject, Progress], Structure], path: Path = ()
    ) -> None:
        self.source = source
        self.path = path
        """Where its tree stands in the tree of the whole file."""
        self._read = read
        self._depth = 0
        self._budget = _Budget(source.size)  # shared by all subjects of a file
        self.report: Progress = silent
        """Told of what has to be read before a reader is found."""

    def inside(self, source: Source, *keys: Key) -> Subject:
        """Return a part of this subject whose tree stands at `keys`; raises Damaged if too many."""
        subject = Subject(source, self._read, (*self.path, *keys))
        subject._depth = self._depth + 1
        subject._budget = self._budget
        self._budget.members -= 1
        if subject._depth > _MAX_NESTING or self._budget.members < 0:
            what = (
                f"more than {_MAX_NESTING} archives stand one inside the other"
                if subject._depth > _MAX_NESTING
                else f"it holds more than {_MAX_MEMBERS} checkpoints"
            )
            raise Damaged(f"{source.uri} is not opened: {what}.", "Unpack it and open it alone.")
        return subject

    def charge(self, nbytes: int) -> None:
        """Account for the bytes of a pickle; raises Damaged when all together are too many."""
        self._budget.streams -= nbytes
        if self._budget.streams < 0:
            raise Damaged(
                f"{self.source.uri} is not opened: its pickles inflate to more than {_MAX_GROWTH} "
                "times the size of the file, as in files made to fill up memory.",
                "If you trust it, unpack it first, then open what is inside.",
            )

    def read(self, progress: Progress) -> Structure:
        """Have the reader of its format read it; raises InspectorError."""
        if isinstance(self.source, Inflated) and self.source.size > _LONG:
            self.source.measure(part(progress, 0.0, 0.8))
            progress = part(progress, 0.8, 1.0)
        return self._read(self, progress)

    @property
    def key(self) -> Key:
        """The key of its tree's root: empty for a whole file."""
        return self.path[-1] if self.path else ""

    @property
    def prefix(self) -> str:
        """What stands in front of its storages' keys, so that no two in a file are the same."""
        return "".join(f"{key}/" for key in self.path)

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        return self.source.read_at(0, _HEAD)

    @cached_property
    def _directory(self) -> ZipIndex | Damaged | None:
        if self.head[:4] != b"PK\x03\x04":  # torch's own rule: `_is_zipfile`
            return None
        try:
            return ZipIndex.read_directory(self.source, self.report)
        except Damaged as damage:
            return damage

    @property
    def zip(self) -> ZipIndex | None:
        """The archive's directory, if it is a zip archive with one."""
        return self._directory if isinstance(self._directory, ZipIndex) else None

    @property
    def zip_damage(self) -> Damaged | None:
        """Why a zip archive has no directory."""
        return self._directory if isinstance(self._directory, Damaged) else None

    @cached_property
    def records(self) -> TorchArchive | None:
        """The records of a zip archive that torch wrote, whichever of its writers it was."""
        return TorchArchive.find(self.zip) if self.zip else None

    @cached_property
    def tar(self) -> TarIndex | None:
        """The members, if it is a tar archive."""
        return TarIndex.read(self.source) if TarIndex.accepts(self.head) else None


class Reader(NamedTuple):
    """One on-disk format."""

    name: str
    label: str
    """For people, e.g. in the README's table of formats."""
    extensions: tuple[str, ...]
    """Endings that such files usually have; they never decide how a file is read."""
    accepts: Callable[[Subject], bool]
    """Tell by the first bytes, and more of the source where they are not enough."""
    read: Callable[[Subject, Progress], Structure]
