"""Stable Diffusion in one file: three networks told apart by the begin of their keys."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family
from inspector.core.recognition.survey import Survey

# One row per part: the begins of its keys (CompVis and Stability layouts), name, label.
_PARTS = (
    (("model.diffusion_model.",), "unet_tensors", "U-Net"),
    (("first_stage_model.",), "vae_tensors", "VAE"),
    (("cond_stage_model.", "conditioner."), "text_encoder_tensors", "Text encoder"),
    (("model_ema.",), "ema_tensors", "EMA copy"),
)


def _matches(seen: Survey) -> bool:
    return any(name.startswith("model.diffusion_model.") for name in seen.names)


def _facts(seen: Survey) -> Iterable[Fact]:
    names = seen.names
    for begins, fact, label in _PARTS:
        count = sum(name.startswith(begins) for name in names)
        if count:
            yield Fact(fact, f"{label}, tensors", count, inferred=True)


FAMILIES = (
    Family("stable-diffusion", "Stable Diffusion checkpoint", _matches, _facts, inferred=True),
)
