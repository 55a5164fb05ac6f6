"""A plain pickle, as `pickle.dump` or `joblib.dump` write it, or several in a row.

A tensor's storage is then `torch.storage._load_from_bytes(b"…")`, and those bytes are a legacy
torch stream of their own (torch/storage.py, `__reduce__`).
"""

from __future__ import annotations

from typing import Any

from inspector.core.errors import Damaged, SourceError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.joblib_arrays import JoblibUnpickler
from inspector.core.formats.pickling.allowlist import ALLOWED
from inspector.core.formats.pickling.standins import Bulk, Caller, TypedStorage
from inspector.core.formats.torch_legacy import MAGIC, read_stream
from inspector.core.formats.torch_pickle import PickleRun, join_demands, make_tree, run_pickle
from inspector.core.model import Finding, Node, Storage
from inspector.core.progress import Progress, part
from inspector.core.sources import Bytes, Section, Source
from inspector.core.text import plural

# What a pickle of protocol 0 or 1 begins with: a mark, an empty container, a global, a text line.
_FIRST_OPCODES = frozenset(b"(}])lcdINSVFLUXKMJG")
_MAX_PICKLES = 10_000  # in one stream


def _accepts(subject: Subject) -> bool:
    if _has_mark(subject.head):
        return True
    # Protocols 0 and 1 have no mark of their own: a file is one if it can be run to its end.
    if not subject.head or subject.head[0] not in _FIRST_OPCODES:
        return False
    try:
        run = run_pickle(subject.source, machine=JoblibUnpickler)
        return _end_of_all(subject.source, run.position) == subject.source.size
    except Damaged:
        return False


def _has_mark(head: bytes) -> bool:
    return len(head) > 1 and head[0] == 0x80 and head[1] <= 5


def _end_of_all(source: Source, position: int) -> int:
    """Return where the last of the pickles that follow each other ends."""
    for _ in range(_MAX_PICKLES):
        if position >= source.size:
            break
        position = run_pickle(source, position, machine=JoblibUnpickler).position
    return position


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    source = subject.source
    nested = _NestedStreams(source, subject.prefix)
    runs, trouble = _runs(subject, nested, part(progress, 0.0, 0.8))
    findings = [finding._replace(path=subject.path) for finding in trouble]
    trees = []
    for at, run in enumerate(runs):
        path = (*subject.path, at) if len(runs) > 1 else subject.path
        tree, odd = make_tree(run, path)
        trees.append(tree)
        findings += odd
    root = trees[0]
    if len(runs) > 1:
        root = Node(subject.key, "sequence", "pickles in a row", None, tuple(trees))
    demands = join_demands([run.demands for run in runs])
    joblib = any(module.endswith("joblib.numpy_pickle") for module, _ in demands.globals)
    noun = "joblib pickle" if joblib else "pickle"
    findings += [finding._replace(path=subject.path) for finding in nested.findings]
    return Structure(
        "pickle",
        noun if len(runs) == 1 else plural(len(runs), noun),
        root,
        nested.storages,
        nested.locate,
        tuple(findings),
        demands=demands,
        arrays={key: place for run in runs for key, place in run.arrays.items()},
    )


def _runs(
    subject: Subject, nested: _NestedStreams, progress: Progress
) -> tuple[list[PickleRun], list[Finding]]:
    """Run all pickles of a stream; raises Damaged if not even the first is whole."""
    source = subject.source
    allowed = ALLOWED | {("torch.storage", "_load_from_bytes"): nested.load}
    runs: list[PickleRun] = []
    position = 0
    while position < source.size and len(runs) < _MAX_PICKLES:
        try:
            run = run_pickle(source, position, None, progress, allowed, JoblibUnpickler)
        except Damaged:
            if not runs:
                raise
            break
        subject.charge(run.cost)
        runs.append(run)
        position = run.position
    if position >= source.size:
        return runs, []
    rest = plural(source.size - position, "byte")
    what = "no pickle"
    if _has_mark(source.read_at(position, 2)):
        what = "a pickle that is broken" if len(runs) < _MAX_PICKLES else "more pickles"
    message = f"{rest} behind the last pickle are not shown: they are {what}."
    return runs, [Finding("trailing-bytes", "warning", message)]


class _NestedStreams:
    """The legacy streams inside a pickle, each holding one storage."""

    def __init__(self, source: Source, prefix: str) -> None:
        self._source = source
        self._prefix = prefix
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
            legacy = read_stream(stream, prefix=f"{self._prefix}{len(self.storages)}/")
        except Damaged as error:
            raise ValueError("damaged") from error
        self.storages |= legacy.table.storages
        self._places |= {key: (stream, at) for key, at in legacy.offsets.items()}
        self.findings += legacy.findings
        if type(legacy.run.value) is not TypedStorage:
            raise TypeError("no storage")
        return legacy.run.value

    def locate(self, storage: Storage) -> tuple[Source, int]:
        if storage.key not in self._places:
            uri = self._source.uri
            raise SourceError(f"{uri}: storage {storage.key!r} is not in its stream.")
        return self._places[storage.key]


READER = Reader(
    "pickle",
    "pickle.dump, joblib.dump",
    (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth"),
    _accepts,
    _read,
)
