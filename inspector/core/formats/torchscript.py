"""`torch.jit.save`, and the mobile interpreter's files: a module, its constants and its code.

Layout: torch/csrc/jit/serialization/export_module.cpp (`ScriptModuleSerializer`). A torch zip
with `data.pkl` (the module), `constants.pkl` (a tuple of tensors that the code refers to),
`code/**.py` (TorchScript source) with `*.debug_pkl` beside it, `extra/*` (the user's own files),
and `bytecode.pkl`, `mobile_debug_handles.pkl` for the mobile interpreter. torch tells such files
by `constants.pkl` (torch/serialization.py, `_is_torchscript_zip`).
"""

from __future__ import annotations

from inspector.core.errors import InspectorError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.members import Assembly, folder, listed
from inspector.core.formats.pickling.storages import StorageTable
from inspector.core.formats.torch_archive import TorchArchive
from inspector.core.formats.torch_pickle import make_tree, run_pickle
from inspector.core.model import Node
from inspector.core.progress import Progress, part

_MODULE, _CONSTANTS, _BYTECODE = "data.pkl", "constants.pkl", "bytecode.pkl"


def _accepts(subject: Subject) -> bool:
    return subject.records is not None and _CONSTANTS in subject.records


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    records = subject.records
    assert records is not None
    whole = Assembly(subject)
    whole.findings += records.findings(subject.path)
    whole.findings += records.root_findings(subject.path)
    nodes = []
    for at, (record, storages) in enumerate(_pickles(records)):
        share = part(progress, at / 3, (at + 1) / 3)
        nodes.append(_pickle(subject, records, whole, record, storages, share))
    code = [name for name in records.names("code/") if not _debug(name)]
    nodes += whole.texts_of("code", code, records.open)
    nodes += whole.texts_of("extra", records.names("extra/"), records.open)
    rest = {name: records.size(name) for name in records.names() if _debug(name)}
    nodes += [folder("debug", listed(rest, "positions in the original source"))] if rest else []
    mobile = ", for the mobile interpreter" if _BYTECODE in records else ""
    version = f" v{records.version}" if records.version else ""
    return whole.structure("torchscript", f"TorchScript{version}{mobile}", nodes)


def _pickles(records: TorchArchive) -> list[tuple[str, str]]:
    """Return the pickles that are there, and where the storages of each are."""
    # Before torch 1.9 bytecode had storages of its own, since then it shares those of constants.
    bytecode = "bytecode/" if records.names("bytecode/") else "constants/"
    places = (_MODULE, "data/"), (_CONSTANTS, "constants/"), (_BYTECODE, bytecode)
    return [(record, storages) for record, storages in places if record in records]


def _pickle(
    subject: Subject,
    records: TorchArchive,
    whole: Assembly,
    record: str,
    storages: str,
    progress: Progress,
) -> Node:
    """Return the tree of a pickle whose storages are the records that begin with `storages`."""
    path = (*subject.path, record)
    # The module's storages keep their short names: they are what people look for.
    table = StorageTable(subject.prefix + ("" if record == _MODULE else storages))
    try:
        subject.charge(records.size(record))
        run = run_pickle(records.open(record), 0, table, progress)
    except InspectorError as error:
        return whole.refused(error, record)
    tree, findings = make_tree(run, path)
    findings += records.storage_findings(table, path, storages)
    locate = records.locate(table.prefix, storages)
    order = records.byte_order
    piece = Structure("", "", tree, table.storages, locate, tuple(findings), {}, run.demands, order)
    return whole.take(piece._replace(arrays=run.arrays))


def _debug(name: str) -> bool:
    return name.endswith((".debug_pkl", "mobile_debug_handles.pkl"))


READER = Reader(
    "torchscript",
    "TorchScript, also for mobile (torch.jit.save)",
    (".pt", ".ptl", ".jit", ".torchscript", ".pth"),
    _accepts,
    _read,
)
