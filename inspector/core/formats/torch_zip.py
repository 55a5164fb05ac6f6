"""`torch.save` since torch 1.6: a zip archive of one pickle and one record per storage.

Layout: torch/serialization.py, `_save` and `_load`; the archive's own rules:
caffe2/serialize/inline_container.h. The records stand under one root folder, `<root>/data.pkl`,
`<root>/data/<key>`, `<root>/version`, `<root>/byteorder`.
"""

from __future__ import annotations

import struct

from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.torch_archive import TorchArchive
from inspector.core.formats.torch_pickle import PickleRun, make_tree, run_pickle
from inspector.core.model import Finding
from inspector.core.progress import Progress, part
from inspector.core.sources import Source, ZipIndex
from inspector.core.text import plural, size

_PICKLE = "data.pkl"
_STORAGES = "data/"


def _accepts(subject: Subject) -> bool:
    if subject.zip_damage is not None:
        return True  # cut off: `data.pkl` comes first, so there may be much to show
    return subject.records is not None and _PICKLE in subject.records


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    table = StorageTable(subject.prefix)
    records = subject.records
    if records is None:
        records, run = _salvage(subject, table, progress)
        damage = [_cut_finding(records, table, subject)]
    else:
        report = part(progress, 0.8, 0.85)
        subject.charge(records.size(_PICKLE))
        run = run_pickle(records.open(_PICKLE), 0, table, part(progress, 0.1, 0.8))
        damage = records.findings(subject.path) + records.root_findings(subject.path, report)
        damage += records.storage_findings(table, subject.path, _STORAGES, progress=report)
    tree, findings = make_tree(run, subject.path, part(progress, 0.85, 1.0))
    version = records.version
    return Structure(
        "torch-zip",
        f"torch zip{f' v{version}' if version else ''}",
        tree,
        table.storages,
        records.locate(table.prefix, _STORAGES),
        (*damage, *findings),
        demands=run.demands,
        byte_order=records.byte_order,
        checksum=records.checksum(table.prefix, _STORAGES),
        directories=records.index.directories,
        arrays=run.arrays,
    )


def _salvage(
    subject: Subject, table: StorageTable, progress: Progress
) -> tuple[TorchArchive, PickleRun]:
    """Return the whole records and the pickle of an archive whose end is missing.

    torch writes `data.pkl` first, so the structure is whole unless nearly everything is lost.
    """
    source: Source = subject.source
    assert subject.zip_damage is not None
    name_len, extra_len = struct.unpack_from("<HH", subject.head.ljust(30, b"\0"), 26)
    name = subject.head[30 : 30 + name_len].decode("utf-8", "replace")
    compressed = subject.head[8:10] != b"\0\0"
    start = 30 + name_len + extra_len
    if name.rpartition("/")[2] != _PICKLE or compressed or start >= source.size:
        raise subject.zip_damage
    folder = name.removesuffix(_PICKLE)
    run = run_pickle(source, start, table, part(progress, 0.1, 0.8))
    sizes = {
        folder + _STORAGES + key.removeprefix(table.prefix): storage.nbytes
        for key, storage in table.storages.items()
    }
    index = ZipIndex.salvage(source, {name: run.position - start, **sizes})
    return TorchArchive(index, folder), run


def _cut_finding(records: TorchArchive, table: StorageTable, subject: Subject) -> Finding:
    whole = sum(_STORAGES + key.removeprefix(table.prefix) in records for key in table.storages)
    there = f"the values of only {whole}" if whole else "no values"
    message = (
        f"The file is cut off after {size(subject.source.size)}: the structure is whole, but "
        f"{there} of {plural(len(table.storages), 'storage')} are there. "
        "torch.load cannot read it; copy or download it again."
    )
    return Finding("truncated", "error", message, subject.path)


READER = Reader(
    "torch-zip",
    "torch.save since 1.6 (zip)",
    (".pt", ".pth", ".bin", ".ckpt", ".pth.tar", ".th", ".model"),
    _accepts,
    _read,
)
