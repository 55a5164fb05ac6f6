"""All that is done with two checkpoints before their first pairs are compared."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.analysis.comparison import (
    Choices,
    Matching,
    ValueChange,
    compare_values,
    match,
)
from inspector.core.checkpoint import Checkpoint
from inspector.core.formats import open_checkpoint
from inspector.core.model import Path
from inspector.core.progress import Progress, part, silent
from inspector.core.summary import headline


class Sides(NamedTuple):
    """Two open checkpoints, and what belongs together in them."""

    a: Checkpoint
    b: Checkpoint
    choices: Choices
    matching: Matching
    every_value: tuple[ValueChange, ...]
    """Also those that are the same in both."""
    values: tuple[ValueChange, ...]
    """Those that differ."""
    headlines: tuple[str, str]
    """What each is in a line; that takes a look at every tensor."""

    def close(self) -> None:
        """Let go of both files."""
        self.a.close()
        self.b.close()

    def roots(self) -> tuple[list[Path], list[Path]]:
        """Return where each side can be compared from."""
        return _roots(self.a), _roots(self.b)


def open_sides(a: str, b: str, choices: Choices, *, progress: Progress = silent) -> Sides:
    """Open two checkpoints and pair their tensors."""
    one = open_checkpoint(a, part(progress, 0.0, 0.35))
    try:
        other = open_checkpoint(b, part(progress, 0.35, 0.7))
    except BaseException:
        one.close()
        raise
    try:
        return pair_up(one, other, choices, progress=part(progress, 0.7, 1.0))
    except BaseException:
        one.close()
        other.close()
        raise


def pair_up(
    a: Checkpoint, b: Checkpoint, choices: Choices, *, progress: Progress = silent
) -> Sides:
    """Pair the tensors of two open checkpoints, as chosen."""
    matching = match(a, b, choices, part(progress, 0.0, 0.6))
    every = tuple(compare_values(a, b, matching, part(progress, 0.6, 1.0), every=True))
    values = tuple(change for change in every if change.change != "same")
    return Sides(a, b, choices, matching, every, values, (headline(a), headline(b)))


def _roots(checkpoint: Checkpoint) -> list[Path]:
    whole: Path = ()
    return list(dict.fromkeys((whole, *checkpoint.recognition.state_dicts)))
