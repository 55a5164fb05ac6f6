"""timm, DINO, MAE and other self-supervised training: copies of one network side by side."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.recognition.base import Fact
from inspector.core.recognition.families.base import Family, stated
from inspector.core.recognition.survey import Survey

_COPIES = frozenset({"student", "teacher", "target_encoder", "online", "momentum_encoder"})


def _is_timm(seen: Survey) -> bool:
    top = seen.top.keys()
    return {"arch", "state_dict", "version", "args"} <= top or "state_dict_ema" in top


def _arguments(seen: Survey) -> Iterable[Fact]:
    return stated(
        seen.top.get("args"),
        ("arch", "architecture", "Architecture"),
        ("model", "architecture", "Architecture"),
        ("batch_size", "batch_size", "Batch size"),
        ("epochs", "planned_epochs", "Planned epochs"),
        ("nb_classes", "classes", "Classes"),
        ("num_classes", "classes", "Classes"),
    )


def _is_dino(seen: Survey) -> bool:
    return {"student", "teacher"} <= seen.top.keys()


def _is_mae(seen: Survey) -> bool:
    return any(name.startswith("decoder_blocks.0.") for name in seen.names) and any(
        name == "mask_token" for name in seen.names
    )


def _is_contrastive(seen: Survey) -> bool:
    return bool(_COPIES & seen.top.keys()) or any(
        name.startswith(("encoder_q.", "encoder_k.")) for name in seen.names
    )


FAMILIES = (
    Family("timm", "timm training checkpoint", _is_timm, _arguments),
    Family("dino", "DINO checkpoint", _is_dino, _arguments),
    Family("mae", "Masked autoencoder", _is_mae, _arguments, inferred=True),
    Family("self-supervised", "Self-supervised training checkpoint", _is_contrastive, _arguments),
)
