"""Foretell whether `torch.load(weights_only=True)` opens a file, without calling it.

The rules are those of torch 2.13: `torch/_weights_only_unpickler.py` and `load`, `_legacy_load` in
`torch/serialization.py`. The tests hold the tables to the torch that is installed, and the verdict
to what it does with real files.
"""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.checkpoint import Checkpoint, PickleDemands
from inspector.core.loading.base import WeightsOnly
from inspector.core.model import Node
from inspector.core.text import plural, printable

_DTYPES = (
    "bfloat16", "bits16", "bits1x8", "bits2x4", "bits4x2", "bits8", "bool", "complex128",
    "complex32", "complex64", "float16", "float32", "float4_e2m1fn_x2", "float64",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu",
    "int1", "int16", "int2", "int3", "int32", "int4", "int5", "int6", "int64", "int7", "int8",
    "qint32", "qint8", "quint2x4", "quint4x2", "quint8", "uint1", "uint16", "uint2", "uint3",
    "uint32", "uint4", "uint5", "uint6", "uint64", "uint7", "uint8",
)  # fmt: skip
_REBUILDERS = (
    "_rebuild_device_tensor_from_cpu_tensor", "_rebuild_device_tensor_from_numpy",
    "_rebuild_meta_tensor_no_storage", "_rebuild_nested_tensor", "_rebuild_parameter",
    "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_tensor",
    "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_wrapper_subclass",
)  # fmt: skip
_SCHEMES = (
    "per_channel_affine", "per_channel_affine_float_qparams", "per_channel_symmetric",
    "per_tensor_affine", "per_tensor_symmetric",
)  # fmt: skip
_STORED = (
    "BFloat16", "Bool", "Byte", "Char", "ComplexDouble", "ComplexFloat", "Double", "Float",
    "Half", "Int", "Long", "Short",
)  # fmt: skip
_QUANTIZED = ("QInt32", "QInt8", "QUInt2x4", "QUInt4x2", "QUInt8")
_DENSE = (
    "BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short",
)  # fmt: skip
_SPARSE = tuple(name for name in _DENSE if name != "Bool")
_OTHERS = (
    "_codecs.encode",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.set",
    "collections.Counter",
    "collections.OrderedDict",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout",
    "torch._tensor._rebuild_from_type_v2",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
)

ALLOWED = frozenset(
    [
        *_OTHERS,
        *(f"torch.{name}" for name in (*_DTYPES, *_SCHEMES)),
        *(f"torch._utils.{name}" for name in _REBUILDERS),
        *(f"torch.{name}Storage" for name in (*_STORED, *_QUANTIZED)),
        *(f"torch.cuda.{name}Storage" for name in _STORED),
        *(f"torch{on}.{name}Tensor" for on in ("", ".cuda") for name in _DENSE),
        *(f"torch{on}.sparse.{name}Tensor" for on in ("", ".cuda") for name in _SPARSE),
    ]
)
"""`_get_allowed_globals()`: what may be named without `add_safe_globals`."""

OPCODES = frozenset(b"cR\x81baesu(t\x85\x86\x87N\x88\x89)]}\x8fJKMGXUQhjqr\x8a\x80.")
"""All that torch's unpickler knows; any other ends it."""

# Names of Python 2 that torch reads as those of Python 3, where both occur in checkpoints:
# NAME_MAPPING and IMPORT_MAPPING in `torch/_utils.py`.
_NAMES = {
    ("__builtin__", "xrange"): "builtins.range",
    ("__builtin__", "long"): "builtins.int",
    ("__builtin__", "unicode"): "builtins.str",
    ("__builtin__", "basestring"): "builtins.str",
    ("__builtin__", "unichr"): "builtins.chr",
    ("__builtin__", "reduce"): "functools.reduce",
    ("__builtin__", "intern"): "sys.intern",
}
_MODULES = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "Queue": "queue",
    "repr": "reprlib",
    "_abcoll": "collections.abc",
    "UserDict": "collections",
    "UserList": "collections",
    "UserString": "collections",
    "whichdb": "dbm",
    "StringIO": "io",
    "cStringIO": "io",
}

# One row per format that torch.load never reads this way: why not.
_CONTAINERS = {
    "torchscript": "It is a TorchScript archive, which torch.load refuses with weights_only=True; "
    "torch.jit.load reads it, and runs its code.",
    "pickle": "It is a plain pickle, not a file that torch.save wrote.",
    "torch-tar": "It has the tar format of torch before 0.1.10, which weights_only=True refuses.",
    "torch-export": "It is an exported program; torch.export.load reads it.",
    "torch-package": "It is a torch.package archive; torch.package.PackageImporter reads it, and "
    "runs its code.",
    "numpy": "It is a numpy file; numpy.load reads it.",
}
_TORCH_MAGIC = {
    "torch-zip": b"PK\x03\x04",
    "torch-legacy": bytes.fromhex("80028a0a6cfc9c46f9206aa850192e"),
}
# Findings of the readers that stop torch as well: damage, and streams that no pickler writes.
_FATAL = frozenset(
    {
        "truncated", "missing-storage", "storage-size", "out-of-bounds", "several-roots", "no-root",
        "invalid-text", "malformed-arguments", "append-to-nothing", "setitem-on-nothing",
        "build-on-plain",
    }
)  # fmt: skip
_NO_SAFETENSORS = frozenset(
    {
        "truncated", "storage-size", "out-of-bounds", "hole", "overlap", "trailing-bytes",
        "malformed-entry",
    }
)  # fmt: skip
_PYTHON2_STRING = 0x55
_UNTYPED = ("torch.storage", "UntypedStorage")
# `_legacy_load` asks the class for its dtype, which it does not have.
_UNREADABLE = (
    "It holds untyped storages in the old format: torch (2.13 still) writes such files, but cannot "
    "read them."
)
_MANY = 8


