"""The first lines of a program that loads a file: get at its bytes, and have them read.

Names out of the file enter as literals that `literal` made, or in comments where `printable` has
left nothing that could end the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.base import WeightsOnly
from inspector.core.loading.notes import classes_of, devices_of
from inspector.core.loading.weights_only import OPCODES
from inspector.core.model import walk
from inspector.core.text import printable

_LINE = 100
_MODULES = {"gzip": "gzip", "bzip2": "bz2", "xz": "lzma", "lzma": "lzma", "zlib": "zlib"}
_MANY = 6

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


ARCHIVES = {"zip": "zipfile", "tar": "tarfile"}
"""Formats whose members are files of their own, and the module that reads them."""

# One row per wrapping around a whole file: its first bytes, the module that opens it.
_WRAPPINGS = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ", "lzma"),
    (b"\x5d\0\0", "lzma"),
)


class Opening:
    """Collects imports, what is defined, and the lines that end with the file in a variable."""

    def __init__(
        self, checkpoint: Checkpoint, verdict: WeightsOnly, name: str, member: str
    ) -> None:
        self.checkpoint = checkpoint
        self.verdict = verdict
        self.name = name
        """The variable that gets what the file holds."""
        self.imports: set[str] = set()
        self.definitions: list[str] = []
        self.body = [f"path = {literal(checkpoint.source.uri)}"]
        self.file = "path"
        """The expression that loaders take: the path, or bytes in memory."""
        self.packed = False
        self._unwrap()
        if member:
            self._take(member)

    def lines(self) -> list[str]:
        """Return the program so far."""
        _READERS.get(self.checkpoint.format, _torch)(self)
        return [*sorted(self.imports), *self.definitions, "", *self.body]

    def add(self, *lines: str) -> None:
        """Go on with these lines."""
        self.body += lines

    def use(self, *modules: str) -> None:
        """Import these modules."""
        self.imports |= {f"import {module}" for module in modules}

    def _unwrap(self) -> None:
        """Get at the bytes inside gzip and the like; tarfile does so itself."""
        head = self.checkpoint.source.read_at(0, 8)
        wrapping = next((module for begin, module in _WRAPPINGS if head.startswith(begin)), "")
        if wrapping and self.checkpoint.format != "tar":
            self.use("io", wrapping)
            self.add(f"with {wrapping}.open(path) as file:", "    data = io.BytesIO(file.read())")
            self.file = "data"
        elif head[:1] == b"\x78" and self.checkpoint.format in ("torch-zip", "torch-legacy"):
            self.use("io", "zlib")  # it has no open()
            self.add('with open(path, "rb") as file:')
            self.add("    data = io.BytesIO(zlib.decompress(file.read()))")
            self.file = "data"
        if self.file == "data":
            inner = self.checkpoint.format_text.split(" in ")[1:-1]  # "torch zip in gzip in xz"
            for module in [_MODULES[name] for name in reversed(inner) if name in _MODULES]:
                self.use(module)
                self.add(f"data = io.BytesIO({module}.decompress(data.read()))")

    def _take(self, member: str) -> None:
        """Get at the bytes of a member of an archive."""
        module = ARCHIVES[self.checkpoint.format]
        self.use("io", module)
        if module == "zipfile":
            self.add(f"with zipfile.ZipFile({self.file}) as archive:")
            content = f"archive.read({literal(member)})"
        else:
            self.add(f"with tarfile.open({self.file}) as archive:")
            content = f"archive.extractfile({literal(member)}).read()"
        self.add(f"    data = io.BytesIO({content})")
        self.file = "data"


def literal(value: object) -> str:
    """Return the value as Python writes it, text between double quotes where it has none."""
    written = repr(value)
    plain = type(value) is str and not {"'", '"'} & set(value)
    return f'"{written[1:-1]}"' if plain else written


def _torch(opening: Opening) -> None:
    verdict, checkpoint, name = opening.verdict, opening.checkpoint, opening.name
    opening.use("torch")
    allowed = _harmless(checkpoint, verdict)
    opening.imports |= {
        "import numpy as np" if module == "numpy" else f"import {module}"
        for module, _ in allowed
        if module
    }
    if any("cut off" in reason for reason in verdict.reasons):
        opening.add("# The file is damaged: torch cannot read it. Whole, it would be read so:")
    call = f'{name} = torch.load({opening.file}, map_location="cpu", '
    expressions = [expression for _, expression in allowed if expression]
    if expressions:
        opening.add(*_allowing(expressions), f"    {call}weights_only=True)")
        return
    encoding = ', encoding="latin1"' if any("latin1" in why for why in verdict.reasons) else ""
    trusted = verdict.loads or allowed or encoding or not _pickle_is_refused(checkpoint, verdict)
    if not trusted:
        opening.add(
            "# weights_only=False runs whatever the file asks for:",
            "# only if you trust its origin.",
        )
        opening.add(*_needed(checkpoint))
    opening.add(f"{call}weights_only={bool(trusted)}{encoding})")


def _archive(opening: Opening) -> None:
    """Load the member that has the weights, which is of any format."""
    if opening.file == "path":
        opening.add("# Its members are files of their own: unpack it, and open each.")
    elif opening.checkpoint.demands is None:
        opening.imports.add("from safetensors.torch import load")
        opening.add(f"{opening.name} = load(data.read())")
    else:
        _torch(opening)


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


def _allowing(expressions: list[str]) -> Iterator[str]:
    flat = f"with torch.serialization.safe_globals([{', '.join(expressions)}]):"
    if len(flat) <= _LINE:
        yield flat
        return
    yield "harmless = ["
    yield from (f"    {expression}," for expression in expressions)
    yield "]"
    yield "with torch.serialization.safe_globals(harmless):"


def _needed(checkpoint: Checkpoint) -> Iterator[str]:
    classes = classes_of(checkpoint)
    if classes:
        names = ", ".join(printable(name, 80) for name in classes[:_MANY])
        more = f" and {len(classes) - _MANY} more" if len(classes) > _MANY else ""
        yield f"# It imports {names}{more}."


def _safetensors(opening: Opening) -> None:
    if opening.file == "data":
        opening.imports.add("from safetensors.torch import load")
        opening.add(f"{opening.name} = load(data.read())")
        return
    opening.imports.add("from safetensors.torch import load_file")
    opening.add(f'{opening.name} = load_file(path, device="cpu")')


def _pickle(opening: Opening) -> None:
    checkpoint = opening.checkpoint
    pickled = checkpoint.demands.globals if checkpoint.demands is not None else {}
    opening.add("# Unpickling runs whatever the file asks for:", "# only if you trust its origin.")
    opening.add(*_needed(checkpoint))
    if any(module.endswith("joblib.numpy_pickle") for module, _ in pickled):
        opening.use("joblib")
        opening.add(f"{opening.name} = joblib.load(path)")
        return
    opening.use("pickle")
    load = "pickle.load({})"
    if any(device not in ("cpu", "meta") for device in devices_of(checkpoint)):
        opening.use("io", "torch")
        opening.definitions += ["", "", *_CPU_UNPICKLER]
        load = "CpuUnpickler({}).load()"
    file = "data" if opening.file == "data" else "file"
    call = load.format(file)
    if checkpoint.root.type == "pickles in a row":
        call = f"[{call} for _ in range({len(checkpoint.root.children)})]"
    if file == "data":
        opening.add(f"{opening.name} = {call}")
    else:
        opening.add('with open(path, "rb") as file:', f"    {opening.name} = {call}")


_CPU_UNPICKLER = (
    "class CpuUnpickler(pickle.Unpickler):",
    "    def find_class(self, module, name):",
    '        if (module, name) == ("torch.storage", "_load_from_bytes"):',
    '            return lambda data: torch.load(io.BytesIO(data), map_location="cpu",',
    "                                           weights_only=False)",
    "        return super().find_class(module, name)",
    "",
)


def _script(opening: Opening) -> None:
    opening.use("torch")
    opening.add(
        "# The file carries the model's code, which calling the model runs.",
        f'model = torch.jit.load({opening.file}, map_location="cpu")',
        "model.eval()",
    )


def _export(opening: Opening) -> None:
    opening.use("torch")
    opening.add(f"program = torch.export.load({opening.file})", "model = program.module()")


def _package(opening: Opening) -> None:
    opening.imports.add("from torch.package import PackageImporter")
    opening.add(
        "# A package carries Python code, which loading runs:",
        "# only if you trust its origin.",
        f"importer = PackageImporter({opening.file})",
        "# model = importer.load_pickle(package, resource)",
    )


def _numpy(opening: Opening) -> None:
    opening.imports.add("import numpy as np")
    tree = walk(opening.checkpoint.root)
    objects = any(node.kind == "array" and node.value.objects for _, node in tree)
    if objects:
        opening.add("# Arrays of Python objects are pickles: loading them runs what they name.")
    opening.add(f"arrays = np.load({opening.file}, allow_pickle={objects})")


_TORCH = ("torch-zip", "torch-legacy", *ARCHIVES)
_READERS: dict[str, Callable[[Opening], None]] = {
    "safetensors": _safetensors,
    "pickle": _pickle,
    "zip": _archive,
    "tar": _archive,
    "torchscript": _script,
    "torch-export": _export,
    "torch-package": _package,
    "numpy": _numpy,
}
COMPLETE = frozenset({"torchscript", "torch-export", "torch-package", "numpy"})
"""Formats of which there is nothing more to say."""
