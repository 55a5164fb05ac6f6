"""Globs over the paths of a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate

from inspector.core.model.path import Path, json_key


class Selection:
    """Paths that one of several globs matches; `*` crosses dots and slashes.

    A glob is held against the key inside the state_dict that the path belongs to, written with
    dots, and against the whole path joined with `/`; either match counts.
    """

    def __init__(self, globs: Iterable[str], state_dicts: Iterable[Path] = ()) -> None:
        self._patterns = [re.compile(translate(glob)) for glob in globs]
        self._roots = tuple(state_dicts)

    @property
    def chooses(self) -> bool:
        """False if there are no globs, so that every path is in the selection."""
        return bool(self._patterns)

    def __contains__(self, path: Path) -> bool:
        if not self._patterns:
            return True
        inside = [path[len(root) :] for root in self._roots if path[: len(root)] == root]
        names = ["/".join(map(_text, path)), *(".".join(map(_text, key)) for key in inside)]
        return any(pattern.match(name) for pattern in self._patterns for name in names)


def _text(key: object) -> str:
    return str(json_key(key))
