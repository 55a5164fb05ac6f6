"""`torch.save` from 0.1.10 to 1.5, and later with `_use_new_zipfile_serialization=False`.

Five pickles in a row, then the storages (torch/serialization.py, `_legacy_save`, `_legacy_load`):
magic number; protocol version 1001; `{protocol_version, little_endian, type_sizes}`; the object;
the keys of the storages in the order of their data. For each key: the number of elements, 8 bytes,
then the bytes, without any alignment.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from inspector.core.checkpoint import ByteOrder
from inspector.core.errors import Damaged, SourceError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.pickling.standins import Global, PickledDict
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.torch_pickle import PickleRun, make_tree, run_pickle
from inspector.core.model import DType, Finding, Storage
from inspector.core.progress import Progress, part, silent
from inspector.core.sources import Source, read_exactly
from inspector.core.text import plural, printable

MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
"""The pickle of the magic number, protocol 2, to its STOP."""

_COUNT = 8  # bytes of the element count in front of a storage
_CHECKED = 4096  # counts that are read at once; the others when their storage is


def _accepts(subject: Subject) -> bool:
    return subject.head.startswith(MAGIC)


class _LegacyStorages(StorageTable):
    """Knows the second kind of persistent id: the class of a pickled nn.Module with its source."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix)
        self.texts: dict[str, str] = {}
        self.numels: dict[str, int] = {}
        """Elements of each storage, which the stream states again in front of its bytes."""

    def storage(self, dtype: DType, key: str, device: str, numel: int) -> Storage:
        """Keep the number of elements besides."""
        self.numels[self.prefix + key] = numel
        return super().storage(dtype, key, device, numel)

    def many(
        self, dtypes: list[DType], keys: list[str], devices: list[str], numels: list[int]
    ) -> list[Storage]:
        """Keep the numbers of elements besides."""
        self.numels.update(zip((self.prefix + key for key in keys), numels, strict=True))
        return super().many(dtypes, keys, devices, numels)

    def persistent_load(self, persistent_id: Any) -> Any:
        """Return the class of `('module', class, file, source text)`, storages as usual."""
        if type(persistent_id) is not tuple or persistent_id[:1] != ("module",):
            return super().persistent_load(persistent_id)
        cls, _, text = (*persistent_id[1:], None, None, None)[:3]
        if type(cls) is Global and type(text) is str:
            self.texts[cls.text] = text
        return cls


class Stream(NamedTuple):
    """A legacy stream, read up to its storages."""

    source: Source
    run: PickleRun
    table: _LegacyStorages
    offsets: dict[str, int]
    """Where the bytes of each storage begin."""
    findings: tuple[Finding, ...]
    byte_order: ByteOrder

    def locate(self, storage: Storage) -> tuple[Source, int]:
        """Return where the bytes of a storage begin; raises SourceError if they are not there."""
        uri, offset = self.source.uri, self.offsets.get(storage.key)
        if offset is None:
            raise SourceError(
                f"{uri} does not have the values: storage {storage.key!r} is missing in it.",
                "It is cut off; copy or download it again.",
            )
        count = self.stated_count(offset)
        if count != self.table.numels[storage.key]:
            raise SourceError(
                f"{uri}: storage {storage.key!r} should have {self.table.numels[storage.key]} "
                f"elements, but {count} are announced in front of its bytes.",
                "The file is damaged from there on; copy or download it again.",
            )
        return self.source, offset

    def stated_count(self, offset: int) -> int:
        """Return the number of elements that stands in front of the bytes at `offset`."""
        what = "the length of a storage"
        data = read_exactly(self.source, offset - _COUNT, _COUNT, what)
        return int.from_bytes(data, "little", signed=True)

    def wrong_counts(self) -> list[str]:
        """Return the first storages whose announced length is not that of the pickle."""
        return [
            key
            for key, offset in itertools.islice(self.offsets.items(), _CHECKED)
            if offset <= self.source.size and self.stated_count(offset) != self.table.numels[key]
        ]


