"""The Python that loads an exported file into a network: plain text, never run by this program."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.export.plan import Fit, Plan
from inspector.core.export.renaming import StripPrefix
from inspector.core.export.targets import targets_of
from inspector.core.loading.opening import literal


def loading_code(
    plan: Plan, target: str, fit: Fit | None = None, *, prefix: str = "", freeze: bool = False
) -> str:
    """Return a program that ends with the weights in `model`, a network of the reader's own.

    `fit` decides on strict; `prefix` is what the network has in front of every key. With
    `freeze`, what was loaded is not trained.
    """
    lines = [*_opening(plan, target), *_prefixing(plan, prefix), *_loading(plan, fit)]
    if freeze:
        lines += _freezing()
    return "\n".join(lines) + "\n"


def _opening(plan: Plan, target: str) -> Iterator[str]:
    paths = [str(path) for path in targets_of(plan, target).files]
    format_name = plan.recipe.format
    if format_name == "safetensors":
        yield "from safetensors.torch import load_file"
        load = 'load_file({}, device="cpu")'
    elif format_name == "numpy":
        yield "import numpy as np"
        yield "import torch"
        load = "np.load({})"
    else:
        yield "import torch"
        mapped = "" if _is_plain(plan) else 'map_location="cpu", '
        load = f"torch.load({{}}, {mapped}weights_only=True)"
    yield ""
    if format_name == "numpy":
        yield f"with {load.format(literal(paths[0]))} as arrays:"
        yield "    state_dict = {key: torch.from_numpy(arrays[key]) for key in arrays}"
    elif len(paths) > 1:
        yield "state_dict = {}"
        yield "for path in ("
        yield from (f"    {literal(path)}," for path in paths)
        yield "):"
        yield f"    state_dict.update({load.format('path')})"
    elif _place(plan):
        yield f"checkpoint = {load.format(literal(paths[0]))}"
        yield f"state_dict = checkpoint{''.join(f'[{literal(key)}]' for key in _place(plan))}"
    else:
        yield f"state_dict = {load.format(literal(paths[0]))}"


def _is_plain(plan: Plan) -> bool:
    """Return whether no device is asked for that another machine may not have."""
    return all(row.device in ("cpu", "meta") for row in plan.rows)


def _place(plan: Plan) -> tuple[object, ...]:
    """Return the keys that lead to the state_dict in the new file."""
    for row in plan.rows:
        if row.key:
            return row.target[:-1]
    return ()


def _prefixing(plan: Plan, prefix: str) -> Iterator[str]:
    stripped = [rule.prefix for rule in plan.recipe.renames if isinstance(rule, StripPrefix)]
    if prefix:
        front = literal(prefix)
        yield f"# The network has {front} in front of these keys."
        yield f"state_dict = {{{front} + key: value for key, value in state_dict.items()}}"
    elif stripped:
        part = stripped[-1].rstrip(".")
        yield f"# For a network that has this as its part {literal(part)}, put the prefix back:"
        again = literal(part + ".")
        yield f"# state_dict = {{{again} + key: value for key, value in state_dict.items()}}"


def _loading(plan: Plan, fit: Fit | None) -> Iterator[str]:
    yield ""
    yield "# `model` is your network, built by your own code."
    assign = ", assign=True" if any(row.device == "meta" for row in plan.rows) else ""
    partial = any(drop.reason in ("not-chosen", "does-not-fit") for drop in plan.dropped)
    if fit is not None and not fit.lenient:
        yield "# Sizes differ, which load_state_dict refuses even with strict=False:"
        yield "there = model.state_dict()"
        yield "state_dict = {"
        yield "    key: value"
        yield "    for key, value in state_dict.items()"
        yield "    if key in there and value.shape == there[key].shape"
        yield "}"
    if fit.strict if fit is not None else not partial:
        yield f"model.load_state_dict(state_dict{assign})"
        return
    yield f"incompatible = model.load_state_dict(state_dict, strict=False{assign})"
    yield 'print("as they were:", incompatible.missing_keys)'
    yield 'print("not in the network:", incompatible.unexpected_keys)'


def _freezing() -> Iterator[str]:
    yield ""
    yield "# What was loaded stays as it is; the rest is trained."
    yield "for name, parameter in model.named_parameters():"
    yield "    parameter.requires_grad = name not in state_dict"
    yield "trained = [parameter for parameter in model.parameters() if parameter.requires_grad]"
    yield "# optimizer = torch.optim.AdamW(trained, lr=1e-3)"
    yield "# Batch norms go on averaging in training mode: call .eval() on frozen ones."
