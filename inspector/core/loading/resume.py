"""What of a training run is there, and what somebody who goes on with it will miss."""

from __future__ import annotations

from inspector.core.checkpoint import Checkpoint
from inspector.core.loading.base import Resume

ROLES = {
    "model": "weights",
    "optimizer": "optimizer",
    "scheduler": "learning-rate scheduler",
    "scaler": "gradient scaler (needed for mixed precision in float16 only)",
    "rng": "random states",
    "progress": "epoch or step",
    "ema": "averaged weights",
}
"""The words for each role, in the order in which they are told."""

_OPTIONAL = frozenset({"ema"})  # absent, it was most probably never made


def resume_of(checkpoint: Checkpoint) -> Resume | None:
    """Return what is there to go on from; None for a file that is no part of a training run."""
    recognition = checkpoint.recognition
    if recognition.kind != "training":
        return None
    present = tuple(part for role in ROLES for part in recognition.parts if part.role == role)
    found = {part.role for part in present}
    missing = tuple(role for role in ROLES if role not in found and role not in _OPTIONAL)
    return Resume(present, missing)
