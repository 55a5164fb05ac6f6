"""What a checkpoint is: frozen values, made by readers and understood by everyone else.

A checkpoint is a tree of `Node`s. Leaves are plain values or a `Tensor`, which describes a view
of a `Storage`; no bytes of a storage are held. `Finding`s say what is wrong or worth knowing.
"""

from inspector.core.model.dtype import DTYPES, DType, dtype_named
from inspector.core.model.finding import Finding, Severity
from inspector.core.model.node import Kind, Node, containers, tensor_items, tensors, walk
from inspector.core.model.path import Attribute, Key, Path, json_key, json_path, python_path
from inspector.core.model.selection import Selection
from inspector.core.model.tensor import Storage, Tensor
from inspector.core.model.totals import NO_TENSORS, Totals, rollup

__all__ = [
    "DTYPES",
    "NO_TENSORS",
    "Attribute",
    "DType",
    "Finding",
    "Key",
    "Kind",
    "Node",
    "Path",
    "Selection",
    "Severity",
    "Storage",
    "Tensor",
    "Totals",
    "containers",
    "dtype_named",
    "json_key",
    "json_path",
    "python_path",
    "rollup",
    "tensor_items",
    "tensors",
    "walk",
]
