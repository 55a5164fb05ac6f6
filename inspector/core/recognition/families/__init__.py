"""Programs whose checkpoints are known by name: one file per family, one row per kind of file."""

from inspector.core.recognition.families import (
    diffusion,
    distributed,
    domains,
    huggingface,
    lightning,
    openmmlab,
    plain_torch,
    self_supervised,
    ultralytics,
)
from inspector.core.recognition.families.base import Family

__all__ = ["FAMILIES", "Family"]

# The first that matches names the file; every other that matches adds its facts.
FAMILIES: tuple[Family, ...] = (
    *diffusion.FAMILIES,
    *domains.FAMILIES,
    *distributed.FAMILIES,
    *openmmlab.FAMILIES,
    *ultralytics.FAMILIES,
    *lightning.FAMILIES,
    *huggingface.FAMILIES,
    *self_supervised.FAMILIES,
    *plain_torch.FAMILIES,
)
