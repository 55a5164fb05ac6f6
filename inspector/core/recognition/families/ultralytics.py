"""Ultralytics YOLO: the model itself, pickled, beside what it was trained with."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.model import Node
from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, stated
from inspector.core.recognition.named_facts import finite
from inspector.core.recognition.survey import Survey

_MODULES = ("ultralytics.", "models.yolo.", "models.common.")


def _matches(seen: Survey) -> bool:
    if {"train_args", "version", "model"} <= seen.top.keys():
        return True
    return {"model", "ema", "updates"} <= seen.top.keys() or any(
        entry.type.startswith(_MODULES) for entry in seen.top.values() if entry.kind == "module"
    )


def _facts(seen: Survey) -> Iterable[Fact]:
    yield from stated(
        seen.root,
        ("version", "ultralytics_version", "Ultralytics"),
        ("date", "date", "Date"),
        ("license", "license", "Licence"),
    )
    best = seen.top.get("best_fitness")
    if best is not None and type(best.value) is float:
        yield Fact("best_fitness", "Best fitness", finite(best.value))
    arguments = seen.top.get("train_args")
    yield from stated(
        arguments,
        ("model", "architecture", "Architecture"),
        ("task", "task", "Task"),
        ("data", "data", "Data"),
        ("imgsz", "image_size", "Image size"),
        ("epochs", "planned_epochs", "Planned epochs"),
    )
    for name in ("ema", "model"):
        node = seen.top.get(name)
        if node is not None and node.kind == "module":
            yield Fact("model_class", "Model class", node.type)
            yield from _inside(node)
            return


def _inside(model: Node) -> Iterable[Fact]:
    for entry in model.children:
        key = str(entry.key)
        if key == "names" and entry.children:
            yield Fact("classes", "Classes", len(entry.children))
        elif key == "nc" and type(entry.value) is int:
            yield Fact("classes", "Classes", entry.value)
        elif key == "task" and type(entry.value) is str:
            yield Fact("task", "Task", entry.value)


FAMILIES = (Family("ultralytics", "Ultralytics checkpoint", _matches, _facts),)
