"""Globs over the paths of a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate

from inspector.core.model.path import Path, Prefix, json_key


class Selection:
    """Paths that one of several globs matches; `*` crosses dots and slashes.

    A glob is held against the key inside the state_dict that the path belongs to, written with
    dots, and against the whole path joined with `/`; either match counts.
    """

    def __init__(
        self, globs: Iterable[str], state_dicts: Iterable[Path] = (), below: Path = ()
    ) -> None:
        """Take all that a glob matches; with `below`, which may end with a Prefix, only there."""
        self._patterns = [re.compile(translate(glob)) for glob in globs]
        self._roots = tuple(state_dicts)
        self._below = below

    @property
    def chooses(self) -> bool:
        """False if every path is in the selection."""
        return bool(self._patterns or self._below)

    def is_below(self, path: Path) -> bool:
        """Return whether a path is the place that was named, or leads further into it."""
        *above, last = self._below or (Prefix(),)
        if not isinstance(last, Prefix):
            return path[: len(self._below)] == self._below
        inside = path[: len(above)] == tuple(above) and len(path) > len(above)
        return inside and str(path[len(above)]).startswith(str(last))

    def __contains__(self, path: Path) -> bool:
        if self._below and not self.is_below(path):
            return False
        if not self._patterns:
            return True
        inside = [path[len(root) :] for root in self._roots if path[: len(root)] == root]
        names = ["/".join(map(_text, path)), *(".".join(map(_text, key)) for key in inside)]
        return any(pattern.match(name) for pattern in self._patterns for name in names)


def _text(key: object) -> str:
    return str(json_key(key))
