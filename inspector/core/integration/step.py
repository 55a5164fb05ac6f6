"""What integrating tells of itself while it goes on."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Step(NamedTuple):
    """One thing done to the system, or that would be; of what is missing, a sentence."""

    verb: Literal["write", "remove", "run", "missing"]
    what: str
