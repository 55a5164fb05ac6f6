"""Patterns over tensors: globs, and regular expressions behind `re:`."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache

from inspector.core.errors import InspectorError
from inspector.core.model import Path, json_key

REGEX = "re:"
"""What stands in front of a pattern that is a regular expression, found anywhere in a name."""


def joined(path: Path) -> str:
    """Return the whole path as patterns see it."""
    return "/".join([str(json_key(key)) for key in path])


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], object]:
    """Return what tells whether a name matches; raises InspectorError for no expression."""
    if not pattern.startswith(REGEX):
        return re.compile(translate(pattern)).match
    try:
        return re.compile(pattern.removeprefix(REGEX)).search
    except re.error as error:
        expression = pattern.removeprefix(REGEX)
        raise InspectorError(f"{expression!r} is no regular expression: {error}.") from None


def matches(pattern: str, key: str, path: Path) -> bool:
    """Return whether the key inside the state_dict or the whole path matches."""
    found = matcher(pattern)
    return bool(pattern == "*" or found(key) or found(joined(path)))
