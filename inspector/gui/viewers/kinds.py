"""What a subject is called, in the head of the panel."""

from __future__ import annotations

from inspector.core import text
from inspector.core.model import Kind, Prefix
from inspector.gui.theme import KIND_ICONS
from inspector.gui.viewers.base import Subject

_LONGEST = 500
_NAMES: dict[Kind, str] = {
    "mapping": "Mapping",
    "sequence": "Sequence",
    "module": "Module",
    "object": "Object",
    "tensor": "Tensor",
    "array": "NumPy array",
    "storage": "Storage",
    "value": "Value",
    "global": "Named, not called",
    "reference": "Reference",
    "cut": "Not shown",
    "group": "Keys that begin alike",
    "repeat": "Equal neighbours",
}


def file_name(uri: str) -> str:
    """Return the last part of a path or an address, fit to be shown."""
    return text.printable(uri.replace("\\", "/").rstrip("/").rpartition("/")[2] or uri)


def title_of(subject: Subject) -> str:
    """Return the last key of the path, or the file's name for the whole checkpoint."""
    if not subject.path:
        return file_name(subject.checkpoint.source.uri)
    key = subject.path[-1]
    if isinstance(key, Prefix):
        return text.printable(key.removesuffix("."), _LONGEST)
    return text.printable(str(key) if isinstance(key, str) and key else repr(key), _LONGEST)


def kind_text(subject: Subject) -> str:
    """Return what kind of thing it is, and its class."""
    if not subject.path:
        return "Whole file"
    name, kind = _NAMES[subject.node.kind], subject.node.type.rpartition(".")[2]
    if not kind or kind == name:
        return name
    return f"{name} · {text.printable(kind, 80)}"


def kind_icon(subject: Subject) -> tuple[str, str]:
    """Return the name of the icon and of its colour."""
    return KIND_ICONS[subject.node.kind] if subject.path else ("file", "accent")
