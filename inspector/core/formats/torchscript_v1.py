"""TorchScript as PyTorch 1.0 to 1.2 wrote it: `model.json` instead of pickles.

torch/csrc/jit/serialization/import_legacy.cpp and caffe2/proto/torch.proto, `ModelDef` as JSON:
`mainModule` with `parameters`, `submodules` and `attributes`, each tensor a number in `tensors`,
whose entries name dtype, dims, strides, offset, device and the record with the bytes.
`attributes.pkl` (1.1, 1.2) holds the values of the attributes, `code/` and `libs/` the code.
"""

from __future__ import annotations

import json
from typing import Any

from inspector.core.errors import Damaged, InspectorError
from inspector.core.formats.base import Reader, Structure, Subject
from inspector.core.formats.members import Assembly
from inspector.core.formats.pickling.allowlist import ALLOWED
from inspector.core.formats.pickling.standins import Caller
from inspector.core.formats.torch_archive import TorchArchive
from inspector.core.formats.torch_pickle import make_tree, run_pickle
from inspector.core.model import Attribute, Finding, Node, Storage, Tensor, dtype_named
from inspector.core.progress import Progress
from inspector.core.sources import read_exactly

_MODEL, _ATTRIBUTES = "model.json", "attributes.pkl"
_MAX_JSON = 64 << 20
_MAX_INDEX = 1 << 62
_MAX_DEPTH = 60  # modules within modules
# caffe2/proto/caffe2.proto, `TensorProto.DataType`.
_DTYPES = {
    "FLOAT": "float32", "INT32": "int32", "BYTE": "uint8", "BOOL": "bool", "UINT8": "uint8",
    "INT8": "int8", "UINT16": "uint16", "INT16": "int16", "INT64": "int64", "DOUBLE": "float64",
    "FLOAT16": "float16", "BFLOAT16": "bfloat16",
}  # fmt: skip
_QUANTIZED = {"uint8": "quint8", "int8": "qint8", "int32": "qint32"}


def _accepts(subject: Subject) -> bool:
    records = subject.records
    return records is not None and _MODEL in records and "version" in records


def _read(subject: Subject, progress: Progress) -> Structure:
    progress(0.0, "Reading the structure")
    records = subject.records
    assert records is not None
    whole = Assembly(subject)
    whole.findings += records.findings(subject.path)
    model = _model(records)
    table = _tensors(model, records, subject.prefix)
    findings = [
        Finding("missing-storage", "error", f"{tensor.storage.key!r} is not there.", subject.path)
        for tensor in table
        if tensor.storage and tensor.storage.key.removeprefix(subject.prefix) not in records
    ]
    storages = {tensor.storage.key: tensor.storage for tensor in table if tensor.storage}
    try:
        root = _module(model["mainModule"], _MODEL, table, 0)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _damaged(records, error) from None
    locate = records.locate(subject.prefix, "")
    order = records.byte_order
    whole.take(Structure("", "", root, storages, locate, tuple(findings), byte_order=order))
    nodes = [root, *_attributes(subject, records, whole, table)]
    for key in ("code", "libs"):
        code = [name for name in records.names(f"{key}/") if name.endswith(".py")]
        nodes += whole.texts_of(key, code, records.open)
    nodes += whole.texts_of("extra", records.names("extra/"), records.open)
    return whole.structure("torchscript", "TorchScript of PyTorch 1.0 to 1.2", nodes)


def _model(records: TorchArchive) -> dict[str, Any]:
    source = records.open(_MODEL)
    try:
        if source.size > _MAX_JSON:
            raise ValueError("too long")
        model = json.loads(read_exactly(source, 0, source.size, "it"))
        return dict(model)
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(records, error) from None


def _tensors(model: dict[str, Any], records: TorchArchive, prefix: str) -> list[Tensor]:
    try:
        return [_tensor(entry, records, prefix) for entry in model.get("tensors", [])]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(records, error) from None


def _tensor(entry: dict[str, Any], records: TorchArchive, prefix: str) -> Tensor:
    shape = tuple(map(_number, entry.get("dims", [])))
    stride = tuple(map(_number, entry.get("strides", [])))
    if len(shape) != len(stride) or len(shape) > 64:
        raise ValueError("dims and strides do not match")
    spelled = str(entry.get("dataType", "FLOAT"))  # protobuf leaves out what is usual
    name = _DTYPES.get(spelled, spelled)
    quantization = ""
    if entry.get("isQuantized") is True:
        name = _QUANTIZED.get(name, name)
        scale, zero_point = entry.get("scale", 0), entry.get("zeroPoint", 0)
        quantization = f"per_tensor_affine, scale {scale!r}, zero point {zero_point!r}"
    record = str(entry["data"]["key"])
    tensor = Tensor(dtype_named(name), shape, stride, _number(entry.get("offset", 0)), None)
    nbytes = records.size(record) if record in records else max(0, tensor.extent[1])
    return tensor._replace(
        storage=Storage(prefix + record, str(entry.get("device", "cpu")), nbytes),
        requires_grad=entry.get("requiresGrad") is True,
        quantization=quantization,
    )


def _number(value: Any) -> int:
    """Return a number of 64 bits, which protobuf's JSON writes as text."""
    number = int(value) if type(value) is int or (type(value) is str and len(value) < 20) else -1
    if not 0 <= number < _MAX_INDEX:
        raise ValueError("a size that is no number")
    return number


def _module(entry: dict[str, Any], key: str, table: list[Tensor], depth: int) -> Node:
    if depth > _MAX_DEPTH:
        return Node(key, "cut", "", f"nested more than {_MAX_DEPTH} levels deep")
    nodes = []
    for part in entry.get("parameters", []):
        tensor = table[_number(part.get("tensorId", 0))]
        parameter = part.get("isBuffer") is not True
        tensor = tensor._replace(parameter=parameter)
        kind = "Parameter" if parameter else "Tensor"
        nodes.append(Node(Attribute(part["name"]), "tensor", kind, tensor))
    nodes += [
        _module(part, Attribute(part["name"]), table, depth + 1)
        for part in entry.get("submodules", [])
    ]
    return Node(key, "object", "torch.jit.ScriptModule", None, tuple(nodes))


def _attributes(
    subject: Subject, records: TorchArchive, whole: Assembly, table: list[Tensor]
) -> list[Node]:
    """Return the values of the modules' attributes, in the order of their numbers."""
    if _ATTRIBUTES not in records:
        return []

    def build(caller: Caller, args: tuple[Any, ...]) -> Tensor:
        """Describe `torch.jit._pickle.build_tensor_from_id(number)`."""
        return table[_number(args[0])]

    allowed = ALLOWED | {("torch.jit._pickle", "build_tensor_from_id"): build}
    try:
        subject.charge(records.size(_ATTRIBUTES))
        run = run_pickle(records.open(_ATTRIBUTES), allowed=allowed)
    except InspectorError as error:
        return [whole.refused(error, _ATTRIBUTES)]
    tree, findings = make_tree(run, (*subject.path, _ATTRIBUTES))
    locate = records.locate(subject.prefix, "")
    piece = Structure("", "", tree, {}, locate, tuple(findings), demands=run.demands)
    return [whole.take(piece._replace(arrays=run.arrays))]


def _damaged(records: TorchArchive, error: Exception) -> Damaged:
    return Damaged(
        f"{records.index.uri}: its model.json does not describe a module ({error}).",
        "Copy or download the file again.",
    )


READER = Reader("torchscript-v1", "TorchScript of PyTorch 1.0 to 1.2", (".pt",), _accepts, _read)