# Opcodes that torch does not know, by CPython's names (`Lib/pickletools.py`).
_OPCODE_NAMES = {
    0x49: "INT",
    0x4C: "LONG",
    0x8B: "LONG4",
    0x53: "STRING",
    0x54: "BINSTRING",
    0x42: "BINBYTES",
    0x43: "SHORT_BINBYTES",
    0x8E: "BINBYTES8",
    0x96: "BYTEARRAY8",
    0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
    0x56: "UNICODE",
    0x8C: "SHORT_BINUNICODE",
    0x8D: "BINUNICODE8",
    0x46: "FLOAT",
    0x6C: "LIST",
    0x64: "DICT",
    0x90: "ADDITEMS",
    0x91: "FROZENSET",
    0x30: "POP",
    0x32: "DUP",
    0x31: "POP_MARK",
    0x67: "GET",
    0x70: "PUT",
    0x94: "MEMOIZE",
    0x82: "EXT1",
    0x83: "EXT2",
    0x84: "EXT4",
    0x93: "STACK_GLOBAL",
    0x69: "INST",
    0x6F: "OBJ",
    0x92: "NEWOBJ_EX",
    0x95: "FRAME",
    0x50: "PERSID",
}


def foretell(checkpoint: Checkpoint) -> WeightsOnly:
    """Return what `torch.load(file, map_location="cpu", weights_only=True)` would do."""
    if checkpoint.format == "safetensors":
        return _safetensors(checkpoint)
    refused = refused_globals(checkpoint.demands)
    reasons = [*_container(checkpoint)]
    if not reasons and checkpoint.demands is not None:
        reasons += _pickle(checkpoint.demands, refused, checkpoint.root)
        if checkpoint.format == "torch-legacy" and _UNTYPED in checkpoint.demands.globals:
            reasons.append(_UNREADABLE)
    reasons += [
        finding.message for finding in checkpoint.findings if finding.code in _FATAL
    ][:_MANY]  # fmt: skip
    return WeightsOnly(not reasons, refused, tuple(reasons))


def refused_globals(demands: PickleDemands | None) -> tuple[str, ...]:
    """Return the globals that are not on torch's list, under their names of Python 3."""
    if demands is None:
        return ()
    names = dict.fromkeys(present_name(*pair) for pair in demands.globals)
    return tuple(name for name in names if name not in ALLOWED)


def present_name(module: str, name: str) -> str:
    """Return `module.name` as torch reads it, whatever Python wrote it."""
    return _NAMES.get((module, name)) or f"{_MODULES.get(module, module)}.{name}"


def _safetensors(checkpoint: Checkpoint) -> WeightsOnly:
    if checkpoint.source.uri.endswith(".safetensors"):
        broken = [f.message for f in checkpoint.findings if f.code in _NO_SAFETENSORS]
        return WeightsOnly(not broken, (), tuple(broken[:_MANY]))
    reason = (
        "It is a safetensors file, which torch.load knows by its ending .safetensors only; "
        "safetensors.torch.load_file reads it."
    )
    return WeightsOnly(False, (), (reason,))


def _container(checkpoint: Checkpoint) -> Iterable[str]:
    magic = _TORCH_MAGIC.get(checkpoint.format)
    if magic is None:
        yield _CONTAINERS.get(
            checkpoint.format, f"torch.load does not read the format {checkpoint.format}."
        )
    elif checkpoint.source.read_at(0, len(magic)) != magic:
        yield "It is packed in another format, which has to be unpacked first."


def _pickle(demands: PickleDemands, refused: tuple[str, ...], root: Node) -> Iterable[str]:
    if refused:
        names = ", ".join(printable(name, 80) for name in refused[:_MANY])
        more = f" and {len(refused) - _MANY} more" if len(refused) > _MANY else ""
        yield f"{plural(len(refused), 'global')} not on torch's list: {names}{more}."
    unknown = sorted(demands.opcodes - OPCODES)
    if unknown:
        names = ", ".join(_OPCODE_NAMES.get(code, hex(code)) for code in unknown[:_MANY])
        yield (
            f"Its pickle has protocol {demands.protocol}, of which torch knows only a part; "
            f"not these opcodes: {names}."
        )
    elif _PYTHON2_STRING in demands.opcodes and _has_bytes(root):
        yield 'Strings of Python 2 in it are not UTF-8: torch.load needs encoding="latin1".'


def _has_bytes(root: Node) -> bool:
    """True if some Python-2 string could not be read as text; only such files are searched."""
    stack = [root]
    while stack:
        node = stack.pop()
        if type(node.value) is bytes or type(node.key) is bytes:
            return True
        stack += node.children
    return False
