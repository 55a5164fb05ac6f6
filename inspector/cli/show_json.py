"""The JSON of `inspector show`, version 1: a stable contract, described in the README."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, TextIO

from inspector.core.analysis.space import space_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.loading import loading_of
from inspector.core.model import (
    Finding,
    Node,
    Path,
    Selection,
    Tensor,
    Totals,
    containers,
    json_key,
    json_path,
    tensor_items,
)
from inspector.core.summary import device_bytes, path_text, value_text

_quote = json.encoder.encode_basestring_ascii
_LIMIT = 128 << 20  # bytes of rows, and eight times the file: usual rows take far less


def write_json(checkpoint: Checkpoint, selection: Selection, stream: TextIO) -> None:
    """Write the document to `stream`; only what is selected is listed and counted."""
    rows: list[str] = []
    dtypes: dict[str, list[int]] = {}
    _tensor_rows(checkpoint, selection, rows, dtypes)
    totals = [sum(counts) for counts in zip(*dtypes.values(), strict=True)] or [0, 0, 0]
    stored = sum(storage.nbytes for storage in checkpoint.storages.values())
    facts = checkpoint.recognition.facts
    head = {
        "schema": 1,
        "source": {"uri": checkpoint.source.uri, "size": checkpoint.source.size},
        "format": checkpoint.format,
        "kind": checkpoint.recognition.kind,
        "facts": {fact.name: _plain(fact.value) for fact in facts},
        "inferred": [fact.name for fact in facts if fact.inferred],
        "state_dicts": [json_path(path) for path in checkpoint.recognition.state_dicts],
        "totals": dict(zip(("tensors", "elements", "bytes"), totals, strict=True))
        | {"stored_bytes": stored},
        "devices": device_bytes(checkpoint),
        "dtypes": {
            name: dict(zip(("tensors", "elements", "bytes"), counts, strict=True))
            for name, counts in dtypes.items()
        },
    }
    tail: dict[str, Any] = {
        "subtrees": [
            {"path": json_path((child.key,))} | _counts(checkpoint.totals[id(child)])
            for child in checkpoint.root.children
            if id(child) in checkpoint.totals and child.kind != "tensor"
        ],
        "space": _space(checkpoint),
        "loading": _loading(checkpoint),
        "findings": [_finding(finding) for finding in checkpoint.findings],
    }
    stream.write(json.dumps(head)[:-1] + ', "tensors": [\n')
    limit = _LIMIT + 8 * checkpoint.source.size
    left_out = _write_rows(iter(rows), stream, limit)
    stream.write('\n], "values": [\n')
    left_out += _write_rows(_value_rows(checkpoint.root, selection), stream, limit)
    if left_out:
        message = f"{left_out} rows are left out: with their paths they take over {limit} bytes."
        tail["findings"].append(_finding(Finding("output-limit", "warning", message)))
    stream.write("\n], " + json.dumps(tail)[1:] + "\n")


def _write_rows(rows: Iterator[str], stream: TextIO, limit: int) -> int:
    """Write JSON objects, a line each; return how many did not fit into `limit` bytes.

    A stream of a few bytes can refer to one long text again and again.
    """
    written = left_out = 0
    for row in rows:
        if written + len(row) > limit:
            left_out += 1
            continue
        stream.write(",\n" + row if written else row)
        written += len(row)
    return left_out


def _finding(finding: Finding) -> dict[str, Any]:
    return finding._asdict() | {"path": json_path(finding.path)}


def _counts(totals: Totals) -> dict[str, int]:
    return {"tensors": totals.tensors, "elements": totals.elements, "bytes": totals.nbytes}


def _space(checkpoint: Checkpoint) -> dict[str, Any]:
    space = space_of(checkpoint)
    return {
        "tied": [_paths(shared.paths) for shared in space.shared if shared.tied],
        "views": [_paths(shared.paths) for shared in space.shared if not shared.tied],
        "unused_bytes": space.unused,
        "unused": [
            {"storage": waste.storage.key, "bytes": waste.unused, "paths": _paths(waste.paths)}
            for waste in space.wasted
        ],
    }


def _paths(paths: tuple[Path, ...]) -> list[list[str | int]]:
    return [json_path(path) for path in paths]


def _loading(checkpoint: Checkpoint) -> dict[str, Any]:
    loading = loading_of(checkpoint)
    verdict, resume = loading.weights_only, loading.resume
    return {
        "weights_only": verdict._asdict(),
        "classes": loading.classes,
        "devices": loading.devices,
        "notes": loading.notes,
        "code": loading.code,
        "resume": resume
        and {
            "present": [
                {"role": part.role, "path": json_path(part.path)} for part in resume.present
            ],
            "missing": resume.missing,
        },
    }


def _tensor_rows(
    checkpoint: Checkpoint, selection: Selection, rows: list[str], dtypes: dict[str, list[int]]
) -> None:
    """Append a JSON object per tensor, and add up counts, elements and bytes by dtype.

    The objects are put together by hand: with 50,000 of them, a dict and `json.dumps` for each
    take as long as everything else that `show` does.
    """
    looks: dict[Any, tuple[list[int], int, int, str]] = {}  # layers repeat the same few

    def add(keys: str, tensor: Tensor) -> None:
        storage = tensor.storage
        look = tensor[:3], tensor.requires_grad, tensor.parameter, tensor.device, tensor.parts
        known = looks.get(look)
        if known is None:
            counts = dtypes.setdefault(tensor.dtype.name, [0, 0, 0])
            known = looks[look] = counts, tensor.elements, tensor.nbytes, _look(tensor)
        counts, elements, nbytes, described = known
        counts[0] += 1
        counts[1] += elements
        counts[2] += nbytes
        rows.append(
            f'{{"path": [{keys}], {described}, "offset": {tensor.offset}, '
            f'"storage": {_quote(storage.key) if storage else "null"}'
            f"{_extras(tensor) if tensor.quantization or tensor.parts or tensor.lazy else ''}}}"
        )

    if checkpoint.root.kind == "tensor" and () in selection:
        add("", checkpoint.root.value)
    above: Path | None = None
    prefix = ""
    for parent, key, tensor in tensor_items(checkpoint.root):
        if selection.chooses and (*parent, key) not in selection:
            continue
        if parent is not above:
            above, prefix = parent, "".join([f"{_key(step)}, " for step in parent])
        add(prefix + (_quote(key) if type(key) is str else _key(key)), tensor)


def _extras(tensor: Tensor) -> str:
    """Return the members that only quantized, sparse and lazily changed tensors have."""
    members: dict[str, Any] = {}
    if tensor.quantization:
        members["quantization"] = tensor.quantization
    if tensor.lazy:
        members["lazy"] = tensor.lazy
    if tensor.parts:
        members["parts"] = {name: _part(part) for name, part in tensor.parts}
    return ", " + json.dumps(members)[1:-1]


def _look(tensor: Tensor) -> str:
    """Return the members of a tensor's object that layers of the same kind share."""
    return json.dumps(_shared_members(tensor))[1:-1]


