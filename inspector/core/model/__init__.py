"""What a checkpoint is: frozen values, made by readers and understood by everyone else.

A checkpoint is a tree of `Node`s. Leaves are plain values or a `Tensor`, which describes a view
of a `Storage`; no bytes of a storage are held. `Finding`s say what is wrong or worth knowing.
"""

from inspector.core.model.array import Array
from inspector.core.model.dtype import DTYPES, DType, dtype_named
from inspector.core.model.finding import RANKS, Finding, Severity
from inspector.core.model.finding_index import FindingIndex, index_findings
from inspector.core.model.grouping import Grouping, Span, grouping, step_of
from inspector.core.model.node import (
    Kind,
    Node,
    containers,
    numeric,
    tensor_items,
    tensor_of,
    tensors,
    walk,
)
from inspector.core.model.path import (
    Attribute,
    Key,
    Path,
    Prefix,
    json_key,
    json_path,
    natural,
    python_path,
)
from inspector.core.model.selection import Selection
from inspector.core.model.tensor import Storage, Tensor, contiguous_stride
from inspector.core.model.totals import NO_TENSORS, Totals, measure

__all__ = [
    "DTYPES",
    "NO_TENSORS",
    "RANKS",
    "Array",
    "Attribute",
    "DType",
    "Finding",
    "FindingIndex",
    "Grouping",
    "Key",
    "Kind",
    "Node",
    "Path",
    "Prefix",
    "Selection",
    "Severity",
    "Span",
    "Storage",
    "Tensor",
    "Totals",
    "containers",
    "contiguous_stride",
    "dtype_named",
    "grouping",
    "index_findings",
    "json_key",
    "json_path",
    "measure",
    "natural",
    "numeric",
    "python_path",
    "step_of",
    "tensor_items",
    "tensor_of",
    "tensors",
    "walk",
]
