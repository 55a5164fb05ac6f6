"""The one door to files that are not code: icons and sample checkpoints."""

from __future__ import annotations

from pathlib import Path


def resource(name: str) -> Path:
    """Return the path of `name` under resources/, installed as a wheel or in a source tree."""
    package = Path(__file__).parents[1]
    installed = package / "_resources" / name
    return installed if installed.exists() else package.parent / "resources" / name
