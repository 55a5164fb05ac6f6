"""`_metadata` of a state_dict under new names: which version each module's entries have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from inspector.core.model import Node


def new_versions(
    versions: Mapping[str, Node], keys: Mapping[str, str], stored: Iterable[str]
) -> list[Node]:
    """Return what is said of the modules that go along.

    `keys` are new keys by old ones, `stored` all old ones. A module's new name is what the new
    keys of its tensors begin with; one without tensors follows the module that it is a part of.
    """
    if not versions:
        return []
    names = _new_names(keys)
    left_behind = {module for key in stored for module in _modules(key)} - names.keys()
    found: dict[str, Node] = {}
    for name, node in versions.items():
        above = name
        while above and above not in names and above not in left_behind:
            above = above.rpartition(".")[0]
        if above in names:
            new = (names[above] + name[len(above) :]).removeprefix("." if not names[above] else "")
            plain = tuple(child for child in node.children if child.kind == "value")
            found.setdefault(new, Node(new, "mapping", "dict", None, plain))
    return list(found.values())


def _new_names(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the new names of modules by old ones, as far as keys tell."""
    names: dict[str, str] = {}
    for old, new in keys.items():
        for module in _modules(old):
            rest = old[len(module) + 1 :] if module else old
            if new == rest:
                names.setdefault(module, "")
            elif new.endswith(f".{rest}"):
                names.setdefault(module, new[: -len(rest) - 1])
            else:
                break
    return names


def _modules(key: str) -> Iterator[str]:
    """Yield the modules that a key leads through, the innermost first, the whole network last."""
    while key:
        key = key.rpartition(".")[0]
        yield key
