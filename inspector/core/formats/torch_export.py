"""`torch.export.save`: a program, its weights and its constants (`.pt2`), in three layouts.

Since torch 2.8 (torch/export/pt2_archive/constants.py): `archive_format` says `pt2`,
`models/<model>.json` is the program, `data/weights/<model>_weights_config.json` and
`data/constants/<model>_constants_config.json` say which record holds which tensor
(`PayloadConfig` in torch/_export/serde/schema.py), `data/sample_inputs/<model>.pt`,
`data/aotinductor/` has compiled code, `extra/` the user's files. Around 2.7 the tensors were
whole torch files, `data/weights/<model>.pt`. Up to 2.6 (torch/export/__init__.py, `save`) the
records stand at the top: `serialized_exported_program.json`, `serialized_state_dict.pt`, ….
"""

from __future__ import annotations

import json
from typing import Any

from inspector.core.errors import Damaged, InspectorError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.members import Assembly, folder
from inspector.core.formats.torch_archive import TorchArchive
from inspector.core.model import Finding, Node, Storage, Tensor, dtype_named
from inspector.core.progress import Progress, part
from inspector.core.sources import read_exactly

_FORMAT, _PROGRAM = "archive_format", "serialized_exported_program.json"
_MAX_CONFIG = 64 << 20  # bytes of the text that says where the tensors are
_MAX_INDEX = 1 << 62
# torch/_export/serde/schema.py, `ScalarType`: numbers of its own, unlike c10's.
_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32",
    8: "float64", 9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16",
    28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz", 33: "float8_e8m0fnu", 34: "uint32", 35: "uint64",
}  # fmt: skip
_LAYOUTS = ("unknown", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc",
            "_mkldnn", "strided")  # fmt: skip


def _accepts(subject: Subject) -> bool:
    records = subject.records
    return records is not None and (_FORMAT in records or _PROGRAM in records)


def _read(subject: Subject, progress: Progress) -> Structure:
    records = subject.records
    assert records is not None
    whole = Assembly(subject)
    whole.findings += records.findings(subject.path)
    read = _read_archive if _FORMAT in records else _read_old
    nodes = read(subject, records, whole, progress)
    version = records.text("archive_version") or records.text("version")
    return whole.structure(
        "torch-export", f"torch.export{' v' + version if version else ''}", nodes
    )


def _read_archive(
    subject: Subject, records: TorchArchive, whole: Assembly, progress: Progress
) -> list[Node]:
    nodes = []
    for at, kind in enumerate(("weights", "constants", "sample_inputs")):
        share = part(progress, at / 3, (at + 1) / 3)
        share(0.0, "Reading the structure")
        below = f"data/{kind}/"
        models = []
        for record in records.names(below):
            name = record.removeprefix(below)
            model = name.removesuffix(f"_{kind}_config.json")
            if model != name:
                models.append(_tensors(subject, records, whole, share, kind, model))
            elif name.endswith(".pt"):
                models.append(_checkpoint(records, whole, share, record, kind, name))
        if models:
            nodes.append(folder(kind, models))
    for kind, below in (
        ("models", "models/"),
        ("aotinductor", "data/aotinductor/"),
        ("executorch", "data/executorch/"),
        ("extra", "extra/"),
    ):
        nodes += whole.texts_of(kind, records.names(below), records.open, below)
    return nodes


def _read_old(
    subject: Subject, records: TorchArchive, whole: Assembly, progress: Progress
) -> list[Node]:
    names = records.names()
    extra = [name for name in names if name.startswith("extra_files/")]
    rest = [name for name in names if name not in extra and name != "version"]
    nodes = whole.members(rest, records.open, progress)
    return nodes + whole.texts_of("extra_files", extra, records.open)


def _checkpoint(
    records: TorchArchive, whole: Assembly, progress: Progress, record: str, *keys: str
) -> Node:
    try:
        return whole.checkpoint(records.open(record), progress, *keys)
    except InspectorError as error:
        return whole.refused(error, *keys)


