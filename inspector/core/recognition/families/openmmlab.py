"""OpenMMLab (mmcv, mmengine) and detectron2."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, stated
from inspector.core.recognition.survey import Survey


def _is_mm(seen: Survey) -> bool:
    meta = seen.top.get("meta")
    if meta is None or "state_dict" not in seen.top:
        return False
    names = {str(entry.key) for entry in meta.children}
    return bool(names & {"mmcv_version", "mmengine_version", "mmdet_version", "env_info"}) or (
        {"CLASSES", "config"} <= names
    )


def _mm(seen: Survey) -> Iterable[Fact]:
    meta = seen.top["meta"]
    for entry in meta.children:
        key = str(entry.key)
        if key.endswith("_version") and entry.kind == "value" and type(entry.value) is str:
            yield Fact(key, key.removesuffix("_version"), entry.value)
    yield from stated(
        meta,
        ("epoch", "epoch", "Epoch"),
        ("iter", "step", "Step"),
        ("time", "date", "Date"),
        ("seed", "seed", "Seed"),
        ("experiment_name", "experiment", "Experiment"),
        ("exp_name", "experiment", "Experiment"),
    )
    for path in (("meta", "CLASSES"), ("meta", "dataset_meta", "classes"),
                 ("meta", "dataset_meta", "CLASSES")):  # fmt: skip
        found = seen.at(*path)
        if found is not None and len(found.children) > 1:
            yield Fact("classes", "Classes", len(found.children))
    for name in ("config", "cfg"):
        if any(entry.key == name for entry in meta.children):
            yield Fact("config", "Configuration", ["meta", name])


def _is_detectron(seen: Survey) -> bool:
    top = seen.top.keys()
    if {"model", "__author__"} <= top or {"model", "matching_heuristics"} <= top:
        return True
    return {"model", "iteration"} <= top and bool({"scheduler", "trainer"} & top)


FAMILIES = (
    Family("mmengine", "OpenMMLab checkpoint", _is_mm, _mm),
    Family("detectron2", "detectron2 checkpoint", _is_detectron),
)
