"""The Python that loads a file right: plain text for people, never run by this program."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.base import WeightsOnly
from inspector.core.loading.detour import detour, needs_detour
from inspector.core.loading.opening import ARCHIVES, COMPLETE, Opening, literal
from inspector.core.model import Node, Path
from inspector.core.model.path import OpaqueKey, python_path
from inspector.core.recognition import Part, StateDict
from inspector.core.text import printable

_CONSUME = "consume_prefix_in_state_dict_if_present"
_IMPORT = f"from torch.nn.modules.utils import {_CONSUME}"
_MANY = 6
_EPOCHS = ("epoch", "epochs", "epoch_number", "current_epoch", "epochs_completed")
# What only wrappers write; `module` in the middle of a key may be the network's own name.
_SURELY_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")


def loading_code(
    checkpoint: Checkpoint, verdict: WeightsOnly, main: tuple[StateDict, Node] | None
) -> str:
    """Return a short program that ends with the weights in `model`, where there are any."""
    place: Path = ()  # of what the program loads: the whole file, or one member
    member = ""
    if checkpoint.format in ARCHIVES and main is not None and main[0].path:
        member = str(main[0].path[0])
        place = main[0].path[:1]
    if needs_detour(checkpoint):
        return "\n".join(_by_detour(checkpoint, main)) + "\n"
    name = _name(checkpoint, main, place)
    opening = Opening(checkpoint, verdict, name, member)
    lines: list[str] = []
    if checkpoint.format not in COMPLETE:
        if main is not None:
            lines += _weights(checkpoint, *main, name, place)
            lines += _also(checkpoint, name, place)
        lines += _go_on(checkpoint, name, place)
    if any(_CONSUME in line for line in lines):
        opening.imports.add(_IMPORT)
    return "\n".join([*opening.lines(), *lines]) + "\n"


def _by_detour(checkpoint: Checkpoint, main: tuple[StateDict, Node] | None) -> Iterator[str]:
    """Load what `inspector export` makes of the file: a bare state_dict, if it finds one."""
    if main is None:
        yield from detour(checkpoint, None, "checkpoint")
        return
    state_dict, node = main
    bare = state_dict._replace(path=(), pickled_module=False)
    weights = list(_weights(checkpoint, bare, node, "state_dict", ()))
    imports = [_IMPORT] if any(_CONSUME in line for line in weights) else []
    yield from detour(checkpoint, state_dict.path, "state_dict", imports)
    others = (child for child in node.children if child.kind != "tensor")
    if not state_dict.pickled_module and any(child.key != "_metadata" for child in others):
        yield "# Beside them are values that no network takes."
        yield "state_dict = {k: v for k, v in state_dict.items() if isinstance(v, torch.Tensor)}"
    yield from weights


def _name(checkpoint: Checkpoint, main: tuple[StateDict, Node] | None, place: Path) -> str:
    if checkpoint.root.kind == "tensor":
        return "tensor"
    if main is None or main[0].path != place:
        return "checkpoint"
    return "model" if main[0].pickled_module else "state_dict"


# ---- weights -------------------------------------------------------------------------------


def _weights(
    checkpoint: Checkpoint, state_dict: StateDict, node: Node, name: str, place: Path
) -> Iterator[str]:
    where = _expression(state_dict.path, name, place)
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
        wrappers = ", ".join(map(literal, state_dict.wrappers))
        yield "# What wrappers of the model put in front of every key, the outermost first."
        yield f"for prefix in ({wrappers}{',' if len(state_dict.wrappers) == 1 else ''}):"
        yield f"    {_CONSUME}(state_dict, prefix)"
    for wrapper in state_dict.inner_wrappers:
        if wrapper in _SURELY_WRAPPERS:
            yield "state_dict = {"
            yield f'    key.replace({literal("." + wrapper)}, "."): value'
            yield "    for key, value in state_dict.items()"
            yield "}"
    if state_dict.lead:
        lead = literal(state_dict.lead)
        yield f"# For a part of the network, whose keys do not begin with {lead}:"
        yield f"# {_CONSUME}(state_dict, {lead})"


def _also(checkpoint: Checkpoint, name: str, place: Path) -> Iterator[str]:
    others = [_expression(other.path, name, place) for other in checkpoint.recognition.weights[1:]]
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
    "rng": "torch.set_rng_state({})",
}


def _go_on(checkpoint: Checkpoint, name: str, place: Path) -> Iterator[str]:
    parts = checkpoint.recognition.parts
    lines = [
        line
        for role in _CALLS
        for part in parts
        if part.role == role
        for line in _part(checkpoint.root, part, name, place)
    ]
    epoch = next(
        (
            child.key
            for child in checkpoint.root.children[:4096]
            if child.key in _EPOCHS and type(child.key) is str and type(child.value) is int
        ),
        None,
    )
    if lines and epoch is not None and not place:
        lines.append(f"start_epoch = {name}[{literal(epoch)}] + 1")
    if lines:
        yield ""
        yield "# To go on training, make these as for the first run, then:"
        yield from (f"# {line}" for line in lines)


def _part(root: Node, part: Part, name: str, place: Path) -> Iterator[str]:
    call, where = _CALLS.get(part.role), _expression(part.path, name, place)
    if call is None or where is None or printable(where) != where:
        return
    node: Node | None = root
    for step in part.path:
        node = next((child for child in node.children if child.key == step), None) if node else None
    if node is None:
        return
    if part.role == "rng":  # of the CPU: the others have no one shape
        if node.kind == "tensor" and "cuda" not in str(node.key):
            yield call.format(where)
    elif node.kind == "mapping":
        yield call.format(where)
    elif node.kind == "object":
        yield f"{part.role} = {where}"


def _expression(path: Path, name: str, place: Path) -> str | None:
    """Return the Python expression for a path; None where a key has none, or in another member."""
    inside = path[len(place) :]
    if path[: len(place)] != place or any(isinstance(key, OpaqueKey) for key in inside):
        return None
    return python_path(inside, name, literal)
