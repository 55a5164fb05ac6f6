"""Holding the keys of a plan against a network's, in the terms of `load_state_dict`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inspector.core.export.plan import Fit, Mismatch, Plan
from inspector.core.model import Tensor
from inspector.core.text import plural, printable, shape

_MANY = 6
_COUNTER = "num_batches_tracked"  # of a batch norm; made up for files that do not know it
_KNOWS_COUNTER = 2  # the version of a batch norm that does


def fit_of(plan: Plan, target: Mapping[str, Tensor]) -> Fit:
    """Return what `load_state_dict` would report; `target` is the network's state_dict."""
    ours = {row.key: row.made for row in plan.rows if row.key}
    return fit_between(ours, target, _versions(plan))


def fit_between(
    ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor], versions: Mapping[str, int]
) -> Fit:
    """Hold two state_dicts against each other; `versions` are those of our modules, by name."""
    matched, mismatched, dtypes = [], [], []
    for key, tensor in ours.items():
        other = theirs.get(key)
        if other is None:
            continue
        if not fits(tensor, other):
            mismatched.append(Mismatch(key, tensor.shape, other.shape))
            continue
        matched.append(key)
        if tensor.dtype != other.dtype:
            dtypes.append(Mismatch(key, tensor.dtype.name, other.dtype.name))
    missing = [key for key in theirs if key not in ours and not _is_made_up(key, ours, versions)]
    unexpected = [key for key in ours if key not in theirs]
    return Fit(*map(tuple, (matched, missing, unexpected, mismatched, dtypes)))  # type: ignore[arg-type]


def fits(tensor: Tensor, other: Tensor) -> bool:
    """Return whether torch copies a tensor onto another one; old files have scalars in a list."""
    return tensor.shape == other.shape or (
        other.shape == () and len(tensor.shape) == 1 and tensor.shape[0] > 0
    )


def _is_made_up(key: str, ours: Mapping[str, Tensor], versions: Mapping[str, int]) -> bool:
    """Return whether a batch norm makes up for a counter that the state_dict does not have.

    It does so for a state_dict without versions, or of a version before the counter
    (torch/nn/modules/batchnorm.py, `_load_from_state_dict`).
    """
    module, _, name = key.rpartition(".")
    return name == _COUNTER and versions.get(module, 0) < _KNOWS_COUNTER


def _versions(plan: Plan) -> dict[str, int]:
    found: dict[str, int] = {}
    for file in plan.files:
        nodes = [file.root, *file.root.children]
        for node in nodes:
            for child in node.children:
                if str(child.key) == "_metadata" and node.type == "collections.OrderedDict":
                    for module in child.children:
                        for entry in module.children:
                            if entry.key == "version" and type(entry.value) is int:
                                found[str(module.key)] = entry.value
    return found


def fit_sentences(fit: Fit) -> list[str]:
    """Return what fits and what not, and what both ways of loading would do, for people."""
    said = [f"{plural(len(fit.matched), 'key')} fit the target."]
    said += _listed("missing key", fit.missing, "in the target, but not here")
    said += _listed("unexpected key", fit.unexpected, "here, but not in the target")
    said += _listed(
        "size mismatch",
        [
            f"{row.key} ({shape(tuple(row.ours))} here, {shape(tuple(row.theirs))} there)"  # type: ignore[arg-type]
            for row in fit.mismatched
        ],
        "",
    )
    if fit.dtypes:
        names = sorted({f"{row.ours} to {row.theirs}" for row in fit.dtypes})
        said.append(f"{plural(len(fit.dtypes), 'tensor')} are cast while loading: {names[0]} …")
        if len(names) == 1:
            said[-1] = f"{plural(len(fit.dtypes), 'tensor')} are cast while loading: {names[0]}."
    said.append(strictly(fit))
    return said


def strictly(fit: Fit) -> str:
    """Return what strict=True and strict=False do, in a sentence."""
    if fit.strict:
        return "load_state_dict loads it with strict=True."
    if fit.lenient:
        left = f"; {plural(len(fit.missing), 'key')} of the target stay as they are"
        return (
            "load_state_dict refuses it with strict=True and loads it with strict=False"
            f"{left if fit.missing else ''}."
        )
    return "load_state_dict refuses it, with strict=False too: sizes differ."


def _listed(what: str, names: Iterable[str], where: str) -> list[str]:
    names = list(names)
    if not names:
        return []
    shown = ", ".join(printable(name, 100) for name in names[:_MANY])
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    said = f"{plural(len(names), what).replace('mismatchs', 'mismatches')}"
    return [f"{said}{f' ({where})' if where else ''}: {shown}{more}."]