def read_stream(source: Source, progress: Progress = silent, prefix: str = "") -> Stream:
    """Read a legacy stream; `prefix` sets its storage keys apart from those of other streams."""
    protocol = run_pickle(source, len(MAGIC))
    if protocol.value != 1001:
        raise Damaged(f"{source.uri}: legacy torch files have protocol 1001, not the one given.")
    system = run_pickle(source, protocol.position)
    table = _LegacyStorages(prefix)
    run = run_pickle(source, system.position, table, progress)
    findings: list[Finding] = []
    offsets: dict[str, int] = {}
    try:
        keys = run_pickle(source, run.position)
        offsets, end = _offsets(keys.value, keys.position, table, prefix)
        findings += _storage_findings(table, offsets, end, source)
    except Damaged:
        message = "The file ends before its storages: the structure is whole, all values are lost."
        findings.append(Finding("truncated", "error", message))
    big = isinstance(system.value, PickledDict) and _is_big_endian(system.value)
    if big:
        message = "The numbers are stored in big-endian byte order."
        findings.append(Finding("big-endian", "info", message))
    findings += table.findings(())
    order: ByteOrder = "big" if big else "little"
    stream = Stream(source, run, table, offsets, tuple(findings), order)
    wrong = stream.wrong_counts()
    if wrong:
        names = ", ".join(printable(key, 40) for key in wrong[:5])
        message = (
            f"The length in front of {plural(len(wrong), 'storage')} is not the one that the "
            f"pickle states: {names}. Their values, and those behind them, cannot be trusted."
        )
        finding = Finding("storage-size", "error", message)
        return stream._replace(findings=(*stream.findings, finding))
    return stream


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    source = subject.source
    stream = read_stream(source, part(progress, 0.0, 0.8), subject.prefix)
    tree, findings = make_tree(stream.run, subject.path)
    return Structure(
        "torch-legacy",
        "torch legacy",
        tree,
        stream.table.storages,
        stream.locate,
        (*findings, *(finding._replace(path=subject.path) for finding in stream.findings)),
        stream.table.texts,
        stream.run.demands,
        stream.byte_order,
        arrays=stream.run.arrays,
    )


def _offsets(
    keys: Any, position: int, table: StorageTable, prefix: str
) -> tuple[dict[str, int], int]:
    """Return where the bytes of each storage begin, and where the last one ends."""
    offsets = {}
    for key in keys if type(keys) is list else ():
        known = type(key) in (str, int)
        storage = table.storages.get(f"{prefix}{key}") if known else None
        if storage is not None:
            offsets[storage.key] = position + _COUNT
            position += _COUNT + storage.nbytes
    return offsets, position


def _storage_findings(
    table: StorageTable, offsets: dict[str, int], end: int, source: Source
) -> list[Finding]:
    findings = []
    lost = [
        key
        for key, storage in table.storages.items()
        if key not in offsets or offsets[key] + storage.nbytes > source.size
    ]
    if lost:
        message = (
            f"The file ends at byte {source.size}, but its storages at {end}: it is cut off. "
            f"The values of {plural(len(lost), 'storage')} of {len(table.storages)} are lost."
        )
        findings.append(Finding("truncated", "error", message))
    elif end < source.size:
        message = f"{plural(source.size - end, 'byte')} behind the last storage belong to nothing."
        findings.append(Finding("trailing-bytes", "warning", message))
    return findings


def _is_big_endian(facts: PickledDict) -> bool:
    pairs = facts.pairs
    return any(
        pairs[i] == "little_endian" and pairs[i + 1] is False for i in range(0, len(pairs), 2)
    )


READER = Reader(
    "torch-legacy",
    "torch.save before 1.6 (legacy stream)",
    (".pt", ".pth", ".bin", ".th", ".pth.tar", ".model"),
    _accepts,
    _read,
)
