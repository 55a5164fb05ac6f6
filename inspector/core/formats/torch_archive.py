"""The zip archives of torch: records under one root folder.

`torch.save`, `torch.jit.save`, `torch.export.save` and `PackageExporter` all write through
PyTorchStreamWriter; its rules stand in caffe2/serialize/inline_container.h and .cc.
"""

from __future__ import annotations

from itertools import repeat
from typing import Self

from inspector.core.checkpoint import ByteOrder, Checksum, Locate
from inspector.core.errors import InspectorError, SourceError
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.model import Finding, Path, Storage
from inspector.core.progress import Progress, batches, paced, silent
from inspector.core.sources import Source, ZipIndex
from inspector.core.text import plural, printable

_MANY = 5  # findings of one sort that are listed one by one
# One of these is in every archive: of torch.save and TorchScript, of torch.export in its two
# outer forms, of torch.package, of TorchScript 1.0 to 1.2.
_MARKERS = (
    "data.pkl",
    "archive_format",
    "serialized_exported_program.json",
    ".data/extern_modules",
    "model.json",
)
_PICKLE = _MARKERS[0]


class TorchArchive:
    """Records by their names without the root folder."""

    def __init__(self, index: ZipIndex, folder: str) -> None:
        self.index = index
        self.folder = folder
        """With the slash at its end; empty if the records stand at the top."""

    @classmethod
    def find(cls, index: ZipIndex) -> Self | None:
        """Return the records of an archive; None if torch did not write it."""
        # torch takes the folder of the first member (inline_container.cc, `init`).
        first = next(iter(index.members), "").partition("/")[0] + "/"
        for folder in (first, ""):
            if any(folder + marker in index.members for marker in _MARKERS):
                return cls(index, folder)
        # Packed again by hand: below some other folder.
        for name in index.members:
            if name.endswith("/" + _PICKLE):
                return cls(index, name.removesuffix(_PICKLE))
        return None

    def __contains__(self, record: str) -> bool:
        return self.folder + record in self.index.members

    def names(self, under: str = "") -> list[str]:
        """Return the names of all records that begin with `under`, in stored order."""
        start = len(self.folder)
        return [
            name[start:]
            for name in self.index.members
            if name.startswith(self.folder + under) and not name.endswith("/")
        ]

    def size(self, record: str) -> int:
        return self.index.members[self.folder + record].size

    def open(self, record: str) -> Source:
        """Return a record as a source; raises InspectorError if it cannot be read."""
        return self.index.open(self.folder + record)

    def text(self, record: str) -> str:
        """Return a record of one short word, such as `version`; empty if it cannot be had."""
        member = self.index.members.get(self.folder + record)
        if member is None or member.size > 64:
            return ""
        try:
            return self.index.read(self.folder + record).decode("ascii", "replace").strip()
        except InspectorError:
            return ""  # the content matters, not what is said about it

    @property
    def version(self) -> str:
        """The version of the archive format."""
        return self.text("version") or self.text(".data/version")

    @property
    def byte_order(self) -> ByteOrder:
        """How the numbers are stored; archives before torch 2.1 do not say it."""
        return "big" if self.text("byteorder") == "big" else "little"

    def locate(self, prefix: str, start: str, end: str = "") -> Locate:
        """Return a function that finds storage `<prefix>key` in record `<start>key<end>`."""

        def locate(storage: Storage) -> tuple[Source, int]:
            record = start + storage.key.removeprefix(prefix) + end
            if record not in self:
                raise SourceError(
                    f"{self.index.uri} does not have the values: {printable(record)} is missing "
                    "in it.",
                    "It is cut off or was put together wrongly; copy or download it again.",
                )
            return self.open(record), 0

        return locate

    def checksum(self, prefix: str, start: str) -> Checksum:
        """Return a function that tells what the directory says of storage `<prefix>key`."""

        def checksum(storage: Storage) -> int | None:
            member = self.index.members.get(self.folder + start + storage.key.removeprefix(prefix))
            if member is None:
                return None
            # Zero is what torch writes when it was told not to compute checksums. Of no bytes it is
            # their checksum.
            return member.crc if member.crc or not member.size else None

        return checksum

    def findings(self, path: Path) -> list[Finding]:
        """Return what is odd about the archive as a whole."""
        findings = archive_findings(self.index, path)
        if self.byte_order == "big":
            message = "The numbers are stored in big-endian byte order."
            findings.append(Finding("big-endian", "info", message, path))
        return findings

    def root_findings(self, path: Path, progress: Progress = silent) -> list[Finding]:
        """Return what torch.load or torch.jit.load would refuse about the root folder."""
        findings = []
        names, outer = self.index.members, self.folder.partition("/")[0] + "/"
        if self.folder and not _begin_with(list(names), outer, progress):
            roots = {name.partition("/")[0] for name in names}
            message = (
                f"{plural(len(roots), 'root folder')} in the archive; torch.load would refuse it. "
                f"Shown is {printable(self.folder.rstrip('/'), 60)!r}."
            )
            findings.append(Finding("several-roots", "warning", message, path))
        if self.folder.count("/") != 1:
            where = "in a folder of a folder" if self.folder else "in no folder"
            message = f"The records stand {where}; torch.load would refuse the archive."
            findings.append(Finding("no-root", "warning", message, path))
        return findings

    def storage_findings(
        self,
        table: StorageTable,
        path: Path,
        start: str,
        end: str = "",
        *,
        progress: Progress = silent,
    ) -> list[Finding]:
        """Hold the storages that a pickle names against the records `<start>key<end>`."""
        members = self.index.members
        missing, wrong = [], []
        start = self.folder + start
        skipped = len(table.prefix)
        for key, storage in paced(table.storages.items(), progress):
            member = members.get(start + key[skipped:] + end)
            if member is None:
                missing.append(key)
            elif member.size != storage.nbytes:
                wrong.append(f"{key} has {member.size} bytes instead of {storage.nbytes}")
        findings = []
        if missing:
            names = ", ".join(printable(key, 40) for key in missing[:_MANY])
            message = f"{plural(len(missing), 'storage')} not in the archive: {names}. "
            message += "The tensors on top of them have no values."
            findings.append(Finding("missing-storage", "error", message, path))
        if wrong:
            listed = "; ".join(printable(text, 80) for text in wrong[:_MANY])
            message = f"{plural(len(wrong), 'storage')} of the wrong size: {listed}."
            findings.append(Finding("storage-size", "error", message, path))
        findings += table.findings(path)
        return findings


def _begin_with(names: list[str], start: str, progress: Progress) -> bool:
    for some in batches(names):
        progress(0.5)
        if not all(map(str.startswith, some, repeat(start))):
            return False
    return True


def archive_findings(index: ZipIndex, path: Path) -> list[Finding]:
    """Return what is odd about a zip archive, whoever wrote it."""
    findings = []
    if index.duplicates:
        names = ", ".join(printable(name, 60) for name in sorted(set(index.duplicates))[:_MANY])
        message = (
            f"Ambiguous archive: it holds {names} more than once (torch ignores upper and lower "
            "case). Other programs may read another one than is shown here."
        )
        findings.append(Finding("ambiguous-archive", "error", message, path))
    if index.shifted:
        message = (
            "There are bytes between the archive's directory and its end record, or in front of "
            "the archive: other programs may see other content."
        )
        findings.append(Finding("shifted-archive", "warning", message, path))
    return findings
