"""What is to be said about a plan: many of one sort in one sentence."""

from __future__ import annotations

from inspector.core.model import RANKS, Finding, Severity
from inspector.core.text import printable

_MANY = 5  # names that are listed


class Remarks:
    """Collects names under sentences."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, Severity, str], list[str]] = {}

    def add(self, code: str, severity: Severity, text: str, name: str) -> None:
        """Note that a sentence, with `{}` in the place of names, holds for one more."""
        self._names.setdefault((code, severity, text), []).append(name)

    def error(self, code: str, text: str) -> None:
        """Note why nothing can be written."""
        self.add(code, "error", text, "")

    def findings(self) -> tuple[Finding, ...]:
        """Return a finding per sentence, the gravest first."""
        found = []
        for (code, severity, text), names in self._names.items():
            listed = ", ".join(printable(name, 100) for name in names[:_MANY])
            more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
            found.append(Finding(code, severity, text.replace("{}", listed + more)))
        return tuple(sorted(found, key=lambda finding: RANKS[finding.severity]))
