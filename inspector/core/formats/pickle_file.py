"""A plain pickle, as `pickle.dump` writes it.

A tensor's storage is then `torch.storage._load_from_bytes(b"…")`, and those bytes are a legacy
torch stream of their own (torch/storage.py, `__reduce__`).
"""

from __future__ import annotations

from typing import Any

from inspector.core.errors import Damaged
from inspector.core.formats.base import Reader, Structure
from inspector.core.formats.pickling.allowlist import ALLOWED
from inspector.core.formats.pickling.standins import Bulk, Caller, TypedStorage
from inspector.core.formats.torch_legacy import MAGIC, read_stream
from inspector.core.formats.torch_pickle import make_tree, run_pickle
from inspector.core.model import Finding, Storage
from inspector.core.progress import Progress, part
from inspector.core.sources import Bytes, Section, Source
from inspector.core.text import plural

# What a pickle of protocol 0 or 1 begins with: a mark, an empty container, a global, a text line.
_FIRST_OPCODES = frozenset(b"(}])lcdINSVFLUXKMJG")


def _accepts(head: bytes, source: Source) -> bool:
    if len(head) > 1 and head[0] == 0x80 and head[1] <= 5:
        return True
    # Protocols 0 and 1 have no mark of their own: a file is one if it can be run to its end.
    if not head or head[0] not in _FIRST_OPCODES:
        return False
    try:
        return run_pickle(source).position == source.size
    except Damaged:
        return False


def _read(source: Source, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    nested = _NestedStreams(source)
    allowed = ALLOWED | {("torch.storage", "_load_from_bytes"): nested.load}
    run = run_pickle(source, 0, None, part(progress, 0.0, 0.8), allowed)
    tree, findings = make_tree(run)
    if run.position < source.size:
        rest = plural(source.size - run.position, "byte")
        message = f"{rest} behind the pickle are not shown: another pickle, or raw data."
        findings.append(Finding("trailing-bytes", "warning", message))
    return Structure(
        "pickle",
        "pickle",
        tree,
        nested.storages,
        nested.locate,
        (*findings, *nested.findings),
        demands=run.demands,
    )


class _NestedStreams:
    """The legacy streams inside a pickle, each holding one storage."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._places: dict[str, tuple[Source, int]] = {}
        self.storages: dict[str, Storage] = {}
        self.findings: list[Finding] = []

    def load(self, caller: Caller, args: tuple[Any, ...]) -> TypedStorage:
        """Describe `torch.storage._load_from_bytes(data)`."""
        (data,) = args
        stream: Source
        if type(data) is Bulk:
            stream = Section(self._source, data.offset, data.length)
        elif type(data) is bytes:
            stream = Bytes(data, self._source.uri)
        else:
            raise TypeError("no bytes")
        if stream.read_at(0, len(MAGIC)) != MAGIC:
            raise ValueError("no legacy stream")
        try:
            legacy = read_stream(stream, prefix=f"{len(self.storages)}/")
        except Damaged as error:
            raise ValueError("damaged") from error
        self.storages |= legacy.table.storages
        self._places |= {key: (stream, at) for key, at in legacy.offsets.items()}
        self.findings += legacy.findings
        if type(legacy.run.value) is not TypedStorage:
            raise TypeError("no storage")
        return legacy.run.value

    def locate(self, storage: Storage) -> tuple[Source, int]:
        return self._places[storage.key]


READER = Reader("pickle", "pickle.dump", (".pkl", ".pickle", ".p", ".pt", ".pth"), _accepts, _read)
