"""Findings for people: by severity, the many of one sort cut short."""

from __future__ import annotations

from collections.abc import Iterable

import click

from inspector.core.analysis.health import MEANINGS
from inspector.core.model import RANKS, Finding, Severity
from inspector.core.summary import path_text
from inspector.core.text import plural, printable

_MOST = 5  # of one sort
_COLOURS = {"error": "red", "warning": "yellow"}


def print_findings(findings: Iterable[Finding], indent: str = "") -> None:
    """Print the gravest first, with what a finding means below the last of its sort."""
    sorts: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        sorts.setdefault((finding.severity, finding.code), []).append(finding)
    for (severity, code), some in sorted(sorts.items(), key=lambda sort: RANKS[sort[0][0]]):
        for finding in some[:_MOST]:
            where = f"{printable(path_text(finding.path), 120)}: " if finding.path else ""
            click.echo(indent, nl=False)
            click.secho(f"{severity}: ", fg=_COLOURS.get(severity, "blue"), nl=False)
            click.echo(where + printable(finding.message))
        if len(some) > _MOST:
            click.echo(f"{indent}  … and {plural(len(some) - _MOST, 'tensor')} more ({code}).")
        if code in MEANINGS:
            click.secho(f"{indent}  {MEANINGS[code]}", dim=True)
