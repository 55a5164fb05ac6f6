"""`torch.save` since torch 1.6: a zip archive of one pickle and one record per storage.

Layout: torch/serialization.py, `_save` and `_load`; the archive's own rules:
caffe2/serialize/inline_container.h. The records stand under one root folder, `<root>/data.pkl`,
`<root>/data/<key>`, `<root>/version`, `<root>/byteorder`.
"""

from __future__ import annotations

import struct

from inspector.core.errors import Damaged, SourceError, UnknownFormat
from inspector.core.formats.base import Reader, Structure
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.torch_pickle import PickleRun, make_tree, run_pickle
from inspector.core.model import Finding, Storage
from inspector.core.progress import Progress, part
from inspector.core.sources import Bytes, Section, Source
from inspector.core.sources.zip_index import ZipIndex
from inspector.core.text import plural, printable, size

_MANY = 5  # findings of one sort that are listed one by one


def _accepts(head: bytes, source: Source) -> bool:
    return head[:4] == b"PK\x03\x04"  # torch's own rule: `_is_zipfile`


def _read(source: Source, progress: Progress) -> Structure:
    progress(0.0, "Reading the archive's directory")
    table = StorageTable()
    try:
        index = ZipIndex.read_directory(source)
    except Damaged as error:
        root, run, index = _salvage(source, table, progress, error)
        damage = [_cut_finding(index, root, table, source)]
    else:
        root = _root(index, source)
        progress(0.1, "Reading the structure")
        stream = _record(index, source, f"{root}/data.pkl")
        run = run_pickle(stream, 0, table, part(progress, 0.1, 0.8))
        damage = [*_archive_findings(index, root), *_storage_findings(index, root, table)]
    tree, findings = make_tree(run)
    script = f"{root}/constants.pkl" in index.members
    if script:
        message = "TorchScript: its attributes are shown; constants and code are not read yet."
        findings.append(Finding("torchscript", "info", message))
    if _small_text(index, f"{root}/byteorder") == "big":
        message = "The numbers are stored in big-endian byte order."
        findings.append(Finding("big-endian", "info", message))

    def locate(storage: Storage) -> tuple[Source, int]:
        name = f"{root}/data/{storage.key}"
        if name not in index.members:
            raise SourceError(f"{source.uri}: storage {storage.key!r} is not in the archive.")
        return _record(index, source, name), 0

    version = _small_text(index, f"{root}/version")
    return Structure(
        "torchscript" if script else "torch-zip",
        f"{'TorchScript' if script else 'torch zip'}{f' v{version}' if version else ''}",
        tree,
        table.storages,
        locate,
        (*damage, *findings),
        demands=run.demands,
    )


def _salvage(
    source: Source, table: StorageTable, progress: Progress, error: Damaged
) -> tuple[str, PickleRun, ZipIndex]:
    """Return root, pickle and whole records of an archive whose end is missing.

    torch writes `data.pkl` first, so the structure is whole unless nearly everything is lost.
    """
    head = source.read_at(0, 4096)
    name_len, extra_len = struct.unpack_from("<HH", head.ljust(30, b"\0"), 26)
    name = head[30 : 30 + name_len].decode("utf-8", "replace")
    compressed = head[8:10] != b"\0\0"
    root, _, record = name.rpartition("/")
    start = 30 + name_len + extra_len
    if record != "data.pkl" or compressed or start >= source.size:
        raise error
    run = run_pickle(source, start, table, part(progress, 0.1, 0.8))
    sizes = {f"{root}/data/{key}": storage.nbytes for key, storage in table.storages.items()}
    return root, run, ZipIndex.salvage(source, {name: run.position - start, **sizes})


def _cut_finding(index: ZipIndex, root: str, table: StorageTable, source: Source) -> Finding:
    whole = sum(f"{root}/data/{key}" in index.members for key in table.storages)
    message = (
        f"The file is cut off after {size(source.size)}: the structure is whole, but the values of "
        f"only {whole} of {plural(len(table.storages), 'storage')} are there. "
        "torch.load cannot read it; copy or download it again."
    )
    return Finding("truncated", "error", message)


