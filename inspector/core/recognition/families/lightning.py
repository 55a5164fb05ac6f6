"""PyTorch Lightning: `Trainer.save_checkpoint` (lightning.ai, "Contents of a checkpoint")."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.model import Node
from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, keys, stated
from inspector.core.recognition.named_facts import finite
from inspector.core.recognition.survey import Survey

_VERSION = "pytorch-lightning_version"


def _facts(seen: Survey) -> Iterable[Fact]:
    yield from stated(seen.root, (_VERSION, "lightning_version", "Lightning"))
    callbacks = seen.top.get("callbacks")
    if callbacks is not None:
        names = [_name(entry) for entry in callbacks.children]
        yield Fact("callbacks", "Callbacks", names)
        for entry, name in zip(callbacks.children, names, strict=True):
            if name == "ModelCheckpoint":
                yield from stated(
                    entry,
                    ("monitor", "monitor", "Monitored"),
                    ("best_model_path", "best_model_path", "Best so far"),
                )
                yield from _best(entry)
    yield from stated(seen.root, ("hparams_name", "hparams_name", "Hyper-parameters are"))
    precision = next(
        (key for key in seen.top if "MixedPrecision" in key or "amp_scaling" in key), 0
    )
    if precision:
        yield Fact("mixed_precision", "Mixed precision", True)


def _best(callback: Node) -> Iterable[Fact]:
    for entry in callback.children:
        if entry.key == "best_model_score" and type(entry.value) in (int, float):
            yield Fact("best_score", "Best score", finite(entry.value))


def _name(callback: Node) -> str:
    """Return `ModelCheckpoint` of `ModelCheckpoint{'monitor': …}`, the class before 1.5."""
    return str(callback.key).partition("{")[0].rpartition(".")[2][:80]


FAMILIES = (Family("lightning", "Lightning checkpoint", keys(_VERSION), _facts),)
