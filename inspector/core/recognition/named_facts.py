"""Facts that stand in a checkpoint under names that everybody uses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from inspector.core.model import Attribute, Node, Path, json_path
from inspector.core.recognition.base import Fact
from inspector.core.recognition.survey import Survey

_MANY = 12  # metrics that are told; a history of all epochs is none
_LONGEST = 200  # characters of a value that is still a fact
_FEW = 4096

# One row per fact: name, label, the keys that checkpoints of the wild use for it.
_NAMED: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("epoch", "Epoch", frozenset({"epoch", "last_epoch", "epoch_number", "current_epoch",
                                  "cur_epoch", "epochs_completed"})),
    ("step", "Step", frozenset({"global_step", "step", "iteration", "iter", "num_updates",
                                "training_step", "batches_this_epoch", "iteration_count", "it",
                                "global_steps", "n_iter", "train_step"})),
    ("loss", "Loss", frozenset({"loss", "train_loss", "val_loss", "training_loss", "total_loss",
                                "valid_loss"})),
    ("best_loss", "Best loss", frozenset({"best_loss", "best_val_loss", "min_loss"})),
    ("accuracy", "Accuracy", frozenset({"accuracy", "acc", "val_acc", "val_accuracy", "best_acc",
                                        "best_acc1", "best_prec1", "best_top1"})),
    ("version", "Version", frozenset({"version", "model_version", "checkpoint_version"})),
    ("torch_version", "PyTorch", frozenset({"pytorch_version", "torch_version", "torch"})),
    ("architecture", "Architecture", frozenset({"arch", "architecture", "model_name",
                                                "model_type"})),
    ("date", "Date", frozenset({"date", "timestamp", "time", "saved_at", "created_at"})),
    ("content_hash", "Content hash", frozenset({"content_hash", "hash", "sha256", "checksum",
                                                "md5", "state_dict_hash", "weights_hash"})),
    ("classes", "Classes", frozenset({"num_classes", "nc", "n_classes", "num_labels", "nb_classes",
                                      "n_class"})),
    ("seed", "Seed", frozenset({"seed", "random_seed"})),
    ("license", "Licence", frozenset({"license", "licence"})),
    ("author", "Author", frozenset({"author", "authors", "__author__"})),
    ("description", "Description", frozenset({"description", "comment"})),
)  # fmt: skip
_CONFIGURATIONS = (
    "hyper_parameters", "config", "cfg", "model_config", "train_args", "args", "model_args",
    "hparams", "hyperparameters", "opt", "opts", "options", "settings", "params_config", "kwargs",
    "init_args", "model_kwargs", "architecture_config", "module_arguments", "config_dict",
)  # fmt: skip
_METRICS = ("metrics", "best_metrics", "val_metrics", "train_metrics", "results", "scores")
_METRIC = re.compile(
    r"(^|_)(loss|acc\d?|accuracy|metric|fitness|score|map\d*|f1|auc|auroc|bleu|rouge|psnr|ssim|dice"
    r"|m?iou|wer|cer|top\d|prec\d?|recall|perplexity|ppl|error|mae|rmse|mse|reward|bpb|pck|eer|fid"
    r"|value)(_|$|@)"
)
_CLASS_LISTS = frozenset({"classes", "class_names", "names", "labels", "class_to_idx", "label_map"})


def finite(value: Any) -> Any:
    """Return the value as JSON can say it: what is not finite becomes text."""
    return str(value) if type(value) is float and not math.isfinite(value) else value


def named_facts(seen: Survey) -> Iterator[Fact]:
    """Yield what the root and the notes beside the weights say about themselves."""
    told: set[str] = set()
    for _, node in seen.places:
        for entry in node.children[:_FEW]:
            for fact in _fact(entry, seen):
                if fact.name not in told:
                    told.add(fact.name)
                    yield fact
    metrics = dict(_metrics(seen))
    if metrics:
        yield Fact("metrics", "Metrics", dict(list(metrics.items())[:_MANY]))
    where = configuration(seen)
    if where is not None:
        yield Fact("config", "Configuration", json_path(where))


def progress(seen: Survey) -> Path | None:
    """Return where the epoch or the step stands; None if neither is told."""
    for path, node in seen.places:
        for entry in node.children[:_FEW]:
            told = type(entry.value) in (int, float) or entry.kind == "tensor"
            if told and any(str(entry.key).lower() in keys for _, _, keys in _NAMED[:2]):
                return (*path, entry.key)
    return None


def configuration(seen: Survey) -> Path | None:
    """Return where the settings of the run or of the network are."""
    found: dict[str, Path] = {}
    for path, node in seen.places:
        for entry in node.children[:_FEW]:
            name = str(entry.key).lower()
            if name in _CONFIGURATIONS and name not in found:
                is_text = entry.kind == "value" and isinstance(entry.value, str)
                if entry.children or (is_text and entry.value):
                    found[name] = (*path, entry.key)
    return next((found[name] for name in _CONFIGURATIONS if name in found), None)


def _fact(entry: Node, seen: Survey) -> Iterator[Fact]:
    key = entry.key
    # Attributes of a dict (`_metadata` of a state_dict) are not its content.
    if not isinstance(key, str) or (type(key) is Attribute and seen.root.kind == "mapping"):
        return
    lower = key.lower()
    if entry.kind == "value" and _is_short(entry.value):
        for name, label, keys in _NAMED:
            if lower in keys:
                yield Fact(name, label, finite(entry.value))
    elif lower in _CLASS_LISTS and len(entry.children) > 1 and entry.kind != "tensor":
        yield Fact("classes", "Classes", len(entry.children))


def _metrics(seen: Survey) -> Iterator[tuple[str, Any]]:
    root = seen.root
    if root.kind not in ("mapping", "object") or len(root.children) > _FEW:
        return
    for entry in root.children:
        key = str(entry.key)
        if entry.kind == "value" and type(entry.value) is float and _METRIC.search(key.lower()):
            yield key, finite(entry.value)
        elif key.lower() in _METRICS and entry.kind == "mapping":
            for metric in entry.children[:_MANY]:
                if metric.kind == "value" and type(metric.value) in (int, float):
                    yield str(metric.key), finite(metric.value)


def _is_short(value: Any) -> bool:
    return type(value) in (int, float) or (type(value) is str and 0 < len(value) <= _LONGEST)
