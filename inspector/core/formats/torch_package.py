"""`torch.package`: pickles together with the Python sources that they need, in one zip.

Layout: torch/package/package_exporter.py. `.data/version`, `.data/extern_modules` (one name a
line: what the importing side must have), `.data/python_version`, `.data/<key>.storage`, and the
user's files: `<package>/<name>.pkl`, `*.py`, texts. A pickle refers to storages as torch.save's
do, and to `('reduce_package', id, function, arguments)`, which the importer would call.
"""

from __future__ import annotations

from typing import Any

from inspector.core.errors import InspectorError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.members import Assembly
from inspector.core.formats.pickling.standins import Instance
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.torch_archive import TorchArchive
from inspector.core.formats.torch_pickle import make_tree, run_pickle
from inspector.core.model import Node
from inspector.core.progress import Progress
from inspector.core.sources import Source

_EXTERN = ".data/extern_modules"
_OWN = ".data/"
_STORAGES = (".data/", ".storage")


class _PackageStorages(StorageTable):
    """Knows the second kind of persistent id: an object that its own function rebuilds."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix)
        self._rebuilt: dict[Any, Instance] = {}

    def persistent_load(self, persistent_id: Any) -> Any:
        """Return the object of `('reduce_package', id, function, args)`, storages as usual."""
        if type(persistent_id) is not tuple or persistent_id[:1] != ("reduce_package",):
            return super().persistent_load(_with_text_key(persistent_id))
        number, function, args = (*persistent_id[1:], None, None, None)[:3]
        mark = number if type(number) in (int, str) else id(persistent_id)
        return self._rebuilt.setdefault(mark, Instance(function, args))


def _with_text_key(persistent_id: Any) -> Any:
    """Spell the storage's key, a small number here, as its record's name does."""
    if type(persistent_id) is tuple and len(persistent_id) == 5:
        tag, cls, key, device, numel = persistent_id
        if type(key) is int and 0 <= key < 1 << 64:
            return tag, cls, str(key), device, numel
    return persistent_id


def _accepts(subject: Subject) -> bool:
    return subject.records is not None and _EXTERN in subject.records


def _read(subject: Subject, progress: Progress) -> Structure:
    records = subject.records
    assert records is not None
    whole = Assembly(subject)
    whole.findings += records.findings(subject.path)
    table = _PackageStorages(subject.prefix)  # all pickles share the storages
    nodes = []
    names = [name for name in records.names() if not name.startswith(_OWN)]
    for at, name in enumerate(names):
        progress(at / len(names), "Reading the structure")
        try:
            source = records.open(name)
            if source.read_at(0, 1) == b"\x80":
                nodes.append(_pickle(subject, records, whole, table, source, name))
            else:
                nodes.append(whole.text(source, name))
        except InspectorError as error:
            nodes.append(whole.refused(error, name))
    whole.findings += records.storage_findings(table, subject.path, *_STORAGES)
    nodes.append(whole.text(records.open(_EXTERN), "extern_modules"))
    version = records.version
    return whole.structure(
        "torch-package", f"torch.package{' v' + version if version else ''}", nodes
    )


def _pickle(
    subject: Subject,
    records: TorchArchive,
    whole: Assembly,
    table: StorageTable,
    source: Source,
    name: str,
) -> Node:
    subject.charge(source.size)
    run = run_pickle(source, 0, table)
    tree, findings = make_tree(run, (*subject.path, name))
    locate = records.locate(table.prefix, *_STORAGES)
    order = records.byte_order
    piece = Structure("", "", tree, table.storages, locate, tuple(findings), {}, run.demands, order)
    return whole.take(piece._replace(arrays=run.arrays))


READER = Reader("torch-package", "torch.package", (".pt", ".package", ".zip"), _accepts, _read)
