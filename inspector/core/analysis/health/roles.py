"""Which tensors of a checkpoint are weights, and which an optimizer or a callback keeps."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Path

_ASIDE = frozenset({"optimizer", "scheduler", "scaler", "rng", "progress"})


class Roles:
    """Told by what the checkpoint was found to be."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        found = checkpoint.recognition
        self._weights = _Under(found.state_dicts)
        self._aside = _Under(part.path for part in found.parts if part.role in _ASIDE)
        self._optimizer = _Under(part.path for part in found.parts if part.role == "optimizer")

    def trained(self, path: Path) -> bool:
        """True for weights; of a file in which none were found, for all that is nothing else."""
        if self._weights:
            return path in self._weights
        return path not in self._aside

    def counts(self, path: Path) -> bool:
        """True for what training goes on with: weights and the state of optimizers."""
        return self.trained(path) or path in self._optimizer


class _Under:
    """The paths that begin with one of a few."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = set(paths)
        self._depths = sorted({len(path) for path in self._paths})

    def __bool__(self) -> bool:
        return bool(self._paths)

    def __contains__(self, path: Path) -> bool:
        return any(path[:depth] in self._paths for depth in self._depths)
