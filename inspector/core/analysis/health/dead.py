"""Rows and columns of weights that are all zero."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Look
from inspector.core.model import Finding
from inspector.core.text import exact

_EMBEDDING = ("embed", "emb", "wte", "wpe", "vocab", "token")


def worth_a_look(look: Look) -> bool:
    """True if a weight has enough zeros for a whole row or column of them."""
    shape = look.tensor.shape
    if len(shape) < 2 or min(shape[:2]) < 2 or look.tensor.dtype.kind != "float":
        return False
    elements = look.statistics.elements
    if look.statistics.finite < elements:
        return False  # a mask of infinities, or broken anyway
    shortest = min(elements // shape[0], elements // shape[1])
    return look.trained and shortest <= look.statistics.zero < elements and shortest > 1


def _rows(look: Look) -> Iterator[Finding]:
    dead = look.dead
    if dead is None or not dead.rows:
        return
    # The embedding of the padding token is zero on purpose.
    is_padding = dead.rows == 1 and any(word in str(look.path).lower() for word in _EMBEDDING)
    message = (
        f"{_counted(dead.rows, look.tensor.shape[0], 'row')} all zero; {_first(dead.first_row)}."
    )
    yield look.finding("dead-rows", "info" if is_padding else "warning", message)


def _columns(look: Look) -> Iterator[Finding]:
    dead = look.dead
    if dead is not None and dead.columns:
        number = _counted(dead.columns, look.tensor.shape[1], "column")
        message = f"{number} all zero; {_first(dead.first_column)}."
        yield look.finding("dead-columns", "warning", message)


def _counted(number: int, of: int, noun: str) -> str:
    return f"{exact(number)} of {exact(of)} {noun}s {'is' if number == 1 else 'are'}"


def _first(index: int) -> str:
    return f"the first is {index}"


DEAD_ROWS = Health(
    "dead-rows",
    "An output that is always its bias: a unit that died behind a ReLU, was pruned, or, in an "
    "embedding, a token that was never met. Such units can be removed.",
    _rows,
)
DEAD_COLUMNS = Health(
    "dead-columns",
    "An input that this layer does not look at: pruned, or the layer before never used it.",
    _columns,
)
