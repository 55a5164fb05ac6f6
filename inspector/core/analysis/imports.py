"""What the pickle of a checkpoint would import, sorted by what it is for."""

from __future__ import annotations

from typing import Literal, NamedTuple

from inspector.core.checkpoint import Checkpoint
from inspector.core.formats.dangers import is_dangerous
from inspector.core.formats.pickling.allowlist.numpy_rows import NUMPY
from inspector.core.formats.pickling.allowlist.python_rows import PYTHON
from inspector.core.formats.pickling.allowlist.torch_rows import TORCH
from inspector.core.loading.weights_only import ALLOWED, present_name
from inspector.core.model import Path, walk

ImportClass = Literal["dangerous", "unknown", "plain", "tensor"]

# Known here, but what they return, or run, is up to the file.
_AS_THE_FILE_SAYS = frozenset({"builtins.getattr"})
# Classes of no behaviour: they hold what they are given.
_HOLDERS = frozenset(
    {"argparse.Namespace", "types.SimpleNamespace", "decimal.Decimal", "fractions.Fraction",
     "uuid.UUID", "collections.namedtuple", "collections.UserDict", "collections.UserList"}
)  # fmt: skip
# The last one loads bytes inside the pickle; what these name is counted as well.
_ARRAYS = frozenset({"numpy.ndarray", "numpy.dtype", "torch.storage._load_from_bytes"})


class Import(NamedTuple):
    """Something that the pickle names."""

    name: str
    """`module.name`, as Python 3 spells it."""
    sort: ImportClass
    times: int
    """How often the pickle says so; a pickler says each name once, as a rule."""
    where: Path | None
    """The first object of this class in the tree; None if it is a function, or made no object."""


def imports_of(checkpoint: Checkpoint) -> tuple[Import, ...]:
    """Return everything that is named, what can do most harm first; nothing is imported here."""
    if checkpoint.demands is None:
        return ()
    counts: dict[str, int] = {}
    sorts: dict[str, ImportClass] = {}
    for (module, name), count in checkpoint.demands.globals.items():
        spelled = present_name(module, name)
        counts[spelled] = counts.get(spelled, 0) + count
        sorts[spelled] = _sort(module, name)
    places = _places(checkpoint, {name for name, sort in sorts.items() if sort != "tensor"})
    found = [Import(name, sorts[name], counts[name], places.get(name)) for name in counts]
    order = ("dangerous", "unknown", "plain", "tensor")
    return tuple(sorted(found, key=lambda row: order.index(row.sort)))


def _sort(module: str, name: str) -> ImportClass:
    spelled = present_name(module, name)
    if is_dangerous(module, name):
        return "dangerous"
    if spelled in _AS_THE_FILE_SAYS:
        return "unknown"
    if (module, name) in TORCH or (module, name) in NUMPY or spelled in _ARRAYS:
        return "tensor"
    if spelled in ALLOWED:
        return "tensor" if spelled.startswith("torch.") else "plain"
    return "plain" if (module, name) in PYTHON or spelled in _HOLDERS else "unknown"


def _places(checkpoint: Checkpoint, names: set[str]) -> dict[str, Path]:
    """Return where the first object of each class stands."""
    places: dict[str, Path] = {}
    if not names:
        return places
    spelled = {name.removeprefix("builtins."): name for name in names}
    for path, node in walk(checkpoint.root):
        name = spelled.get(node.type)
        if name is not None and name not in places:
            places[name] = path
            if len(places) == len(names):
                break
    return places
