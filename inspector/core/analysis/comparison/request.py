"""What is compared and how, in a form that can be kept, handed over, and written as a command."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from inspector.core.analysis.comparison.matching import USUAL, Choices
from inspector.core.analysis.comparison.tolerance import EXACT, Tolerance
from inspector.core.model import Path
from inspector.core.model.address import (
    MARK,
    Address,
    BadAddress,
    parse_path,
    print_address,
)


class PairRequest(NamedTuple):
    """Two checkpoints in their order, and what a person decided about them."""

    a: str
    b: str
    choices: Choices = USUAL
    tolerance: Tolerance = EXACT

    @property
    def addresses(self) -> tuple[str, ...]:
        """The files."""
        return self.a, self.b

    def command(self) -> list[str]:
        """Return the words that open it in the window."""
        words = ["inspector", "diff", *map(_file, self.addresses), "--gui"]
        wrappers, prefixes, root_a, root_b = self.choices
        if not wrappers and not prefixes:
            words.append("--no-prefixes")
        elif not (wrappers and prefixes):
            words += ["--through", "wrappers" if wrappers else "prefixes"]
        for option, root in (("--at-a", root_a), ("--at-b", root_b)):
            if root is not None:
                words += [option, _printed(root)]
        for option, value in zip(("--rtol", "--atol"), self.tolerance, strict=True):
            if value:
                words += [option, repr(value)]
        return words


class SeriesRequest(NamedTuple):
    """Snapshots, or folders of them."""

    files: tuple[str, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """The files."""
        return self.files

    def command(self) -> list[str]:
        """Return the words that open it in the window."""
        return ["inspector", "diff", *map(_file, self.files), "--gui"]


CompareRequest = PairRequest | SeriesRequest


def packed(request: CompareRequest) -> dict[str, Any]:
    """Return a request as a JSON object."""
    if isinstance(request, SeriesRequest):
        return {"series": list(request.files)}
    choices = request.choices._asdict()
    for root in ("root_a", "root_b"):
        choices[root] = None if choices[root] is None else _printed(choices[root])
    return {"pair": [request.a, request.b], **choices, **request.tolerance._asdict()}


def unpacked(found: object) -> CompareRequest | None:
    """Return the request that a JSON object is; None if it is not of our making."""
    if not isinstance(found, Mapping):
        return None
    if "series" in found:
        files = _texts(found["series"])
        return SeriesRequest(files) if files else None
    files = _texts(found.get("pair"))
    try:
        choices = Choices(
            found.get("wrappers") is not False,
            found.get("prefixes") is not False,
            _root(found.get("root_a")),
            _root(found.get("root_b")),
        )
        rtol, atol = (float(found.get(name, 0)) for name in ("rtol", "atol"))
    except (BadAddress, TypeError, ValueError):
        return None
    if len(files) != 2 or not all(isfinite(value) and value >= 0 for value in (rtol, atol)):
        return None
    return PairRequest(*files, choices, Tolerance(rtol, atol))


def _texts(found: object) -> tuple[str, ...]:
    """Return a list of texts; an empty one for anything else."""
    if not isinstance(found, list):
        return ()
    good = all(isinstance(one, str) and one and "\0" not in one for one in found)
    return tuple(found) if good else ()


def _file(name: str) -> str:
    return print_address(Address(name))


def _printed(root: Path) -> str:
    return print_address(Address("", root)).removeprefix(MARK)


def _root(found: object) -> Path | None:
    if found is None:
        return None
    if not isinstance(found, str):
        raise TypeError
    return parse_path(found)