def _root(index: ZipIndex, source: Source) -> str:
    """Return the folder that holds the records; raises UnknownFormat if it is no checkpoint."""
    # torch takes the folder of the first member (inline_container.cc, `init`).
    first = next(iter(index.members), "").partition("/")[0]
    folders = {name.partition("/")[0] for name in index.members if name.endswith("/data.pkl")}
    if f"{first}/data.pkl" in index.members:
        return first
    if len(folders) == 1:
        (folder,) = folders
        if f"{folder}/data.pkl" in index.members:
            return folder
    names = [name for name in index.members if not name.endswith("/")]
    raise UnknownFormat(f"{source.uri} is {_archive_kind(names)}.", _archive_hint(names))


def _archive_kind(names: list[str]) -> str:
    ends = {name.partition("/")[2] or name for name in names}
    if "archive_format" in ends or "serialized_exported_program.json" in names:
        return "a program saved by torch.export, which this version does not read yet"
    if ".data/extern_modules" in ends:
        return "a torch.package archive, which this version does not read yet"
    if "model.json" in ends:
        return "a TorchScript archive of PyTorch 1.0 to 1.2, which this version does not read yet"
    if not names:
        return "an empty zip archive"
    listed = ", ".join(printable(name, 60) for name in names[:4])
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"a zip archive without the record data.pkl; it holds {listed}{more}"


def _archive_hint(names: list[str]) -> str:
    inner = [name for name in names if name.endswith((".pt", ".pth", ".bin", ".ckpt", ".pkl"))]
    if inner:
        return f"Unpack it and open {printable(inner[0], 80)!r}."
    return "It was not written by torch.save, or its records were lost when it was packed again."


def _record(index: ZipIndex, source: Source, name: str) -> Source:
    """Return a record as a source; a compressed one is inflated into memory."""
    member = index.members[name]
    if member.method:
        return Bytes(index.read(name), source.uri)
    return Section(source, index.content_offset(name), member.size)


def _small_text(index: ZipIndex, name: str) -> str:
    member = index.members.get(name)
    if member is None or member.size > 64:
        return ""
    return index.read(name).decode("ascii", "replace").strip()


def _archive_findings(index: ZipIndex, root: str) -> list[Finding]:
    findings = []
    if index.duplicates:
        names = ", ".join(printable(name, 60) for name in sorted(set(index.duplicates))[:_MANY])
        message = (
            f"Ambiguous archive: it holds {names} more than once (torch ignores upper and lower "
            "case). Other programs may read another one than is shown here."
        )
        findings.append(Finding("ambiguous-archive", "error", message))
    if index.shifted:
        message = (
            "There are bytes between the archive's directory and its end record, or in front of "
            "the archive: other programs may see other content."
        )
        findings.append(Finding("shifted-archive", "warning", message))
    roots = {name.partition("/")[0] for name in index.members}
    if len(roots) > 1:
        message = (
            f"{plural(len(roots), 'root folder')} in the archive; torch.load would refuse it. "
            f"Shown is {printable(root, 60)!r}."
        )
        findings.append(Finding("several-roots", "warning", message))
    return findings


def _storage_findings(index: ZipIndex, root: str, table: StorageTable) -> list[Finding]:
    members = index.members
    missing, wrong = [], []
    prefix = f"{root}/data/"
    for key, storage in table.storages.items():
        member = members.get(prefix + key)
        if member is None:
            missing.append(key)
        elif member.size != storage.nbytes:
            wrong.append(f"{key} has {member.size} bytes instead of {storage.nbytes}")
    findings = []
    if missing:
        names = ", ".join(printable(key, 40) for key in missing[:_MANY])
        message = f"{plural(len(missing), 'storage')} not in the archive: {names}. "
        message += "The tensors on top of them have no values."
        findings.append(Finding("missing-storage", "error", message))
    if wrong:
        listed = "; ".join(printable(text, 80) for text in wrong[:_MANY])
        message = f"{plural(len(wrong), 'storage')} of the wrong size: {listed}."
        findings.append(Finding("storage-size", "error", message))
    if table.conflicts:
        names = ", ".join(printable(key, 40) for key in table.conflicts[:_MANY])
        message = f"The pickle describes these storages in two ways: {names}."
        findings.append(Finding("storage-conflict", "warning", message))
    return findings


READER = Reader(
    "torch-zip",
    "torch.save since 1.6 (zip)",
    (".pt", ".pth", ".bin", ".ckpt", ".pth.tar", ".th", ".model"),
    _accepts,
    _read,
)
