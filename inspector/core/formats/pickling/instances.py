"""Instances of well-known classes, as the values that a person would see: one row per class.

A row is asked when the tree is made, after the stream has handed everything over. It returns None
if the instance is not what its class usually is; it is then shown as any other object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.core.formats.pickling.allowlist.numpy_rows import filled_array, filled_masked_array
from inspector.core.formats.pickling.allowlist.torch_rows import old_tensor
from inspector.core.formats.pickling.standins import (
    Global,
    Instance,
    PickledDict,
    PickledSequence,
    PlainValue,
)

_PLAIN = frozenset({str, int, float, bool, type(None), bytes, complex})
_OLD_TENSORS = ("Double", "Float", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool")
_OMEGACONF_NODES = (
    "AnyNode",
    "BooleanNode",
    "BytesNode",
    "EnumNode",
    "FloatNode",
    "IntegerNode",
    "PathNode",
    "StringNode",
)


def known_value(instance: Instance) -> Any:
    """Return what to show instead of an instance, or None."""
    if type(instance.cls) is not Global:
        return None
    row = _KNOWN.get(instance.cls.text)
    if row is not None:
        return row(instance)
    if not (instance.states or instance.items or instance.pairs or instance.kwargs):
        # A class called with one plain value: an enum's member, a Decimal, a Fraction.
        args = instance.args
        if type(args) is tuple and len(args) == 1 and type(args[0]) in _PLAIN:
            return PlainValue(instance.cls.text, args[0])
    return None


def _state(instance: Instance) -> dict[Any, Any]:
    """Return the attributes of an instance whose state is one dict of text keys."""
    state = instance.states[0] if len(instance.states) == 1 else None
    if type(state) is tuple and len(state) == 2:  # (__dict__, __slots__)
        state = state[0] if state[0] is not None else state[1]
    if not isinstance(state, PickledDict):
        return {}
    pairs = zip(state.pairs[::2], state.pairs[1::2], strict=True)
    return {key: value for key, value in pairs if type(key) is str}


def _uuid(instance: Instance) -> PlainValue | None:
    number = _state(instance).get("int")
    if type(number) is not int or not 0 <= number < 1 << 128:
        return None
    digits = f"{number:032x}"
    groups = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
    return PlainValue("uuid.UUID", "-".join(groups))


def _partial(instance: Instance) -> Instance | None:
    """`functools.partial` is handed `(function, args, keywords, attributes)`."""
    state = instance.states[0] if len(instance.states) == 1 else None
    if type(state) is not tuple or len(state) != 4:
        return None
    shown = Instance(Global("functools", "partial object"))
    names = ("func", "args", "keywords")
    pairs = [item for pair in zip(names, state, strict=False) for item in pair]
    shown.states = (PickledDict(pairs=pairs),)
    return shown


def _omegaconf_container(instance: Instance) -> Any:
    """Return the content of a DictConfig or ListConfig (`omegaconf/basecontainer.py`)."""
    content = _state(instance).get("_content")
    if isinstance(content, PickledDict):
        return PickledDict(instance.cls.text, content.pairs)
    if type(content) is list:
        return PickledSequence(instance.cls.text, content)
    return None


def _omegaconf_node(instance: Instance) -> Any:
    """Return the value of an omegaconf leaf, `AnyNode` and its relatives (`omegaconf/nodes.py`)."""
    state = _state(instance)
    value = state.get("_val")
    return PlainValue(instance.cls.text, value) if type(value) in _PLAIN else value


def _unfilled(instance: Instance) -> PlainValue:
    """torch's UninitializedParameter and its buffer: LazyLinear's, before the first input."""
    return PlainValue(instance.cls.text, "no shape and no values yet: nothing has gone through it")


_KNOWN: dict[str, Callable[[Instance], Any]] = {
    "numpy.ndarray": filled_array,
    "numpy.memmap": filled_array,
    "numpy.matrix": filled_array,
    "numpy.matrixlib.defmatrix.matrix": filled_array,
    "numpy.ma.MaskedArray": filled_masked_array,
    "uuid.UUID": _uuid,
    "torch.nn.parameter.UninitializedParameter": _unfilled,
    "torch.nn.parameter.UninitializedBuffer": _unfilled,
    "functools.partial": _partial,
    "omegaconf.dictconfig.DictConfig": _omegaconf_container,
    "omegaconf.listconfig.ListConfig": _omegaconf_container,
    **{f"omegaconf.nodes.{name}": _omegaconf_node for name in _OMEGACONF_NODES},
    **{
        f"torch.{place}{name}Tensor": old_tensor for place in ("", "cuda.") for name in _OLD_TENSORS
    },
}
