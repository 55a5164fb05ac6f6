"""The JSON of `inspector show`, version 1: a stable contract, described in the README."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Collection, Iterator
from typing import Any, TextIO

from inspector.cli.tensor_rows import TensorRows
from inspector.core.analysis.optimizer_names import OptimizerNames, optimizer_names
from inspector.core.analysis.space import space_of
from inspector.core.checkpoint import Checkpoint
from inspector.core.loading import loading_of
from inspector.core.model import (
    Finding,
    Node,
    Path,
    Selection,
    Storage,
    Totals,
    containers,
    json_key,
    json_path,
    tensors,
)
from inspector.core.summary import device_bytes, layers_of, path_text, value_text

_BATCH = 64  # rows written at a time
_LIMIT = 128 << 20  # bytes of rows, and eight times the file: usual rows take far less


def write_json(checkpoint: Checkpoint, selection: Selection, stream: TextIO) -> None:
    """Write the document to `stream`; only what is selected is listed and counted."""
    storages = _storages(checkpoint, selection)
    facts = checkpoint.recognition.facts
    head = {
        "schema": 1,
        "source": {"uri": checkpoint.source.uri, "size": checkpoint.source.size},
        "format": checkpoint.format,
        "kind": checkpoint.recognition.kind,
        "facts": {fact.name: _plain(fact.value) for fact in facts},
        "inferred": [fact.name for fact in facts if fact.inferred],
        "state_dicts": [json_path(path) for path in checkpoint.recognition.state_dicts],
    }
    limit = _LIMIT + 8 * checkpoint.source.size
    rows = TensorRows(checkpoint.root, selection)
    stream.write(json.dumps(head)[:-1] + ', "tensors": [\n')
    left_out = _write_rows(iter(rows), stream, limit)
    stream.write('\n], "values": [\n')
    left_out += _write_rows(_value_rows(checkpoint.root, selection), stream, limit)
    dtypes = rows.by_dtype()
    totals = Totals(*map(sum, zip(*dtypes.values(), strict=True)))
    findings = list(checkpoint.findings)
    if left_out:
        message = f"{left_out} rows are left out: with their paths they take over {limit} bytes."
        findings.append(Finding("output-limit", "warning", message))
    tail = {
        "totals": _counts(totals) | {"stored_bytes": sum(storage.nbytes for storage in storages)},
        "devices": device_bytes(storages),
        "dtypes": {name: _counts(counts) for name, counts in dtypes.items()},
        "subtrees": [
            {"path": json_path((child.key,))} | _counts(checkpoint.totals[id(child)])
            for child in checkpoint.root.children
            if id(child) in checkpoint.totals and child.kind != "tensor"
        ],
        "layers": [row._asdict() for row in layers_of(checkpoint)],
        "space": _space(checkpoint),
        "optimizer_names": [_optimizer(found) for found in optimizer_names(checkpoint)],
        "loading": _loading(checkpoint),
        "findings": [_finding(finding) for finding in findings],
    }
    stream.write("\n], " + json.dumps(tail)[1:] + "\n")


def _storages(checkpoint: Checkpoint, selection: Selection) -> Collection[Storage]:
    """Return the storages that selected tensors look at."""
    if not selection.chooses:
        return checkpoint.storages.values()
    chosen: dict[str, Storage] = {}
    for path, tensor in tensors(checkpoint.root):
        if path in selection:
            for part in (tensor, *(part for _, part in tensor.parts)):
                if part.storage is not None:
                    chosen[part.storage.key] = part.storage
    return chosen.values()


def _write_rows(rows: Iterator[str], stream: TextIO, limit: int) -> int:
    """Write JSON objects, a line each; return how many did not fit into `limit` bytes.

    A stream of a few bytes can refer to one long text again and again.
    """
    written = left_out = 0
    while some := list(itertools.islice(rows, _BATCH)):
        length = sum(map(len, some))
        if written + length > limit:
            left_out += len(some)
            continue
        stream.write((",\n" if written else "") + ",\n".join(some))
        written += length
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
        "duplicates": [[storage.key for storage in group.storages] for group in space.duplicates],
    }


def _optimizer(found: OptimizerNames) -> dict[str, Any]:
    """Return whose state it keeps; keys of the state that are numbers stay numbers."""
    owners = [
        {"key": json_key(key), "name": owner.name, "sure": owner.sure}
        | {"path": None if owner.path is None else json_path(owner.path)}
        for key, owner in found.owners.items()
    ]
    return {"path": json_path(found.optimizer), "owners": owners, "note": found.note}


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
