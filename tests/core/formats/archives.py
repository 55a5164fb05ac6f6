"""What the tests of archives share: tensors rebuilt from a checkpoint's own bytes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Node, tensors, walk


def read_tensors(checkpoint: Checkpoint) -> Iterator[tuple[tuple[Any, ...], torch.Tensor]]:
    """Yield every tensor with its path, its values read through `Checkpoint.read`."""
    for path, tensor in tensors(checkpoint.root):
        if tensor.storage is None:
            continue
        data = checkpoint.read(tensor.storage, 0, tensor.storage.nbytes)
        dtype = getattr(torch, tensor.dtype.name)
        flat = (
            torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)
        )
        yield path, flat.as_strided(tensor.shape, tensor.stride, tensor.offset)


def equal(found: Any, wanted: dict[Any, torch.Tensor]) -> bool:
    """True if both hold the same values under the same paths."""
    found = dict(found)
    return found.keys() == wanted.keys() and all(
        torch.equal(value, wanted[path]) and value.dtype == wanted[path].dtype
        for path, value in found.items()
    )


def nodes(checkpoint: Checkpoint) -> dict[tuple[Any, ...], Node]:
    return dict(walk(checkpoint.root))


def codes(checkpoint: Checkpoint) -> set[str]:
    return {finding.code for finding in checkpoint.findings}


def tiny() -> torch.nn.Module:
    """Return a model with a parameter, a buffer and a sub-module."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    return model.eval()


def saved(path: Path, value: Any, **options: Any) -> bytes:
    """Return what torch.save writes."""
    torch.save(value, path, **options)
    data = path.read_bytes()
    path.unlink()
    return data
