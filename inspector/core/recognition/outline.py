"""A model as a short list of its modules, equal neighbours told once: concluded from names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import indexOf, itemgetter
from typing import NamedTuple

from inspector.core.model import Node, Tensor
from inspector.core.recognition.layers import layer_text
from inspector.core.recognition.survey import is_module

_key = itemgetter(0)  # of a Node, without leaving C
_DEEPEST = 64
_NEAR = 64  # neighbours; no layer has more tensors
_MOST_SIBLINGS = 200_000  # among more, a window would feel the search for one
_OF_A_LAYER = ("lora_A", "lora_B", "parametrizations", "weight", "original", "default")


@dataclass
class ModulePart:
    """A module: the tensors it holds itself, and the modules inside it."""

    name: str = ""
    path: str = ""
    """From the root of the model, with dots."""
    tensors: dict[str, Tensor] = field(default_factory=dict)
    inside: dict[str, ModulePart] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What it probably is, e.g. `Linear 640 → 2048, bias`; empty if unknown."""
        return layer_text(self.tensors | _own(self), self.path)

    @property
    def elements(self) -> int:
        """The elements of all tensors in it."""
        own = sum(tensor.elements for tensor in self.tensors.values())
        return own + sum(part.elements for part in self.inside.values())


class OutlineRow(NamedTuple):
    """One module, or a run of equal ones."""

    name: str
    """`layer4.[0-2]` for three equal neighbours."""
    depth: int
    text: str
    """What it probably is; empty for a mere container."""
    times: int
    """How many equal modules the row stands for."""
    elements: int
    """Of all of them together."""


def modules_of(node: Node, limit: int = 200_000) -> ModulePart:
    """Return the modules that the names in a state_dict, or a pickled module, form."""
    whole = ModulePart()
    for name, tensor in _named(node, "", [limit]):
        steps = name.split(".", _DEEPEST)  # deeper, the rest of a name is one step
        part = whole
        for step in steps[:-1]:
            if step not in part.inside:
                path = f"{part.path}.{step}" if part.path else step
                part.inside[step] = ModulePart(step, path)
            part = part.inside[step]
        part.tensors[steps[-1]] = tensor
    return whole


def layer_of(node: Node, prefix: str = "") -> str:
    """Return what the module at `prefix` (`layer1.0.conv1`) probably is; empty if unknown."""
    begin = f"{prefix}." if prefix else ""
    group = {
        name[len(begin) :]: tensor
        for name, tensor in _named(node, "", [200_000])
        if name.startswith(begin)
    }
    return _told(group, prefix)


def _told(group: dict[str, Tensor], name: str) -> str:
    if any("." in key and key.split(".")[0] not in _OF_A_LAYER for key in group):
        own = {key: tensor for key, tensor in group.items() if "." not in key}
        # Attention holds its own weights beside one projection; any other module with parts is
        # described by these.
        return layer_text(own, name) if "in_proj_weight" in own else ""
    return layer_text(group, name)


def layer_around(parent: Node, key: str) -> tuple[str, str]:
    """Return a tensor's name in its layer and what that probably is; empty texts if unknown.

    The tensors of a layer stand together in every file; only what is near is looked at.
    """
    children = parent.children
    if len(children) > _MOST_SIBLINGS:
        return "", ""
    try:
        place = indexOf(map(_key, children), key)
    except ValueError:
        return "", ""
    steps = key.split(".")
    own = [steps.pop()]
    while steps and steps[-1] in _OF_A_LAYER:
        own.insert(0, steps.pop())
    layer = ".".join(steps)
    begin = f"{layer}." if layer else ""
    near = children[max(0, place - _NEAR) : place + _NEAR]
    group = {
        child.key[len(begin) :]: child.value
        for child in near
        if child.kind == "tensor" and type(child.key) is str and child.key.startswith(begin)
    }
    found = _told(group, layer or str(parent.key))
    return (".".join(own), found) if found else ("", "")


def outline(node: Node, deepest: int = 3) -> tuple[OutlineRow, ...]:
    """Return the modules of a model down to a depth, equal neighbours folded into one row."""
    return tuple(_rows(modules_of(node), 0, deepest, ""))


def _rows(part: ModulePart, depth: int, deepest: int, name: str) -> Iterator[OutlineRow]:
    for run in _runs(list(part.inside.values())):
        first = run[0]
        step = first.name if len(run) == 1 else f"[{first.name}-{run[-1].name}]"
        elements = sum(member.elements for member in run)
        where = f"{name}{step}"
        # A module that only holds numbered ones, or one, is told together with it: `layer4.[0-2]`.
        numbered = all(key.isdigit() for key in first.inside) or len(first.inside) == 1
        if first.inside and numbered and not first.tensors and len(run) == 1 and not first.text:
            yield from _rows(first, depth, deepest, f"{where}.")
            continue
        yield OutlineRow(where, depth, first.text, len(run), elements)
        if depth + 1 < deepest and not first.text:
            yield from _rows(first, depth + 1, deepest, "")


def _runs(parts: list[ModulePart]) -> Iterator[list[ModulePart]]:
    """Yield runs of neighbours that are numbered without a gap and have the same shape."""
    run: list[ModulePart] = []
    signature: object = None
    for part in parts:
        own = _signature(part) if part.name.isdigit() else None
        follows = run and own is not None and own == signature
        if follows and int(part.name) == int(run[-1].name) + 1:
            run.append(part)
            continue
        if run:
            yield run
        run, signature = [part], own
    if run:
        yield run


def _signature(part: ModulePart) -> tuple[object, ...]:
    """Return what two equal modules have in common: names and shapes all the way down."""
    return (
        tuple((name, tensor.shape) for name, tensor in part.tensors.items()),
        tuple((name, _signature(inner)) for name, inner in part.inside.items()),
    )


def _own(part: ModulePart) -> dict[str, Tensor]:
    """Return tensors of inner modules that belong to the layer itself, by their dotted names."""
    own: dict[str, Tensor] = {}
    for name in _OF_A_LAYER:
        inner = part.inside.get(name)
        if inner is not None:
            own |= {f"{name}.{key}": tensor for key, tensor in inner.tensors.items()}
            own |= {f"{name}.{key}": tensor for key, tensor in _own(inner).items()}
    return own


def _named(node: Node, prefix: str, left: list[int]) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors below a node under dotted names, as many as `left` allows."""
    for child in node.children:
        if left[0] <= 0:
            return
        if not isinstance(child.key, str | int):
            continue
        if child.kind == "tensor":
            left[0] -= 1
            yield f"{prefix}{child.key}", child.value
        elif child.children and (child.kind == "mapping" or is_module(child)) and str(child.key):
            yield from _named(child, f"{prefix}{child.key}.", left)
