"""Findings for people: by severity, the many of one sort cut short."""

from __future__ import annotations

from collections.abc import Iterable

import click

from inspector.core.analysis.health import MEANINGS
from inspector.core.model import Finding
from inspector.core.summary import path_text
from inspector.core.text import plural, printable

_MOST = 5  # of one sort
_ORDER = {"error": 0, "warning": 1, "info": 2}
_COLOURS = {"error": "red", "warning": "yellow"}


def print_findings(findings: Iterable[Finding], indent: str = "") -> None:
    """Print the gravest first, with what a finding means below the last of its sort."""
    sorts: dict[tuple[int, str, str], list[Finding]] = {}
    for finding in findings:
        sort = (_ORDER[finding.severity], finding.code, finding.severity)
        sorts.setdefault(sort, []).append(finding)
    for _, code, severity in sorted(sorts, key=lambda sort: sort[0]):
        some = sorts[_ORDER[severity], code, severity]
        for finding in some[:_MOST]:
            where = f"{printable(path_text(finding.path), 120)}: " if finding.path else ""
            click.echo(indent, nl=False)
            click.secho(f"{severity}: ", fg=_COLOURS.get(severity, "blue"), nl=False)
            click.echo(where + printable(finding.message))
        if len(some) > _MOST:
            click.echo(f"{indent}  … and {plural(len(some) - _MOST, 'tensor')} more ({code}).")
        if code in MEANINGS:
            click.secho(f"{indent}  {MEANINGS[code]}", dim=True)
