"""What would go wrong on another machine, or with other versions, one sentence each."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.weights_only import present_name
from inspector.core.model import Node
from inspector.core.recognition import StateDict
from inspector.core.text import printable

_MANY = 8

# One row per dtype: the torch release that brought it, where that is 2.1 or later.
_NEW_DTYPES = {
    "float8_e4m3fn": "2.1",
    "float8_e5m2": "2.1",
    "float8_e4m3fnuz": "2.2",
    "float8_e5m2fnuz": "2.2",
    "uint16": "2.3",
    "uint32": "2.3",
    "uint64": "2.3",
    "float8_e8m0fnu": "2.7",
    "float4_e2m1fn_x2": "2.8",
}
# Steps in the keys of modules that read a state_dict otherwise where no version is said.
_CHANGED = frozenset({"_packed_params", "activation_post_process", "weight_fake_quant"})
_OWN = frozenset({"torch", "collections", "builtins", "_codecs", "copyreg", "__torch__"})


def devices_of(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the location tags of the storages in order of appearance; safetensors has none."""
    if checkpoint.format == "safetensors":
        return ()
    return tuple(dict.fromkeys(storage.device for storage in checkpoint.storages.values()))


def classes_of(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return what unpickling imports from outside of torch and Python."""
    if checkpoint.demands is None:
        return ()
    names = dict.fromkeys(present_name(*pair) for pair in checkpoint.demands.globals)
    known = _OWN | sys.stdlib_module_names
    return tuple(
        name
        for name in names
        if name.startswith("__main__.") or name.partition(".")[0] not in known
    )


def notes_of(checkpoint: Checkpoint, main: tuple[StateDict, Node] | None) -> Iterator[str]:
    """Yield the notes, the most urgent first."""
    yield from _devices(checkpoint)
    yield from _classes(checkpoint, main)
    yield from _names(checkpoint)
    yield from _dtypes(checkpoint, main)
    if main is not None:
        yield from _keys(checkpoint, *main)


def _devices(checkpoint: Checkpoint) -> Iterator[str]:
    there = [name for name in devices_of(checkpoint) if name not in ("cpu", "meta")]
    if there:
        names = ", ".join(printable(name, 40) for name in there[:_MANY])
        yield f"Saved on {names}: without map_location, loading asks for that device."


def _classes(checkpoint: Checkpoint, main: object | None) -> Iterator[str]:
    classes = classes_of(checkpoint)
    if not classes:
        return
    packages = dict.fromkeys(name.partition(".")[0] for name in classes)
    named = ", ".join(printable(name, 60) for name in packages if name not in ("__main__", "numpy"))
    if named:
        yield f"With weights_only=False it imports from {named}: these must be installed."
    script = [name for name in classes if name.startswith("__main__.")]
    if script:
        names = ", ".join(printable(name, 80) for name in script[:_MANY])
        yield f"{names}: the script that loads it must define the same class."
    if main is not None:
        yield "An export of its weights loads with weights_only=True, without these classes."


def _names(checkpoint: Checkpoint) -> Iterator[str]:
    if checkpoint.demands is None:
        return
    pairs = checkpoint.demands.globals
    modules = {module for module, _ in pairs}
    paths = {name for module, name in pairs if module.partition(".")[0] == "pathlib"}
    for name, other in (("PosixPath", "Windows"), ("WindowsPath", "Linux and macOS")):
        if name in paths:
            yield f"It holds a pathlib.{name}, which cannot be made on {other}."
    if "pathlib._local" in modules:
        yield "Its paths were written by Python 3.13: earlier versions have no pathlib._local."
    if any(module.startswith("numpy._core") for module in modules):
        yield "Its numpy values were written by numpy 2: numpy before 1.26 has no numpy._core."
    if any(module in ("__builtin__", "copy_reg") for module in modules) and (
        checkpoint.format == "pickle" and checkpoint.demands.protocol < 2
    ):
        yield "It was probably written by Python 2."


def _dtypes(checkpoint: Checkpoint, main: tuple[StateDict, Node] | None) -> Iterator[str]:
    if checkpoint.demands is not None:
        used = {name for module, name in checkpoint.demands.globals if module == "torch"}
    else:
        children = main[1].children if main is not None else ()
        used = {node.value.dtype.name for node in children if node.kind == "tensor"}
    newest = max(
        ((release, name) for name, release in _NEW_DTYPES.items() if name in used), default=None
    )
    if newest is not None:
        release, name = newest
        yield f"It holds {name}, which torch has since {release}."


def _keys(checkpoint: Checkpoint, state_dict: StateDict, node: Node) -> Iterator[str]:
    if state_dict.wrappers:
        chain = "".join(state_dict.wrappers)
        yield f"All keys begin with “{chain}”, which a wrapper added; the code strips it."
    if state_dict.lead:
        lead = printable(state_dict.lead, 60)
        yield f"All keys begin with “{lead}”: they belong to a larger module, or to a part of one."
    if state_dict.inner_wrappers:
        names = ", ".join(f"“{name}”" for name in state_dict.inner_wrappers)
        yield f"Some keys have {names} inside: a part of the model was wrapped."
    if checkpoint.demands is not None and not (
        state_dict.pickled_module or state_dict.has_versions
    ):
        # Nearly every dict that was not made by state_dict() lacks it, and nearly no module minds.
        keys = (child.key for child in node.children if isinstance(child.key, str))
        if any(_CHANGED.intersection(key.split(".")) for key in keys):
            yield (
                "It has no _metadata, the versions of the modules: load_state_dict takes quantized "
                "modules for those of the oldest version, which have other keys."
            )
