"""Two checkpoints side by side: what belongs together, what changed, and by how much.

From bottom to top: `naming` makes keys comparable; `matching` pairs tensors; `deltas` measures a
pair; `comparing` runs that over all pairs, the quick answers first; `values` compares the rest.
"""

from inspector.core.analysis.comparison.comparing import Row, Status, compare
from inspector.core.analysis.comparison.deltas import Measures
from inspector.core.analysis.comparison.matching import (
    Candidate,
    Choices,
    Matching,
    Pair,
    Side,
    match,
)
from inspector.core.analysis.comparison.values import ValueChange, compare_values

__all__ = [
    "Candidate",
    "Choices",
    "Matching",
    "Measures",
    "Pair",
    "Row",
    "Side",
    "Status",
    "ValueChange",
    "compare",
    "compare_values",
    "match",
]
