"""Two checkpoints side by side: what belongs together, what changed, and by how much.

From bottom to top: `naming`, `prefixes` and `roots` make keys comparable; `modules` finds objects
that stand against state_dicts; `matching` pairs tensors; `deltas` measures a pair; `tasks` and
`renames` spread that over workers; `comparing` runs it over all pairs, the quick answers first;
`values` compares the rest; `rollup` sums up per module; `result` is all of it at once, which the
reports write down.
"""

from inspector.core.analysis.comparison.comparing import (
    STATUSES,
    Comparison,
    Row,
    Status,
    compare,
)
from inspector.core.analysis.comparison.deltas import Measures
from inspector.core.analysis.comparison.matching import (
    Choices,
    Matching,
    Pair,
    Role,
    Side,
    match,
    root_text,
)
from inspector.core.analysis.comparison.naming import Stripped
from inspector.core.analysis.comparison.renames import Candidate, rename_candidates
from inspector.core.analysis.comparison.request import (
    CompareRequest,
    PairRequest,
    SeriesRequest,
)
from inspector.core.analysis.comparison.result import Result, result_of
from inspector.core.analysis.comparison.rollup import Module, rollup
from inspector.core.analysis.comparison.tolerance import EXACT, Tolerance
from inspector.core.analysis.comparison.values import ValueChange, compare_values

__all__ = [
    "EXACT",
    "STATUSES",
    "Candidate",
    "Choices",
    "CompareRequest",
    "Comparison",
    "Matching",
    "Measures",
    "Module",
    "Pair",
    "PairRequest",
    "Result",
    "Role",
    "Row",
    "SeriesRequest",
    "Side",
    "Status",
    "Stripped",
    "Tolerance",
    "ValueChange",
    "compare",
    "compare_values",
    "match",
    "rename_candidates",
    "result_of",
    "rollup",
    "root_text",
]