def _shared_members(tensor: Tensor) -> dict[str, Any]:
    return {
        "shape": tensor.shape,
        "dtype": tensor.dtype.name,
        "device": tensor.device,
        "stride": tensor.stride,
        "elements": tensor.elements,
        "bytes": tensor.nbytes,
        "layout": tensor.layout,
        "requires_grad": tensor.requires_grad,
        "parameter": tensor.parameter,
    }


def _part(tensor: Tensor) -> dict[str, Any]:
    storage = tensor.storage.key if tensor.storage else None
    return _shared_members(tensor) | {"offset": tensor.offset, "storage": storage}


def _key(key: Any) -> str:
    return json.dumps(json_key(key))


def _value_rows(root: Node, selection: Selection) -> Iterator[str]:
    """Yield every leaf that is no tensor."""
    if not root.children and root.kind != "tensor" and () in selection:
        yield json.dumps(_value_row((), root))
    for path, parent in containers(root):
        for node in parent.children:
            if node.kind != "tensor" and not node.children:
                where = (*path, node.key)
                if where in selection:
                    yield json.dumps(_value_row(where, node))


def _value_row(path: Path, node: Node) -> dict[str, Any]:
    row: dict[str, Any] = {"path": json_path(path), "type": node.type or node.kind}
    if node.kind == "value" and type(node.value) in (str, int, float, bool, type(None)):
        row["value"] = _plain(node.value)
    elif node.kind in ("mapping", "sequence"):
        row["value"] = {} if node.kind == "mapping" else []
    else:
        row["value"] = None
        row["text"] = _text(node)
    return row


def _text(node: Node) -> str:
    if node.kind == "reference":
        return f"same object as {path_text(node.value)}"
    if node.kind == "array":
        return f"{node.value.dtype} array of shape {list(node.value.shape)}"
    if node.kind == "storage":
        return f"{node.type} of {node.value.nbytes} bytes"
    if node.kind in ("value", "cut"):
        return value_text(node.value)
    return node.type


def _plain(value: Any) -> Any:
    if type(value) is float and not math.isfinite(value):
        return str(value)  # "nan", "inf", "-inf"
    return value