def _tensors(
    subject: Subject,
    records: TorchArchive,
    whole: Assembly,
    progress: Progress,
    kind: str,
    model: str,
) -> Node:
    """Return the tensors that a `PayloadConfig` lists."""
    path = (*subject.path, kind, model)
    try:
        config = _config(records, f"data/{kind}/{model}_{kind}_config.json")
    except InspectorError as error:
        return whole.refused(error, kind, model)
    nodes: list[Node] = []
    storages: dict[str, Storage] = {}
    findings: list[Finding] = []
    for name, payload in config.items():
        try:
            record = f"data/{kind}/{payload['path_name']}"
            if payload["use_pickle"] or payload.get("tensor_meta") is None:
                nodes.append(_checkpoint(records, whole, progress, record, kind, model, name))
                continue
            tensor = _tensor(payload, records, record, subject.prefix)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"The archive does not describe this tensor as its format demands: {error}."
            findings.append(Finding("malformed-entry", "error", message, (*path, name)))
            nodes.append(Node(name, "cut", "", "not described as the format demands"))
            continue
        if tensor.storage is not None:
            storages[tensor.storage.key] = tensor.storage
        findings += _misfits(tensor, record in records, (*path, name))
        nodes.append(Node(name, "tensor", "Parameter" if tensor.parameter else "Tensor", tensor))
    tree = Node(model, "mapping", "dict", None, tuple(nodes))
    locate = records.locate(subject.prefix, "")
    order = records.byte_order
    return whole.take(
        Structure("", "", tree, storages, locate, tuple(findings), byte_order=order)
    )  # fmt: skip


def _config(records: TorchArchive, record: str) -> dict[str, Any]:
    """Return the payloads by the names of their tensors."""
    source = records.open(record)
    try:
        if source.size > _MAX_CONFIG:
            raise ValueError("too long")
        config = json.loads(read_exactly(source, 0, source.size, "it"))["config"]
        return {str(name): dict(payload) for name, payload in config.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Damaged(f"{source.uri} is no list of tensors ({error}).") from None


def _tensor(payload: dict[str, Any], records: TorchArchive, record: str, prefix: str) -> Tensor:
    """Return the tensor of a payload; raises KeyError, TypeError or ValueError."""
    meta = payload["tensor_meta"]
    shape = tuple(map(_integer, meta["sizes"]))
    stride = tuple(map(_integer, meta["strides"]))
    if len(shape) != len(stride) or len(shape) > 64:
        raise ValueError("shape and stride do not match")
    number = meta["dtype"]
    dtype = dtype_named(_DTYPES.get(number) or f"export dtype {number!r}")
    device = meta["device"]
    index = device.get("index")
    place = str(device["type"]) + (f":{index}" if type(index) is int else "")
    layout = meta["layout"]
    tensor = Tensor(dtype, shape, stride, _integer(meta["storage_offset"]), None)
    nbytes = records.size(record) if record in records else max(0, tensor.extent[1])
    return tensor._replace(
        storage=Storage(prefix + record, place, nbytes),
        requires_grad=meta["requires_grad"] is True,
        parameter=payload["is_param"] is True,
        layout=_LAYOUTS[layout] if layout in range(len(_LAYOUTS)) else "unknown",
    )


def _integer(symbolic: dict[str, Any]) -> int:
    """Return the number of a `SymInt`; one that is only known when the program runs is none."""
    value = symbolic["as_int"]
    if type(value) is not int or not 0 <= value < _MAX_INDEX:
        raise ValueError("a size that is no number")
    return value


def _misfits(tensor: Tensor, present: bool, path: tuple[Any, ...]) -> list[Finding]:
    storage = tensor.storage
    if storage is None:
        return []
    if not present:
        message = f"Its record {storage.key!r} is not in the archive: it has no values."
        return [Finding("missing-storage", "error", message, path)]
    if tensor.extent[1] > storage.nbytes:
        message = (
            f"The tensor reaches to byte {tensor.extent[1]} of a storage that has "
            f"{storage.nbytes}: its values cannot be read."
        )
        return [Finding("out-of-bounds", "error", message, path)]
    return []


READER = Reader("torch-export", "torch.export (.pt2)", (".pt2",), _accepts, _read)
