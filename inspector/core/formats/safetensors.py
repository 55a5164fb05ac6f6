"""safetensors: a JSON header, then the bytes of all tensors.

Specification: https://github.com/huggingface/safetensors, README "Format". 8 bytes: length N of
the header, little-endian; N bytes: a JSON object `{name: {dtype, shape, data_offsets}}` with an
optional `__metadata__` of strings; then the data, which `data_offsets` count from its begin.
"""

from __future__ import annotations

import json
from typing import Any

from inspector.core.errors import Damaged
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.model import DTYPES, Attribute, Finding, Node, Storage, Tensor, dtype_named
from inspector.core.model.tensor import contiguous_stride
from inspector.core.progress import Progress
from inspector.core.sources import Source, read_exactly
from inspector.core.text import plural, printable

_MAX_HEADER = 100_000_000  # the specification's own limit
_MAX_DIMENSIONS = 64  # the most that torch's operators take
_BY_NAME = {row.safetensors: row for row in DTYPES if row.safetensors}
_MAX_NUMBER = (1 << 61) - 1  # the modulus of Python's integer hash: no two shapes collide below
_METADATA = "__metadata__"


def _accepts(subject: Subject) -> bool:
    head = subject.head
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= _MAX_HEADER


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the header")
    source, prefix = subject.source, subject.prefix
    pairs, begin = _header(source)
    nodes: list[Node] = []
    storages: dict[str, Storage] = {}
    offsets: dict[str, int] = {}
    findings: list[Finding] = []
    metadata: dict[str, str] = {}
    for name, entry in pairs:
        if name == _METADATA:
            metadata = _texts(entry, findings)
            continue
        if prefix + name in storages:
            findings.append(_finding("duplicate-key", name, "The header names this tensor twice."))
            continue
        try:
            tensor, start = _tensor(prefix + name, _members(entry))
        except (KeyError, TypeError, ValueError) as error:
            message = f"The header does not describe this tensor as the format demands: {error}."
            findings.append(_finding("malformed-entry", name, message))
            nodes.append(Node(name, "cut", "", "not described as the format demands"))
            continue
        storage = tensor.storage
        assert storage is not None
        storages[storage.key] = storage
        offsets[storage.key] = begin + start
        if tensor.nbytes != storage.nbytes:
            message = f"Its shape takes {tensor.nbytes} bytes, its offsets {storage.nbytes}."
            findings.append(_finding("storage-size", name, message))
        nodes.append(Node(name, "tensor", "Tensor", tensor))
    findings += _layout_findings(storages, offsets, begin, source.size)
    findings = [item._replace(path=(*subject.path, *item.path)) for item in findings]
    if metadata:
        children = [Node(key, "value", "str", value) for key, value in metadata.items()]
        nodes.append(Node(Attribute(_METADATA), "mapping", "dict", None, tuple(children)))

    def locate(storage: Storage) -> tuple[Source, int]:
        return source, offsets[storage.key]

    root = Node(subject.key, "mapping", "dict", None, tuple(nodes))
    return Structure(
        "safetensors", "safetensors", root, storages, locate, tuple(findings)
    )  # fmt: skip


def _header(source: Source) -> tuple[_Pairs, int]:
    """Return the header's members, and where the data begins; raises Damaged."""
    length = int.from_bytes(read_exactly(source, 0, 8, "the header's length"), "little")
    text = read_exactly(source, 8, length, "the header")
    # A bracket costs Python fifty times its byte; the shortest entry takes fifty bytes itself.
    if text.count(b"{") > length // 40 + 1000 or text.count(b"[") > length // 20 + 1000:
        raise Damaged(f"{source.uri}: its header is not valid JSON: brackets without content.")
    try:
        pairs = json.loads(text.decode("utf-8"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise Damaged(
            f"{source.uri}: the safetensors header is not valid JSON ({error}).",
            "Copy or download the file again.",
        ) from None
    if type(pairs) is not _Pairs:
        raise Damaged(f"{source.uri}: the safetensors header is no JSON object.")
    return pairs, 8 + length


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as the pairs it was written with: duplicates stay visible."""


def _members(value: Any) -> dict[str, Any]:
    members = dict(_entries(value))
    if len(members) != len(value):
        raise ValueError("it has a member twice")
    return members


def _entries(value: Any) -> list[tuple[str, Any]]:
    if type(value) is not _Pairs:
        raise TypeError("no JSON object")
    return value


def _texts(entry: Any, findings: list[Finding]) -> dict[str, str]:
    """Return the metadata, which should be an object of strings."""
    if type(entry) is _Pairs:
        return {key: str(value) for key, value in entry}
    findings.append(_finding("malformed-entry", _METADATA, "The metadata is no JSON object."))
    return {}


def _tensor(key: str, entry: dict[str, Any]) -> tuple[Tensor, int]:
    """Return the tensor of an entry and its offset in the data."""
    start, stop = entry["data_offsets"]
    shape = tuple(entry["shape"])
    numbers = (start, stop, *shape)
    if len(shape) > _MAX_DIMENSIONS:
        raise ValueError("too many dimensions")
    if not all(type(number) is int and 0 <= number < _MAX_NUMBER for number in numbers):
        raise ValueError("sizes and offsets must be whole numbers from 0")
    if stop < start:
        raise ValueError("its data ends before it begins")
    spelled = entry["dtype"]
    if type(spelled) is not str:
        raise TypeError("its dtype is no string")
    dtype = _BY_NAME.get(spelled) or dtype_named(spelled)
    storage = Storage(key, "cpu", stop - start)  # the format knows no devices
    return Tensor(dtype, shape, contiguous_stride(shape), 0, storage), start


def _finding(code: str, name: str, message: str) -> Finding:
    return Finding(code, "error", message, (name,))


def _layout_findings(
    storages: dict[str, Storage], offsets: dict[str, int], begin: int, size: int
) -> list[Finding]:
    """Hold the ranges of the tensors against each other and against the file."""
    findings = []
    end = begin
    overlaps, holes, beyond = [], 0, []
    for name in sorted(offsets, key=offsets.__getitem__):
        start, stop = offsets[name], offsets[name] + storages[name].nbytes
        if start < end and stop > start:
            overlaps.append(name)
        holes += max(0, start - end)
        end = max(end, stop)
        if stop > size:
            beyond.append(name)
    if beyond:
        names = ", ".join(printable(name, 60) for name in beyond[:5])
        message = (
            f"The file ends at byte {size}, but its tensors at {end}: it is cut off. "
            f"{plural(len(beyond), 'tensor')} without all values: {names}."
        )
        findings.append(Finding("truncated", "error", message))
    if overlaps:
        names = ", ".join(printable(name, 60) for name in overlaps[:5])
        message = f"Tensors share bytes, which the format forbids: {names}."
        findings.append(Finding("overlap", "warning", message))
    if holes:
        message = f"{plural(holes, 'byte')} between the tensors belong to none of them."
        findings.append(Finding("hole", "warning", message))
    if end < size:
        message = f"{plural(size - end, 'byte')} behind the last tensor belong to none of them."
        findings.append(Finding("trailing-bytes", "warning", message))
    return findings


READER = Reader("safetensors", "safetensors", (".safetensors",), _accepts, _read)
