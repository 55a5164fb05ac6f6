"""What state_dict() of a scripted module has: its code says what its pickle does not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from inspector.core.model import Node, Path

_CLASS = re.compile(r"^class (\w+)\(.*?(?=^class |^def |\Z)", re.MULTILINE | re.DOTALL)
_LIST = re.compile(r"^  __(parameters|buffers)__ = \[(.*?)\]", re.MULTILINE)
_NAME = re.compile(r"\"(.+?)\"")


class Declared(NamedTuple):
    """Names that a scripted class registers; its other tensors are mere attributes."""

    parameters: frozenset[str] = frozenset()
    buffers: frozenset[str] | None = None
    """None where the code does not say, as before PyTorch 1.5."""


def declared(root: Node, module: Node, path: Path) -> Declared:
    """Return what the code beside the pickle says of a class; no names where there is none."""
    folder, _, name = module.type.rpartition(".")
    wanted = f"{folder.replace('.', '/')}.py"
    node: Node | None = root
    for key in path:
        if node is None:
            break
        for code in (child for child in node.children if child.key == "code"):
            for file in code.children:
                if file.key == wanted and type(file.value) is str:
                    return _classes(file.value).get(name, Declared())
        node = next((child for child in node.children if child.key == key), None)
    return Declared()


@lru_cache(maxsize=256)
def _classes(code: str) -> dict[str, Declared]:
    found = {}
    for match in _CLASS.finditer(code):
        lists = {kind: frozenset(_NAME.findall(names)) for kind, names in _LIST.findall(match[0])}
        found[match[1]] = Declared(lists.get("parameters", frozenset()), lists.get("buffers"))
    return found
