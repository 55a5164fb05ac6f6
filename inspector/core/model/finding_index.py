"""All findings of a checkpoint, as a window asks for them: by place and by severity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.core.model.finding import RANKS, Finding, Severity
from inspector.core.model.path import Path
from inspector.core.progress import Progress, paced, silent

_MESSAGE = "Sorting findings"


@dataclass(frozen=True)
class FindingIndex:
    """Findings, the worst first: a scan can find something about every one of a million tensors."""

    every: Sequence[Finding] = ()
    counts: Mapping[Severity, int] = field(default_factory=dict)
    places: dict[Path, list[Finding]] = field(default_factory=dict)
    """What was found at a node or inside it, by every path that leads there."""

    def at(self, path: Path) -> Sequence[Finding]:
        """Return the findings about a node and what is inside it."""
        return self.places.get(path, ()) if path else self.every

    def first(self, severity: Severity, number: int) -> Sequence[Finding]:
        """Return so many of one severity, or what there is."""
        start = sum(self.counts.get(one, 0) for one in RANKS if RANKS[one] < RANKS[severity])
        wanted = min(number, self.counts.get(severity, 0))
        return self.every[start : start + wanted]


def index_findings(findings: Iterable[Finding], progress: Progress = silent) -> FindingIndex:
    """Put the worst first, equal ones staying in order, and remember where each belongs."""
    ranked: dict[Severity, list[Finding]] = {severity: [] for severity in RANKS}
    for finding in paced(findings, progress, _MESSAGE):
        ranked[finding.severity].append(finding)
    places: defaultdict[Path, list[Finding]] = defaultdict(list)
    every: list[Finding] = []
    for some in ranked.values():
        every += some
        for finding in paced(some, progress, _MESSAGE):
            for length in range(1, len(finding.path) + 1):
                places[finding.path[:length]].append(finding)
    places.default_factory = None  # asking is not to add anything
    return FindingIndex(every, {severity: len(some) for severity, some in ranked.items()}, places)
