"""The Python that loads a file right: plain text for people, never run by this program.

Names out of the file enter as literals that `repr` made, or in comments where `printable` has
left nothing that could end the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from keyword import iskeyword

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.base import WeightsOnly
from inspector.core.loading.notes import classes_of, devices_of
from inspector.core.loading.weights_only import OPCODES
from inspector.core.model import Attribute, Node, Path
from inspector.core.model.path import OpaqueKey
from inspector.core.recognition import Part, StateDict
from inspector.core.text import printable

_CONSUME = "consume_prefix_in_state_dict_if_present"
_LINE = 100
_MANY = 6
_EPOCHS = ("epoch", "epochs", "epoch_number", "current_epoch", "epochs_completed")
# What only wrappers write; `module` in the middle of a key may be the network's own name.
_SURELY_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")

_NUMPY = '(np.zeros(0).__reduce__()[0], "numpy.{core}.multiarray._reconstruct")'
_NUMPY_SCALAR = '(np.float64(0).__reduce__()[0], "numpy.{core}.multiarray.scalar")'

_PLAIN = ("frozenset", "slice", "range", "list", "tuple", "dict", "int", "float", "bool", "str",
          "bytes")  # fmt: skip

_JAGGED = ("torch.nested._internal.nested_tensor.NestedTensor",
           "torch.nested._internal.nested_tensor._rebuild_njt",
           "torch._dynamo.decorators._DimRange")  # fmt: skip
_DTENSOR = ("device_mesh.DeviceMesh", "_mesh_layout._MeshLayout", "_mesh_layout._FlatLayout",
            "tensor.DTensor", "tensor._dtensor_spec.DTensorSpec",
            "tensor._dtensor_spec.TensorMeta", "tensor._dtensor_spec.ShardOrderEntry",
            "tensor.placement_types.Partial", "tensor.placement_types.Replicate",
            "tensor.placement_types.Shard")  # fmt: skip

# One row per class that does nothing but hold a value: the module to import, and how
# `safe_globals` gets it. A pair gives the name in the file where Python has moved the class;
# an empty text says that the import is enough.
_HARMLESS: dict[str, tuple[str, str]] = {
    "argparse.Namespace": ("argparse", "argparse.Namespace"),
    "types.SimpleNamespace": ("types", "types.SimpleNamespace"),
    "decimal.Decimal": ("decimal", "decimal.Decimal"),
    "fractions.Fraction": ("fractions", "fractions.Fraction"),
    "uuid.UUID": ("uuid", "uuid.UUID"),
    "uuid.SafeUUID": ("uuid", "uuid.SafeUUID"),
    "torch.torch_version.TorchVersion": ("torch", "torch.torch_version.TorchVersion"),
    "torch.nn.parameter.Buffer": ("torch", "torch.nn.Buffer"),
    **dict.fromkeys(_JAGGED, ("torch._dynamo", "")),
    **{f"torch.distributed.{name}": ("torch.distributed.tensor", "") for name in _DTENSOR},
    "numpy.dtype": ("numpy", "np.dtype"),
    "numpy.ndarray": ("numpy", "np.ndarray"),
    **{
        f"datetime.{name}": ("datetime", f"datetime.{name}")
        for name in ("datetime", "date", "time", "timedelta", "timezone")
    },
    **{f"builtins.{name}": ("", name) for name in _PLAIN},
    **{
        f"{module}.{name}": ("pathlib", f'(pathlib.{name}, "{module}.{name}")')
        for module in ("pathlib", "pathlib._local")
        for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    },
    **{
        f"numpy.{core}.multiarray.{name}": ("numpy", row.format(core=core))
        for core in ("core", "_core")
        for name, row in (("_reconstruct", _NUMPY), ("scalar", _NUMPY_SCALAR))
    },
}
# An array's dtype is an object of a class of its own for each element type.
_NUMPY_DTYPES = '*{type(np.dtype(code)) for code in np.typecodes["All"]}'


def loading_code(
    checkpoint: Checkpoint, verdict: WeightsOnly, main: tuple[StateDict, Node] | None
) -> str:
    """Return a short program that ends with the weights in `model`, where there are any."""
    name = _name(checkpoint, main)
    opening = _OPENERS.get(checkpoint.format, _torch)
    lines = [*opening(checkpoint, verdict, name)]
    if checkpoint.format in _COMPLETE:
        return "\n".join(lines) + "\n"
    if main is not None:
        lines += _weights(checkpoint, *main, name)
        lines += _also(checkpoint, name)
    lines += _go_on(checkpoint, name)
    if any(_CONSUME in line for line in lines):
        at = max(i for i, line in enumerate(lines) if line.startswith(("import ", "from "))) + 1
        lines.insert(at, f"from torch.nn.modules.utils import {_CONSUME}")
    return "\n".join(lines) + "\n"


def _name(checkpoint: Checkpoint, main: tuple[StateDict, Node] | None) -> str:
    if checkpoint.root.kind == "tensor":
        return "tensor"
    if main is None or main[0].path:
        return "checkpoint"
    return "model" if main[0].pickled_module else "state_dict"


# ---- opening -------------------------------------------------------------------------------


def _torch(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    allowed = _harmless(checkpoint, verdict)
    imports = {"torch": "import torch"}
    if allowed:
        for module, _ in allowed:
            if module:
                imports[module] = "import numpy as np" if module == "numpy" else f"import {module}"
    yield from (imports[module] for module in sorted(imports))
    yield from _path(checkpoint)
    if any("cut off" in reason for reason in verdict.reasons):
        yield "# The file is damaged: torch.load cannot read it. Whole, it would be read so:"
    expressions = [expression for _, expression in allowed if expression]
    if expressions:
        yield from _allowing(expressions, name)
        return
    encoding = ', encoding="latin1"' if any("latin1" in why for why in verdict.reasons) else ""
    trusted = verdict.loads or allowed or encoding or not _pickle_is_refused(checkpoint, verdict)
    if not trusted:
        yield "# weights_only=False runs whatever the file asks for: only if you trust its origin."
        yield from _needed(checkpoint)
    only = f"weights_only={bool(trusted)}{encoding}"
    yield f'{name} = torch.load(path, map_location="cpu", {only})'


def _pickle_is_refused(checkpoint: Checkpoint, verdict: WeightsOnly) -> bool:
    opcodes = checkpoint.demands.opcodes if checkpoint.demands is not None else frozenset()
    return bool(verdict.refused or opcodes - OPCODES) or checkpoint.format not in _TORCH


def _harmless(checkpoint: Checkpoint, verdict: WeightsOnly) -> list[tuple[str, str]]:
    """Return imports and expressions that make torch take the file, if that is all it needs."""
    if checkpoint.demands is None or checkpoint.demands.opcodes - OPCODES:
        return []
    if checkpoint.format not in _TORCH or not set(verdict.refused) <= _HARMLESS.keys():
        return []
    rows = [_HARMLESS[name] for name in verdict.refused]
    return [*rows, ("numpy", _NUMPY_DTYPES)] if any(row[0] == "numpy" for row in rows) else rows


def _allowing(expressions: list[str], name: str) -> Iterator[str]:
    call = f'    {name} = torch.load(path, map_location="cpu", weights_only=True)'
    flat = f"with torch.serialization.safe_globals([{', '.join(expressions)}]):"
    if len(flat) <= _LINE:
        yield flat
        yield call
        return
    yield "harmless = ["
    yield from (f"    {expression}," for expression in expressions)
    yield "]"
    yield "with torch.serialization.safe_globals(harmless):"
    yield call


def _needed(checkpoint: Checkpoint) -> Iterator[str]:
    classes = classes_of(checkpoint)
    if classes:
        names = ", ".join(printable(name, 80) for name in classes[:_MANY])
        more = f" and {len(classes) - _MANY} more" if len(classes) > _MANY else ""
        yield f"# It imports {names}{more}."


def _path(checkpoint: Checkpoint) -> Iterator[str]:
    yield ""
    yield f"path = {_literal(checkpoint.source.uri)}"


def _safetensors(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    yield "from safetensors.torch import load_file"
    yield from _path(checkpoint)
    yield f'{name} = load_file(path, device="cpu")'


def _pickle(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    elsewhere = any(device not in ("cpu", "meta") for device in devices_of(checkpoint))
    if elsewhere:
        yield "import io"
    yield "import pickle"
    if elsewhere:
        yield ""
        yield "import torch"
        yield ""
        yield ""
        yield from _CPU_UNPICKLER
    yield from _path(checkpoint)
    yield "# Unpickling runs whatever the file asks for: only if you trust its origin."
    yield from _needed(checkpoint)
    yield 'with open(path, "rb") as file:'
    yield f"    {name} = {'CpuUnpickler(file).load()' if elsewhere else 'pickle.load(file)'}"


_CPU_UNPICKLER = (
    "class CpuUnpickler(pickle.Unpickler):",
    "    def find_class(self, module, name):",
    '        if (module, name) == ("torch.storage", "_load_from_bytes"):',
    '            return lambda data: torch.load(io.BytesIO(data), map_location="cpu",',
    "                                           weights_only=False)",
    "        return super().find_class(module, name)",
    "",
)


def _script(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    yield "import torch"
    yield from _path(checkpoint)
    yield "# The file carries the model's code, which calling the model runs."
    yield 'model = torch.jit.load(path, map_location="cpu")'
    yield "model.eval()"


def _export(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    yield "import torch"
    yield from _path(checkpoint)
    yield "program = torch.export.load(path)"
    yield "model = program.module()"


def _package(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    yield "from torch.package import PackageImporter"
    yield from _path(checkpoint)
    yield "# A package carries Python code, which loading runs: only if you trust its origin."
    yield "importer = PackageImporter(path)"
    yield "# model = importer.load_pickle(package, resource)"


def _numpy(checkpoint: Checkpoint, verdict: WeightsOnly, name: str) -> Iterator[str]:
    yield "import numpy as np"
    yield from _path(checkpoint)
    yield "arrays = np.load(path, allow_pickle=False)"


_Opener = Callable[[Checkpoint, WeightsOnly, str], Iterator[str]]
_TORCH = ("torch-zip", "torch-legacy")
_OPENERS: dict[str, _Opener] = {
    "safetensors": _safetensors,
    "pickle": _pickle,
    "torchscript": _script,
    "torch-export": _export,
    "torch-package": _package,
    "numpy": _numpy,
}
_COMPLETE = frozenset({"torchscript", "torch-export", "torch-package", "numpy"})


# ---- weights -------------------------------------------------------------------------------


def _weights(checkpoint: Checkpoint, state_dict: StateDict, node: Node, name: str) -> Iterator[str]:
    where = _expression(state_dict.path, name)
    if where is None:
        yield "# The weights stand under a key that has no spelling in Python; see the tree."
        return
    target = "model" if state_dict.pickled_module else "state_dict"
    if where != target:
        yield f"{target} = {where}"
    if state_dict.pickled_module:
        yield "model.eval()"
        return
    yield from _stripping(state_dict)
    yield ""
    yield "# `model` is your network, built by your own code as for training."
    families = [fact.value for fact in checkpoint.recognition.facts if fact.name == "family"]
    if "peft" in families:
        yield "# An adapter holds a part of the weights only: the others stay as they are."
        yield "missing, unexpected = model.load_state_dict(state_dict, strict=False)"
    else:
        yield "model.load_state_dict(state_dict)"
    yield "model.eval()"


def _stripping(state_dict: StateDict) -> Iterator[str]:
    if state_dict.wrappers:
        wrappers = ", ".join(map(_literal, state_dict.wrappers))
        yield "# What wrappers of the model put in front of every key, the outermost first."
        yield f"for prefix in ({wrappers}{',' if len(state_dict.wrappers) == 1 else ''}):"
        yield f"    {_CONSUME}(state_dict, prefix)"
    for wrapper in state_dict.inner_wrappers:
        if wrapper in _SURELY_WRAPPERS:
            yield "state_dict = {"
            yield f'    key.replace({_literal("." + wrapper)}, "."): value'
            yield "    for key, value in state_dict.items()"
            yield "}"
    if state_dict.lead:
        lead = _literal(state_dict.lead)
        yield f"# For a part of the network, whose keys do not begin with {lead}:"
        yield f"# {_CONSUME}(state_dict, {lead})"


def _also(checkpoint: Checkpoint, name: str) -> Iterator[str]:
    others = [_expression(other.path, name) for other in checkpoint.recognition.weights[1:]]
    known = [expression for expression in others if expression][:_MANY]
    if known:
        yield ""
        yield "# More weights are in this file:"
        yield from (f"# {printable(expression, 200)}" for expression in known)


# ---- going on with training ----------------------------------------------------------------

_CALLS = {
    "optimizer": "optimizer.load_state_dict({})",
    "scheduler": "scheduler.load_state_dict({})",
    "scaler": "scaler.load_state_dict({})",
}


def _go_on(checkpoint: Checkpoint, name: str) -> Iterator[str]:
    parts = checkpoint.recognition.parts
    lines = [
        line
        for role in _CALLS
        for part in parts
        if part.role == role
        for line in _part(checkpoint.root, part, name)
    ]
    epoch = next(
        (
            child.key
            for child in checkpoint.root.children[:4096]
            if child.key in _EPOCHS and type(child.key) is str and type(child.value) is int
        ),
        None,
    )
    if lines and epoch is not None:
        lines.append(f"start_epoch = {name}[{_literal(epoch)}] + 1")
    if lines:
        yield ""
        yield "# To go on training, make these as for the first run, then:"
        yield from (f"# {line}" for line in lines)


def _part(root: Node, part: Part, name: str) -> Iterator[str]:
    call, where = _CALLS.get(part.role), _expression(part.path, name)
    if call is None or where is None or printable(where) != where:
        return
    node: Node | None = root
    for step in part.path:
        node = next((child for child in node.children if child.key == step), None) if node else None
    if node is not None and node.kind == "mapping":
        yield call.format(where)
    elif node is not None and node.kind == "object":
        yield f"{part.role} = {where}"


def _expression(path: Path, name: str) -> str | None:
    """Return the Python expression for a path; None where a key has none."""
    for key in path:
        if isinstance(key, OpaqueKey):
            return None
        if not isinstance(key, Attribute):
            name += f"[{_literal(key)}]"
        elif key.isidentifier() and not iskeyword(key):
            name += f".{key}"
        else:
            name = f"getattr({name}, {_literal(str(key))})"
    return name


def _literal(value: object) -> str:
    """Return the value as Python writes it, text between double quotes where it has none."""
    written = repr(value)
    plain = type(value) is str and not {"'", '"'} & set(value)
    return f'"{written[1:-1]}"' if plain else written
