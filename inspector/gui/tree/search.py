"""Ways to match what is typed against keys, each fast enough for a million of them."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from inspector.core.model import Path

Held = Callable[[str], bool]
"""Whether a key matches, below one parent."""
Matcher = Callable[[Path], Held]
"""Given the path of a parent, return what matches the keys below it."""
Mode = Literal["auto", "substring", "glob", "regex", "fuzzy"]


_LONGEST_MATCH = 1.0  # seconds for one key
_LONGEST_SEARCH = 60.0  # seconds for all of them; a million take two
_MOST_STEPS = 20_000
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\()|(?P<close>\))|"
    r"(?P<repeat>[*+]|\{\d*(?:,\d*)?\})|.",
    re.DOTALL,
)


class ModeRow(NamedTuple):
    """A way to search, as a person chooses it."""

    mode: Mode
    sign: str
    """What stands on the button."""
    text: str
    hint: str
    """What to type, in the empty search box."""


MODES = (
    ModeRow("auto", "auto", "&Automatic", "Search keys   (part of a path, or *.weight)"),
    ModeRow("substring", "abc", "&Part of a path", "Search keys   (part of a path)"),
    ModeRow("glob", "a*", "&Glob  ( * ? [abc] )", "Search keys   (glob: layers.?.*.weight)"),
    ModeRow("regex", ".*", "&Regular expression", "Search keys   (regular expression)"),
    ModeRow("fuzzy", "a…z", "&Letters in order", "Search keys   (letters in order: l2wei)"),
)


class BadPattern(Exception):
    """What is typed means nothing in this mode, or takes too long; the text says why."""


def matcher(pattern: str, mode: Mode, bases: Sequence[Path]) -> Matcher:
    """Return what matches a pattern; `bases` are paths that a match may be relative to.

    A match always reaches into the key itself, or all children of a match would match too.
    """
    if mode == "auto":
        mode = "glob" if "*" in pattern or "?" in pattern else "substring"
    return _MATCHERS[mode](pattern, bases)


def marked_part(pattern: str, mode: Mode) -> str:
    """Return the text to point out in keys; empty where the pattern is not a plain part of them."""
    plain = mode == "substring" or (mode == "auto" and not ("*" in pattern or "?" in pattern))
    return pattern if plain else ""


def _substring(pattern: str, bases: Sequence[Path]) -> Matcher:
    wanted = pattern.casefold()

    def below(parent: Path) -> Held:
        # What the key may begin with, where the rest of the pattern is the end of the parent.
        heads = tuple(
            {
                wanted[cut:]
                for above in _beginnings(parent, (), whole=True)
                for cut in range(1, len(wanted))
                if above.endswith(wanted[:cut])
            }
        )

        def holds(key: str) -> bool:
            own = key.casefold()
            return wanted in own or (bool(heads) and own.startswith(heads))

        return holds

    return below


def _glob(pattern: str, bases: Sequence[Path]) -> Matcher:
    match = re.compile(fnmatch.translate(pattern.casefold())).match

    def below(parent: Path) -> Held:
        starts = _beginnings(parent, bases)
        return lambda key: any(match(above + key.casefold()) for above in starts)

    return below


def _regex(pattern: str, bases: Sequence[Path]) -> Matcher:
    try:
        re.compile(pattern)  # the errors that Python itself would raise
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(f"Not a regular expression: {error}") from None
    if _unrolled(pattern) > _MOST_STEPS:
        raise BadPattern("Too many repeats inside repeats for this expression to be searched.")
    import regex  # not above: a window that searches otherwise starts without it

    try:
        search = regex.compile(pattern, regex.IGNORECASE).search
    except regex.error as error:  # what it takes otherwise than Python, such as [[a]--b]
        raise BadPattern(f"Not a regular expression: {error}") from None
    end: list[float] = []

    def below(parent: Path) -> Held:
        starts = _beginnings(parent, bases)

        def holds(key: str) -> bool:
            now = time.monotonic()
            end[:] = end or [now + _LONGEST_SEARCH]  # from the first key on
            try:
                if now > end[0]:
                    raise TimeoutError
                for above in starts:
                    found = search(above + key, timeout=_LONGEST_MATCH, concurrent=True)
                    if found and (found.end() > len(above) or not key):
                        return True
            except TimeoutError:
                raise BadPattern(
                    "This expression takes too long to search with: it can match in too many ways."
                ) from None
            return False

        return holds

    return below


def _unrolled(pattern: str) -> int:
    """Return about how many steps an expression has once its repeats are written out.

    `regex` writes some of them out, repeats inside repeats included, before it looks at anything.
    """
    sizes, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            sizes.append(0)
        elif token["close"]:
            last = sizes.pop() if len(sizes) > 1 else 0
            sizes[-1] += last
        elif token["repeat"]:
            times = max([2, *map(int, re.findall(r"\d+", token["repeat"]))])
            sizes[-1] += last * (times - 1)
            last *= times
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


def _fuzzy(pattern: str, bases: Sequence[Path]) -> Matcher:
    wanted = "".join(pattern.casefold().split())

    def below(parent: Path) -> Held:
        left = wanted
        for letter in ".".join(map(str, parent)).casefold():
            if len(left) > 1 and letter == left[0]:
                left = left[1:]

        def holds(key: str) -> bool:
            letters = iter(key.casefold())
            return all(letter in letters for letter in left)

        return holds

    return below


def _beginnings(parent: Path, bases: Sequence[Path], *, whole: bool = False) -> list[str]:
    """Return what may stand before a key: nothing, or the parent from the root or from a base."""
    lengths = {0, *(len(base) for base in bases if parent[: len(base)] == base)}
    found = dict.fromkeys([] if whole else [""])
    for length in sorted(lengths):
        steps = [str(key).casefold() for key in parent[length:]]
        for mark in "./":
            found["".join(step + mark for step in steps)] = None
    return list(found)


_MATCHERS: dict[str, Callable[[str, Sequence[Path]], Matcher]] = {
    "substring": _substring,
    "glob": _glob,
    "regex": _regex,
    "fuzzy": _fuzzy,
}
