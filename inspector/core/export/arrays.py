"""A file whose tensors are numpy arrays, for exports: they become what torch would make of them."""

from __future__ import annotations

from dataclasses import replace

from inspector.core.checkpoint import Checkpoint
from inspector.core.model import Node, Storage, measure, tensors
from inspector.core.recognition import recognise


def exportable(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint without tensors with its numpy arrays as tensors, any other as it is.

    Beside tensors, arrays are seldom weights: statistics of data, states of random numbers.
    """
    if next(tensors(checkpoint.root), None) is not None:
        return checkpoint
    storages: dict[str, Storage] = {}
    root = _converted(checkpoint.root, storages)
    if root is checkpoint.root:
        return checkpoint
    totals = measure(root).totals
    return replace(
        checkpoint,
        root=root,
        totals=totals,
        recognition=recognise(root, totals),
        storages={**checkpoint.storages, **storages},
    )


def _converted(node: Node, storages: dict[str, Storage]) -> Node:
    """Return a node with tensors in the place of arrays below it; readers bound the depth."""
    if node.kind == "array":
        tensor = node.value.tensor
        if tensor is None or tensor.storage is None:
            return node
        storages[tensor.storage.key] = tensor.storage
        return node._replace(kind="tensor", value=tensor)
    children = tuple([_converted(child, storages) for child in node.children])
    same = all(child is old for child, old in zip(children, node.children, strict=True))
    return node if same else node._replace(children=children)
