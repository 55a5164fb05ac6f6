"""What an exported file says about itself, if it is to."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

from inspector import __version__
from inspector.core.checkpoint import Checkpoint
from inspector.core.export.recipe import Recipe
from inspector.core.export.writers.base import UNKNOWN_HASH


def stamp_of(checkpoint: Checkpoint, recipe: Recipe) -> dict[str, Any]:
    """Return when, from what and by what the file is made; the hash is filled in by the writer.

    The hash is SHA-256 over the bytes of all storages in the order of the file.
    """
    try:
        torch = version("torch")  # of this machine; nothing is imported
    except PackageNotFoundError:
        torch = None
    return {
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": PurePath(checkpoint.source.uri).name,
        "source_format": checkpoint.format,
        "content_hash": UNKNOWN_HASH,
        "torch_version": torch,
        "exported_by": f"inspector {__version__}",
    }
