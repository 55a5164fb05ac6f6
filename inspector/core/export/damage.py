"""Storages whose bytes are not all there: tensors on them are left out, the others are saved."""

from __future__ import annotations

from inspector.core.checkpoint import Checkpoint
from inspector.core.errors import InspectorError
from inspector.core.model import Tensor


def damaged_storages(checkpoint: Checkpoint) -> dict[str, str]:
    """Return why the bytes of a storage cannot be had, by its key, for those that are not whole."""
    found = {}
    for key, storage in checkpoint.storages.items():
        try:
            source, offset = checkpoint.locate(storage)
        except InspectorError:
            found[key] = "its bytes are not in the file"
            continue
        if offset + storage.nbytes > source.size:
            found[key] = "the file is cut off before its end"
    return found


def missing_bytes(tensor: Tensor, damaged: dict[str, str]) -> str:
    """Return why the values of a tensor, or of a part of it, cannot be read; empty if they can."""
    for view in (tensor, *(part for _, part in tensor.parts)):
        if view.storage is None:
            continue
        if view.storage.key in damaged:
            return damaged[view.storage.key]
        start, stop = view.extent
        if not 0 <= start <= stop <= view.storage.nbytes:
            return "it reaches beyond its storage"
    return ""
