"""An open checkpoint in words: the one-line headline, and the facts of any node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from inspector.core import text
from inspector.core.checkpoint import Checkpoint
from inspector.core.model import NO_TENSORS, Kind, Node, Storage, Tensor, Totals
from inspector.core.progress import Progress, paced, silent
from inspector.core.recognition import Fact
from inspector.core.recognition.outline import OutlineRow, outline

_MOST_LAYERS = 40
_MOST_IN_LAYERS = 20_000  # tensors
_SEPARATOR = " · "
_LONGEST_VALUE = 200
_FEWEST_NUMBERS = 9  # shorter lists are as quickly read line by line
_NUMBERS_SHOWN = 4
_DEEPEST_WORDS = 4  # lists in lists that are written out
_HEADLINE_FACTS = ("epoch", "step", "optimizer")
_NO_STORAGE = "none: a meta tensor has no values"
_PLAIN_NAMES = {"optimizer", "architecture"}  # facts that need no label in the headline


def headline(checkpoint: Checkpoint, progress: Progress = silent) -> str:
    """Return what the checkpoint is in one line, the most telling first."""
    recognition = checkpoint.recognition
    facts = {fact.name: fact for fact in recognition.facts}
    words = [recognition.title]
    words += [_in_headline(facts[name]) for name in _HEADLINE_FACTS if name in facts]
    totals = checkpoint.totals.get(id(checkpoint.root), NO_TENSORS)
    if "parameters" in facts:
        words.append(f"{text.count(facts['parameters'].value)} parameters")
    elif totals.tensors:
        words.append(text.plural(totals.tensors, "tensor"))
    words.append(text.size(checkpoint.source.size))
    devices = device_bytes(paced(checkpoint.storages.values(), progress))
    if devices and checkpoint.format != "safetensors":  # which knows no devices
        words.append("saved on " + ", ".join(text.printable(name, 40) for name in devices))
    words.append(checkpoint.format_text)
    return text.printable(_SEPARATOR.join(words))


def layers_of(checkpoint: Checkpoint) -> tuple[OutlineRow, ...]:
    """Return what the main network probably consists of; only names and shapes say so.

    Empty where there is no network, or one of more tensors than anybody would read about.
    """
    if not checkpoint.recognition.state_dicts:
        return ()
    node = checkpoint.root
    for key in checkpoint.recognition.state_dicts[0]:
        node = next(child for child in node.children if child.key == key)
    if checkpoint.totals.get(id(node), NO_TENSORS).tensors > _MOST_IN_LAYERS:
        return ()
    return outline(node)


def layer_lines(rows: tuple[OutlineRow, ...]) -> list[str]:
    """Return a line per layer, the deeper ones indented."""
    lines = []
    for row in rows[:_MOST_LAYERS]:
        times = f"  × {row.times}" if row.times > 1 else ""
        size = f"{text.count(row.elements)} elements"
        layer = f"{row.text}, {size}" if row.text else size
        lines.append(text.printable(f"{'  ' * row.depth}{row.name}{times}: {layer}", 200))
    more = len(rows) - _MOST_LAYERS
    return lines + ([f"and {text.plural(more, 'layer')} more"] if more > 0 else [])


def device_bytes(storages: Iterable[Storage]) -> dict[str, int]:
    """Return the bytes of the storages on each device, the fullest device first."""
    devices: dict[str, int] = {}
    for storage in storages:
        devices[storage.device] = devices.get(storage.device, 0) + storage.nbytes
    return dict(sorted(devices.items(), key=lambda item: -item[1]))


def fact_text(fact: Fact) -> str:
    """Return a fact's value for people; what was concluded rather than read says so."""
    shown = text.printable(words_of(fact.value), _LONGEST_VALUE)
    return f"{shown} (inferred)" if fact.inferred else shown


