"""numpy's own files: `.npy`, one array, and `.npz`, a zip archive of them.

Specification: numpy/lib/format.py. The magic bytes, two bytes of version, the length of the header
(2 bytes, 4 since version 2), the header: a Python dict of literals `descr`, `fortran_order` and
`shape`; then the elements, or a pickle if they are Python objects.
"""

from __future__ import annotations

import ast
from math import prod
from typing import Any, NamedTuple

from inspector.core.errors import Damaged, InspectorError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.members import Assembly
from inspector.core.formats.pickling.arrays import ArrayTable
from inspector.core.formats.pickling.numpy_types import NumpyType, numpy_type
from inspector.core.formats.pickling.standins import Bulk, RawArray
from inspector.core.formats.torch_pickle import make_tree, run_pickle
from inspector.core.model import Finding, Node, Storage
from inspector.core.progress import Progress, part
from inspector.core.sources import Source, read_exactly

_MAGIC = b"\x93NUMPY"
_SUFFIX = ".npy"
_MAX_HEADER = 1 << 16
_MAX_INDEX = 1 << 63
_MAX_DIMENSIONS = 64
_CLASS = "numpy.ndarray"
_LOOKED_AT = 20  # members that must be arrays for a zip archive to be one of numpy


class Header(NamedTuple):
    """What stands in front of an array's elements."""

    type: NumpyType
    shape: tuple[int, ...]
    fortran: bool
    """True if the first dimension is the fastest."""
    end: int
    """Where the elements begin."""


def _accepts(subject: Subject) -> bool:
    return subject.head.startswith(_MAGIC) or _is_npz(subject)


def _is_npz(subject: Subject) -> bool:
    index = subject.zip
    if index is None or not index.members:
        return False
    try:
        first = [index.open(name) for name in list(index.members)[:_LOOKED_AT]]
        return all(member.read_at(0, len(_MAGIC)) == _MAGIC for member in first)
    except InspectorError:
        return False


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the headers")
    return _read_npz(subject, progress) if subject.zip else _read_npy(subject, progress)


def _read_npz(subject: Subject, progress: Progress) -> Structure:
    index = subject.zip
    assert index is not None
    whole = Assembly(subject)
    nodes = []
    for at, name in enumerate(index.members):
        share = part(progress, at / len(index.members), (at + 1) / len(index.members))
        share(0.0, "Reading the headers")
        key = name.removesuffix(_SUFFIX)
        try:
            nodes.append(whole.member(index.open(name), share, key))
        except InspectorError as error:
            nodes.append(whole.refused(error, key))
    return whole.structure("numpy", "numpy npz", nodes)


def _read_npy(subject: Subject, progress: Progress) -> Structure:
    source = subject.source
    header = header_of(source)
    if header.type.text == "object":
        run = run_pickle(source, header.end, None, progress)
        tree, odd = make_tree(run, subject.path)
        whole = Structure("numpy", "numpy npy", tree, {}, _no_storage, tuple(odd))
        return whole._replace(demands=run.demands, arrays=run.arrays)
    nbytes = prod(header.shape) * (header.type.width or 0)
    stop = header.end + nbytes
    findings: tuple[Finding, ...] = ()
    if stop > source.size:
        message = f"The file ends at byte {source.size}, but its elements at {stop}."
        findings = (Finding("truncated", "error", message, subject.path),)
    table = ArrayTable(source, subject.prefix, {})
    raw = RawArray(header.type, header.shape, Bulk(header.end, nbytes), header.fortran)
    array = table.array(raw)
    storages: dict[str, Storage] = {}
    node = Node(subject.key, "array", _CLASS, array)
    if array.tensor is not None and array.tensor.storage is not None:
        # Here arrays are all that there is, so they are the tensors of the file.
        name = f"{_CLASS}, big-endian" if array.dtype.startswith(">") else _CLASS
        node = Node(subject.key, "tensor", name, array.tensor)
        storages = {array.tensor.storage.key: array.tensor.storage}
    return Structure(
        "numpy", "numpy npy", node, storages, _no_storage, findings, arrays=table.places
    )


def _no_storage(storage: Storage) -> tuple[Source, int]:
    raise Damaged(f"The file has no storage {storage.key!r}.")


def header_of(source: Source) -> Header:
    """Read the header; raises Damaged where it breaks the format's rules."""
    wide = read_exactly(source, 0, 8, "the header")[6] > 1
    start = 12 if wide else 10
    length = int.from_bytes(read_exactly(source, 8, start - 8, "the header's length"), "little")
    if length > _MAX_HEADER:
        raise _damaged(source, f"a header of {length} bytes")
    text = read_exactly(source, start, length, "the header")
    try:
        # Literals only: nothing is evaluated.
        fields = ast.literal_eval(text.decode("utf-8" if wide else "latin-1").strip())
        kind = _type(fields["descr"])
        shape, fortran = fields["shape"], fields["fortran_order"] is True
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        raise _damaged(source, "a header that is garbled") from None
    if type(shape) is not tuple or len(shape) > _MAX_DIMENSIONS:
        raise _damaged(source, "no shape")
    if not all(type(length) is int and 0 <= length < _MAX_INDEX for length in shape):
        raise _damaged(source, "an impossible shape")
    return Header(kind, shape, fortran, start + len(text))


def _type(descr: Any) -> NumpyType:
    """Return the dtype that `<f4`, or a list of fields, describes."""
    if type(descr) is not str:
        return NumpyType("", fields=repr(descr))
    return numpy_type(descr)


def _damaged(source: Source, what: str) -> Damaged:
    return Damaged(
        f"{source.uri} begins like a numpy file, but has {what}.", "Copy or download it again."
    )


READER = Reader("numpy", "numpy (.npy, .npz)", (".npy", ".npz"), _accepts, _read)
