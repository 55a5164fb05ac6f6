"""Tell what a tree is, and collect its facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inspector.core.model import NO_TENSORS, Attribute, Node, Path, Totals
from inspector.core.recognition.base import CheckpointKind, Fact, Recognition
from inspector.core.recognition.optimizer import is_optimizer, optimizer_facts

_SEARCH_DEPTH = 4  # levels below which nobody keeps a state_dict
_MODEL_NAMES = ("state_dict", "model_state_dict", "model", "module", "weights", "params", "net")
_AVERAGE_NAMES = ("ema", "average", "shadow", "teacher")  # copies of the weights, never the weights

# One row per fact: name, label, the keys that checkpoints of the wild use for it.
_NAMED_FACTS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("epoch", "Epoch", frozenset({"epoch", "epochs", "last_epoch", "start_epoch", "epoch_number"})),
    ("step", "Step", frozenset({"global_step", "step", "steps", "iteration", "iter", "num_updates",
                                "training_step", "batches_this_epoch"})),
    ("loss", "Loss", frozenset({"loss", "train_loss", "val_loss", "best_loss", "training_loss"})),
    ("accuracy", "Accuracy", frozenset({"accuracy", "acc", "val_acc", "val_accuracy", "best_acc",
                                        "best_acc1", "best_prec1", "best_top1"})),
    ("version", "Version", frozenset({"version", "model_version", "checkpoint_version"})),
    ("torch_version", "PyTorch", frozenset({"pytorch_version", "torch_version"})),
    ("lightning_version", "Lightning", frozenset({"pytorch-lightning_version"})),
    ("architecture", "Architecture", frozenset({"arch", "architecture", "model_name",
                                                "model_type"})),
    ("date", "Saved on", frozenset({"date", "timestamp", "time", "saved_at", "created_at"})),
    ("content_hash", "Content hash", frozenset({"content_hash", "hash", "sha256", "checksum"})),
)  # fmt: skip
_NOTES = ("metadata", "meta", "info", "_metadata_", "checkpoint_info")  # mappings to look into
_TRAINING_FACTS = frozenset({"epoch", "step", "loss"})


def recognise(root: Node, totals: Mapping[int, Totals]) -> Recognition:
    """Return what `root` is; `totals` is its `rollup`. A tree like no other is kind `other`."""
    found = sorted(_state_dicts(root, ()), key=lambda item: _rank(*item))
    paths = tuple(path for path, _ in found)
    facts = [*_named_facts(root)]
    optimizers = [(path, node) for path, node in _near(root) if is_optimizer(node)]
    if optimizers:
        facts += optimizer_facts(optimizers[0][1])
    if found:
        weights = totals.get(id(found[0][1]), NO_TENSORS)
        facts.append(Fact("parameters", "Parameters", weights.elements))
    kind, title = _kind(root, found, bool(optimizers), {fact.name for fact in facts})
    if kind == "other" and totals.get(id(root), NO_TENSORS).tensors:
        title = "Tensors in plain containers"
    return Recognition(kind, title, tuple(facts), paths)


def _kind(
    root: Node, found: list[tuple[Path, Node]], has_optimizer: bool, facts: set[str]
) -> tuple[CheckpointKind, str]:
    if root.kind == "tensor":
        return "tensor", "Single tensor"
    if root.kind == "module":
        return "module", f"Whole module, {root.type.rpartition('.')[2]}"
    if found and (has_optimizer or (found[0][0] and facts & _TRAINING_FACTS)):
        return "training", "Training checkpoint"
    if has_optimizer:
        return "training", "Optimizer state"
    if found and found[0][1].kind == "module":
        return "module", "Whole module with extras"
    if found and not found[0][0]:
        return "state_dict", "State dict"
    if found:
        return "state_dict", "State dict with extras"
    return "other", "Values without tensors"


def _state_dicts(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """Yield the outermost modules and mappings of names to tensors, each with its path."""
    if node.kind == "module" or _is_state_dict(node):
        yield path, node
    elif (
        node.kind in ("mapping", "object") and len(path) < _SEARCH_DEPTH and not is_optimizer(node)
    ):
        for child in node.children:
            yield from _state_dicts(child, (*path, child.key))


def _is_state_dict(node: Node) -> bool:
    """True for a mapping of text to tensors; extra state and scalars among them are fine."""
    if node.kind != "mapping":
        return False
    items = [child for child in node.children if type(child.key) is str]
    tensors = sum(child.kind == "tensor" for child in items)
    return tensors > 0 and tensors * 2 > len(items)


def _rank(path: Path, node: Node) -> tuple[bool, int, int]:
    """Sort the state_dict that a person means by "the model" to the front."""
    last = str(path[-1]).lower() if path else ""
    named = next((at for at, name in enumerate(_MODEL_NAMES) if last == name), len(_MODEL_NAMES))
    return any(name in last for name in _AVERAGE_NAMES), named, -len(node.children)


def _near(root: Node) -> Iterator[tuple[Path, Node]]:
    """Yield the root, its children and their children."""
    yield (), root
    for child in root.children:
        if not child.children:
            continue
        yield (child.key,), child
        for grandchild in child.children if child.kind in ("mapping", "sequence") else ():
            yield (child.key, grandchild.key), grandchild


def _named_facts(root: Node) -> Iterator[Fact]:
    if root.kind not in ("mapping", "object"):
        return
    seen: set[str] = set()
    for node in (root, *(child for child in root.children if child.key in _NOTES)):
        for child in node.children:
            if child.kind != "value" or not isinstance(child.key, str):
                continue
            if type(child.key) is Attribute and root.kind == "mapping":
                continue
            for name, label, keys in _NAMED_FACTS:
                if str(child.key).lower() in keys and name not in seen and _is_short(child.value):
                    seen.add(name)
                    yield Fact(name, label, child.value)


def _is_short(value: Any) -> bool:
    return type(value) in (int, float) or (type(value) is str and 0 < len(value) <= 100)