def words_of(value: object, depth: int = 0) -> str:
    """Return a plain value as a person would write it down, never as Python does."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, int):
        return text.exact(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping) and depth < _DEEPEST_WORDS:
        pairs = [f"{key} {words_of(inner, depth + 1)}" for key, inner in islice(value.items(), 40)]
        return _listed(pairs, depth)
    if isinstance(value, list | tuple) and depth < _DEEPEST_WORDS:
        return _listed([words_of(inner, depth + 1) for inner in value[:40]], depth)
    return "…" if isinstance(value, Mapping | list | tuple) else repr(value)


def _listed(parts: list[str], depth: int) -> str:
    if not parts:
        return "none"
    joined = ", ".join(parts)
    return f"({joined})" if depth and len(parts) > 1 else joined


def value_text(value: object, limit: int = _LONGEST_VALUE) -> str:
    """Return a plain value on one line: text as it is, everything else as Python writes it."""
    return text.printable(value if isinstance(value, str) else repr(value), limit)


def numbers_text(node: Node) -> str:
    """Return a long list of plain numbers on one line; empty for anything else."""
    children = node.children
    if node.kind != "sequence" or len(children) < _FEWEST_NUMBERS:
        return ""
    kinds = {child.type for child in children}
    if any(child.kind != "value" for child in children) or not kinds <= {"int", "float"}:
        return ""
    noun = {"int": "integer", "float": "float"}[kinds.pop()] if len(kinds) == 1 else "number"
    first = ", ".join(value_text(child.value, 24) for child in children[:_NUMBERS_SHOWN])
    return f"{text.plural(len(children), noun)}: {first}, …"


def facts_of(
    node: Node, checkpoint: Checkpoint, progress: Progress = silent
) -> list[tuple[str, str]]:
    """Return labels and texts that describe a node; the root stands for the whole file."""
    if node is checkpoint.root:
        return [*_file_facts(checkpoint, progress), *_node_facts(node, checkpoint)]
    return _node_facts(node, checkpoint)


def _file_facts(checkpoint: Checkpoint, progress: Progress) -> list[tuple[str, str]]:
    facts = [
        ("File", text.printable(checkpoint.source.uri)),
        ("File size", _both_sizes(checkpoint.source.size)),
        ("Format", checkpoint.format_text),
        ("Kind", checkpoint.recognition.title),
    ]
    facts += [(fact.label, fact_text(fact)) for fact in checkpoint.recognition.facts]
    devices = device_bytes(paced(checkpoint.storages.values(), progress))
    if devices:
        places = [f"{text.printable(k, 40)} ({text.size(v)})" for k, v in devices.items()]
        facts.append(("Saved on", ", ".join(places)))
        stored = sum(devices.values())
        facts.append(("Storages", f"{text.exact(len(checkpoint.storages))}, {_both_sizes(stored)}"))
    return facts


def _node_facts(node: Node, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    if isinstance(node.value, Tensor):
        return tensor_facts(node.type, node.value)
    facts = [("Type", text.printable(node.type, _LONGEST_VALUE))] if node.type else []
    return facts + _FACTS[node.kind](node, checkpoint)


def _value_facts(node: Node, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    facts = [("Value", value_text(node.value))]
    if isinstance(node.value, str | bytes):
        unit = "character" if isinstance(node.value, str) else "byte"
        facts.append(("Length", text.plural(len(node.value), unit)))
    return facts


def _array_facts(node: Node, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    array = node.value
    facts = [("Shape", text.shape(array.shape)), ("Dtype", text.printable(array.dtype))]
    if array.tensor is not None:
        facts += [
            ("Elements", text.exact(array.tensor.elements)),
            ("Size", _both_sizes(array.tensor.nbytes)),
            *_order_facts(array.tensor),
        ]
        if array.dtype.startswith(">"):
            turned = f"{array.tensor.dtype.name}, big-endian: turned around as it is read"
            facts.append(("Byte order", turned))
    if array.reason:
        facts.append(("Statistics", f"none: {array.reason[0].lower()}{array.reason[1:]}"))
    return facts


def _container_facts(node: Node, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    facts = [("Entries", text.exact(len(node.children)))]
    return facts + _total_facts(checkpoint.totals.get(id(node), NO_TENSORS))


def _object_facts(node: Node, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    note = ("Class", "not imported; its content is shown as stored")
    facts = [*_container_facts(node, checkpoint), note]
    where = values_in(node)
    return [("Values", where), *facts] if where else facts


def values_in(node: Node) -> str:
    """Return which part of a nested tensor holds its values; empty for anything else."""
    names = {str(child.key) for child in node.children}
    for wanted, sentence in _NESTED:
        if node.kind == "object" and wanted <= names:
            return sentence
    return ""


def made_up_facts(node: Node, totals: Totals) -> list[tuple[str, str]]:
    """Return what there is to say of a group or a repeat, which stand for several nodes."""
    span = node.value
    is_repeat = node.kind == "repeat"
    stands_for = (
        f"{text.exact(span.times)} neighbours of equal structure"
        if is_repeat
        else f"keys that begin with {text.printable(span.prefix, _LONGEST_VALUE)}"
    )
    facts = [("Stands for", stands_for), ("Inside", text.exact(len(node.children)))]
    facts += _total_facts(totals)
    if is_repeat and span.times and totals.tensors:
        facts.append(("Size of each", _both_sizes(totals.nbytes // span.times)))
    return facts


def _total_facts(totals: Totals) -> list[tuple[str, str]]:
    if not totals.tensors:
        return []
    return [
        ("Tensors", text.exact(totals.tensors)),
        ("Elements", text.exact(totals.elements)),
        ("Size", _both_sizes(totals.nbytes)),
    ]


# What torch saves of a nested tensor, strided and jagged: `_rebuild_nested_tensor`, `NestedTensor`.
_NESTED = (
    (
        {"buffer", "sizes", "strides", "storage_offsets"},
        "in buffer, one tensor behind the other; the others say how each lies there",
    ),
    (
        {"_values", "_offsets", "_lengths", "_ragged_idx"},
        "in _values, one tensor behind the other; _offsets says where each begins",
    ),
)
_FACTS: dict[Kind, Callable[[Node, Checkpoint], list[tuple[str, str]]]] = {
    "mapping": _container_facts,
    "sequence": _container_facts,
    "module": _object_facts,
    "object": _object_facts,
    "array": _array_facts,
    "storage": lambda node, _: _storage_facts(node.value),
    "value": _value_facts,
    "global": lambda *_: [("Meaning", "named by the file; not imported and not called")],
    "reference": lambda node, _: [("Same object as", text.printable(path_text(node.value)))],
    "cut": lambda node, _: [("Not shown", str(node.value))],
    "group": lambda node, _: made_up_facts(node, NO_TENSORS),
    "repeat": lambda node, _: made_up_facts(node, NO_TENSORS),
}


def _order_facts(tensor: Tensor) -> list[tuple[str, str]]:
    """Return how elements lie in the storage; those of sparse and nested tensors lie in parts."""
    if len(tensor.stride) != len(tensor.shape):
        return []
    return [
        ("Stride", ", ".join(map(str, tensor.stride)) or "none"),
        ("Contiguous", "yes" if tensor.contiguous else "no"),
    ]


def tensor_facts(type_name: str, tensor: Tensor) -> list[tuple[str, str]]:
    """Return what a file says of a tensor, without its values."""
    facts = [
        ("Type", type_name),
        ("Shape", text.shape(tensor.shape)),
        ("Dtype", tensor.dtype.name),
        ("Elements", text.exact(tensor.elements)),
        ("Size", _both_sizes(tensor.nbytes)),
        ("Device", text.printable(tensor.device, 80)),
        ("Layout", tensor.layout),
        *_order_facts(tensor),
        ("Requires grad", "yes" if tensor.requires_grad else "no"),
    ]
    if tensor.quantization:
        facts.append(("Quantization", tensor.quantization))
    if tensor.storage is None:
        lies = f"in its parts: {_names(tensor.parts)}" if tensor.parts else _NO_STORAGE
        facts.append(("Storage", lies))
        return facts
    facts += _storage_facts(tensor.storage)
    facts.append(("Storage offset", text.plural(tensor.offset, "element")))
    return facts


def _names(parts: tuple[tuple[str, Tensor], ...]) -> str:
    return ", ".join(text.printable(name, 80) for name, _ in parts)


def _storage_facts(storage: Storage) -> list[tuple[str, str]]:
    return [
        ("Storage", text.printable(storage.key, 80)),
        ("Storage size", _both_sizes(storage.nbytes)),
    ]


def path_text(path: tuple[object, ...]) -> str:
    """Return a path joined with `/`, as globs are matched against it."""
    return "/".join(str(key) for key in path) or "the root"


def _in_headline(fact: Fact) -> str:
    shown = fact_text(fact)
    return shown if fact.name in _PLAIN_NAMES else f"{fact.label.lower()} {shown}"


def _both_sizes(nbytes: int) -> str:
    if nbytes < 1000:
        return text.plural(nbytes, "byte")
    return f"{text.size(nbytes)} ({text.exact(nbytes)} bytes)"
