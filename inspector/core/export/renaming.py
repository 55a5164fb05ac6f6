"""Rules that make new keys of a state_dict from old ones: one class per kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

from inspector.core.errors import InspectorError
from inspector.core.recognition import WRAPPERS
from inspector.core.text import plural

_INNER = frozenset(name for name in WRAPPERS if name != "module.")
"""What wraps a part of a model too; a layer of one's own may well be called `module`."""


class RenameRule(Protocol):
    """One step from old keys to new ones."""

    def renamed(self, key: str) -> str:
        """Return the new key; the same where the rule has nothing to say."""
        ...


@dataclass(frozen=True, slots=True)
class StripPrefix:
    """Take off what a key begins with, and the dot that would be left in front."""

    prefix: str

    def __str__(self) -> str:
        return f"take off {self.prefix!r}"

    def renamed(self, key: str) -> str:
        """Return the rest; a key that is all prefix stays."""
        if not key.startswith(self.prefix):
            return key
        return key.removeprefix(self.prefix).removeprefix(".") or key


@dataclass(frozen=True, slots=True)
class AddPrefix:
    """Put something in front of every key."""

    prefix: str

    def __str__(self) -> str:
        return f"put {self.prefix!r} in front"

    def renamed(self, key: str) -> str:
        """Return prefix and key."""
        return self.prefix + key


@dataclass(frozen=True, slots=True)
class Unwrap:
    """Take off what DataParallel, torch.compile and others put into keys, in any order."""

    def __str__(self) -> str:
        return "take off wrappers"

    def renamed(self, key: str) -> str:
        """Return the key as the network inside the wrappers calls it."""
        while wrapper := next((name for name in WRAPPERS if key.startswith(name)), ""):
            key = key.removeprefix(wrapper)
        for wrapper in _INNER:
            while f".{wrapper}" in key:
                key = key.replace(f".{wrapper}", ".")
        return key


@dataclass(frozen=True, slots=True)
class Substitute:
    r"""Replace every match of a regular expression; `\1` and `\g<name>` stand for groups."""

    pattern: str
    replacement: str

    def __str__(self) -> str:
        return f"{self.pattern!r} becomes {self.replacement!r}"

    def renamed(self, key: str) -> str:
        """Return the key with all matches replaced; raises InspectorError for no expression."""
        try:
            return _expression(self.pattern).sub(self.replacement, key)
        except (re.error, IndexError) as error:
            raise InspectorError(
                f"The rename rule {self.pattern!r} to {self.replacement!r} does not work: {error}."
            ) from None


@dataclass(frozen=True)
class RenameMap:
    """Give single keys the names that a list has for them."""

    names: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"a map of {plural(len(self.names), 'name')}"

    @cached_property
    def _new(self) -> dict[str, str]:
        return dict(self.names)

    def renamed(self, key: str) -> str:
        """Return the name in the list."""
        return self._new.get(key, key)


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
