"""The picture and the colour of each kind of node."""

from __future__ import annotations

from inspector.core.model import Kind

# The name of the icon, and the name of its colour in `Colours`.
KIND_ICONS: dict[Kind, tuple[str, str]] = {
    "mapping": ("mapping", "container"),
    "sequence": ("sequence", "container"),
    "module": ("module", "module"),
    "object": ("object", "module"),
    "tensor": ("tensor", "tensor"),
    "array": ("array", "tensor"),
    "storage": ("storage", "tensor"),
    "value": ("value", "faint"),
    "global": ("global", "module"),
    "reference": ("reference", "container"),
    "cut": ("cut", "warning"),
    "group": ("folder", "container"),
    "repeat": ("repeat", "container"),
}
