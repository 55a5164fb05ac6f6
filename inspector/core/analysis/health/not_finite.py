"""NaN and infinity."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.analysis.health.base import Health, Look
from inspector.core.model import Finding, Severity
from inspector.core.text import exact, plural


def _nan(look: Look) -> Iterator[Finding]:
    if look.statistics.nan:
        first = None if look.places is None else look.places.nan
        yield look.finding(
            "nan", _severity(look), _sentence(look, look.statistics.nan, "NaN", first)
        )


def _infinite(look: Look) -> Iterator[Finding]:
    number = look.statistics.posinf + look.statistics.neginf
    if not number:
        return
    first = None if look.places is None else look.places.infinite
    finite = look.statistics
    if finite.neginf and not finite.posinf and finite.max == finite.min == 0:
        message = "An attention mask: zeros and −∞, which is how masks are stored."
        yield look.finding("infinite-mask", "info", message)
    else:
        yield look.finding("infinite", _severity(look), _sentence(look, number, "infinite", first))


def _severity(look: Look) -> Severity:
    if look.counts:
        return "error"
    return "info" if look.statistics.elements == 1 else "warning"


def _sentence(look: Look, number: int, what: str, first: int | None) -> str:
    if look.statistics.elements == 1:
        return f"The only {look.noun} is {what}."
    sentence = f"{exact(number)} of {plural(look.statistics.elements, look.noun)}"
    sentence += f" {'is' if number == 1 else 'are'} {what}"
    if first is None:
        return f"{sentence}."
    among = "" if look.noun == "element" else " of these"
    return f"{sentence}; the first at {index_text(look.tensor.shape, first)}{among}."


def index_text(shape: tuple[int, ...], place: int) -> str:
    """Return the index of an element, counted in C order, as Python writes it."""
    index = []
    for size in reversed(shape):
        place, here = divmod(place, size)
        index.append(here)
    return f"[{', '.join(map(str, reversed(index)))}]"


NAN = Health(
    "nan",
    "A NaN spreads to everything that is computed from it: training diverged, or a step before "
    "divided by zero. Go back to a checkpoint from before.",
    _nan,
)
INFINITE = Health(
    "infinite",
    "A number grew beyond what its dtype can hold, as happens in float16 without loss scaling; it "
    "turns into NaN with the next subtraction.",
    _infinite,
)
INFINITE_MASK = Health(
    "infinite-mask",
    "Zeros and minus infinity only: a mask that is added to attention scores, and no damage.",
)
